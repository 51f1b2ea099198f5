import { createHash } from 'node:crypto';
import type { Side } from '../exchange/outcome.ts';
import type { Forced } from './force.ts';
import type { Route } from './route.ts';
import type { Matched } from './table.ts';
import { keptOutBy, printOnly, stickyKey, type Visitor } from './who.ts';

/** Who serves a request, and why. */
export interface Decision {
  readonly route: Route;
  /** The revision of the table that decided. */
  readonly revision: number;
  /** Null where neither does: the route is retired. */
  readonly serve: Side | null;
  /** A short sentence in plain English for logs and for `banyan explain`. */
  readonly why: string;
  /** Where the visitor stands among all, in hundredths of a percent (0 to 9999), or null where nothing is split. */
  readonly bucket: number | null;
  /** Whether parameters decide here and could not be read. */
  readonly wasUnread: boolean;
}

/** Says which side serves a request whose route is known. Pure: the same request gets the same answer. */
export function decide(matched: Matched, visitor: Visitor, forced: Forced | null): Decision {
  const { route, revision, wasUnread } = matched;
  const say = (serve: Side | null, why: string, bucket: number | null = null): Decision => ({
    route,
    revision,
    serve,
    why,
    bucket,
    wasUnread,
  });
  if (wasUnread) return say('legacy', 'the body is larger than max-body, so its parameters were not read');
  if (forced !== null && (forced.side === 'legacy' || route.port !== null))
    return say(forced.side, `forced by ${forced.by}`);
  const { stage } = route.target;
  if (stage === 'retired') return say(null, 'the target is retired');
  if (stage === 'legacy') {
    return say(
      'legacy',
      route.line === 0 ? 'no route names it, so it goes to legacy' : 'the target is legacy',
    );
  }
  if (stage === 'shadow') return say('legacy', 'the target is shadow: legacy answers');
  const keptOut = keptOutBy(route.only, visitor);
  if (keptOut !== null) return say('legacy', `only ${printOnly(keptOut)} may get the port`);
  return stage === 'port' ? say('port', 'the target is port') : split(route, visitor, say);
}

function split(
  route: Route,
  visitor: Visitor,
  say: (serve: Side, why: string, bucket: number) => Decision,
): Decision {
  const { portPercent } = route.target;
  const { key, who } = stickyKey(route.sticky, visitor);
  const bucket = bucketOf(key, route.name);
  // Rounded because 0.07 * 100 is 7.000000000000001, which would let bucket 7 in.
  const serve: Side = bucket < Math.round(portPercent * 100) ? 'port' : 'legacy';
  const share = portPercent === 0 ? 'none' : `0-${portPercent}`;
  return say(serve, `${who} is in bucket ${(bucket / 100).toFixed(2)} of 100, the port has ${share}`, bucket);
}

/**
 * The fixed place of a visitor among all visitors of one route, 0 to 9999.
 * The percentage is no part of it: raising it only adds visitors, and nobody moves back. The route's name is, so that
 * it is not always the same people who meet every new port.
 */
export function bucketOf(visitor: string, routeName: string): number {
  const digest = createHash('sha256').update(`${visitor}\0${routeName}`).digest();
  return digest.readUIntBE(0, 6) % 10_000;
}
