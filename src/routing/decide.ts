import { createHash } from 'node:crypto';
import type { Side } from '../exchange/outcome.ts';
import type { Route } from './route.ts';
import type { Table } from './table.ts';

/** What the gateway has to know of a request to say who serves it. */
export interface Asked {
  readonly method: string;
  /** The normalised path, decoded, one character per byte. */
  readonly decodedPath: string;
  readonly sessionId: string | null;
  /** The address of the client: it stands in for the session where there is none. */
  readonly visitor: string;
}

/** Who serves a request, and why. */
export interface Decision {
  readonly route: Route;
  /** The revision of the table that decided. */
  readonly revision: number;
  readonly serve: Side;
  /** A short sentence in plain English for logs and for `banyan explain`. */
  readonly why: string;
  /** Where the visitor stands among all, in hundredths of a percent (0 to 9999), or null where nothing is split. */
  readonly bucket: number | null;
}

/** Finds the route of a request and says which side serves it. Pure: the same request gets the same answer. */
export function decide(table: Table, asked: Asked): Decision {
  const route = table.match(asked.method, asked.decodedPath);
  return decideFor(route, table.revision, asked);
}

/** Says which side of a known route serves a request. */
export function decideFor(route: Route, revision: number, asked: Asked): Decision {
  const { stage, portPercent } = route.target;
  if (stage !== 'split') {
    const why = route.line === 0 ? 'no route names it, so it goes to legacy' : `the target is ${stage}`;
    return { route, revision, serve: stage, why, bucket: null };
  }
  const bucket = bucketOf(asked.sessionId ?? asked.visitor, route.name);
  // Rounded because 0.07 * 100 is 7.000000000000001, which would let bucket 7 in.
  const serve: Side = bucket < Math.round(portPercent * 100) ? 'port' : 'legacy';
  const who = asked.sessionId === null ? 'visitor' : 'session';
  const place = (bucket / 100).toFixed(2);
  const why = `${who} is in bucket ${place} of 100, the port has ${portPercent === 0 ? 'none' : `0-${portPercent}`}`;
  return { route, revision, serve, why, bucket };
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
