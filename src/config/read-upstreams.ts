import { isMap, isScalar } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { Upstream } from '../routing/route.ts';
import { parseLegacyUrl } from './address.ts';
import type { Desk, Value } from './desk.ts';
import { type Span, spanOf } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readCgi } from './read-cgi.ts';
import { readUpstreamLimits } from './read-upstream-limits.ts';
import { readUpstreamTls, type UpstreamPlace } from './read-upstream-tls.ts';
import { pairsOf, type Pair, readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';

/** An upstream and what its routes use where they say nothing. */
export interface ReadUpstream {
  readonly upstream: Upstream;
  readonly timeoutMs: number | null;
}

/** Reads `legacy`, which must be there: an address, or a map as an upstream's. */
export function readLegacy(desk: Desk, file: Section, place: UpstreamPlace): ReadUpstream | null {
  const pair = file.fields.get('legacy');
  if (pair !== undefined && isMap(pair.value))
    return readMap(desk, { ...pair, key: 'legacy' }, '"legacy"', place);
  const help = 'add the server that runs the Perl: "legacy: http://127.0.0.1:8080"';
  const address = requiredValueOf(desk, file, 'legacy', help);
  const url = readAs(desk, address, 'legacy', (text) => parseLegacyUrl(text));
  return url === null ? null : plain(desk, 'legacy', url, file.at);
}

/** An upstream of which only the address is said. */
function plain(desk: Desk, name: string, { origin }: URL, at: Span): ReadUpstream {
  const limits = readUpstreamLimits(desk, { name: 'upstream', at, fields: new Map() });
  return { upstream: { name, origin, limits }, timeoutMs: null };
}

/** Where the requests come from that scripts run here make: they are this machine's. */
const cgiOrigin = 'http://127.0.0.1';

/** Each is a pool of connections, and a candidate for every name that is misspelt. */
const mostUpstreams = 100;

/** Reads `upstreams`: each is an address, or a map. */
export function readUpstreams(desk: Desk, file: Section, place: UpstreamPlace): ReadUpstream[] {
  const node = file.fields.get('upstreams')?.value ?? null;
  if (node === null) return [];
  if (!isMap(node)) {
    desk.error(
      'bad-type',
      spanOf(node),
      '"upstreams" is not a map',
      'write "NAME: http://host:port" below it',
    );
    return [];
  }
  const pairs = pairsOf(desk, node);
  const beyond = pairs[mostUpstreams];
  if (beyond !== undefined) {
    const message = `${pairs.length} upstreams are too many`;
    desk.error('too-many', beyond.at, message, `write no more than ${mostUpstreams}`);
  }
  const seen = new Set<string>();
  return pairs.slice(0, mostUpstreams).flatMap((pair) => {
    if (!isUpstreamName(pair.key)) {
      const message = `"${pair.key}" cannot be the name of an upstream`;
      desk.error(
        'bad-name',
        pair.at,
        message,
        pair.key === 'legacy'
          ? '"legacy" stands at the top of the file'
          : 'use up to 64 letters, digits, _ and -',
      );
    } else if (seen.has(pair.key)) {
      desk.error(
        'duplicate-key',
        pair.at,
        `upstream "${pair.key}" is defined twice`,
        'remove one of the two',
      );
    }
    seen.add(pair.key);
    return readUpstream(desk, pair, place) ?? [];
  });
}

/** The upstream that a route names. Throws a Mistake [unknown-upstream]. */
export function upstreamNamed(
  name: string,
  known: readonly ReadUpstream[],
  legacy: ReadUpstream,
): ReadUpstream {
  if (name === 'legacy') return legacy;
  const found = known.find(({ upstream }) => upstream.name === name);
  if (found !== undefined) return found;
  const names = known.map(({ upstream }) => upstream.name);
  const help =
    didYouMean(name, names) ??
    (names.length === 0
      ? 'add it: "upstreams:" and below it "NAME: http://host:port"'
      : `known here: ${names.join(', ')}`);
  throw new Mistake('unknown-upstream', `no upstream is named "${name}"`, help);
}

function readUpstream(desk: Desk, pair: Pair, place: UpstreamPlace): ReadUpstream | null {
  if (pair.value === null || isScalar(pair.value)) {
    const address = desk.value(pair.value ?? null, `upstream "${pair.key}"`);
    const stoodIn = address?.isMissing === true ? { ...address, text: 'http://upstream.invalid' } : address;
    const url = readUrl(desk, stoodIn, `upstream "${pair.key}"`);
    return url === null ? null : plain(desk, pair.key, url, pair.at);
  }
  return readMap(desk, pair, `upstream "${pair.key}"`, place);
}

function readMap(desk: Desk, pair: Pair, what: string, place: UpstreamPlace): ReadUpstream | null {
  const section = readSection(desk, pair.value, 'upstream', ` in ${what}`, pair.at);
  const cgi = readCgi(desk, section, place);
  const timeoutMs = readAs(desk, valueOf(desk, section, 'timeout'), 'timeout', (text) =>
    parseDuration(text, 'timeout'),
  );
  const limits = readUpstreamLimits(desk, section);
  if (section.fields.has('cgi')) {
    return cgi === null ? null : { upstream: { name: pair.key, origin: cgiOrigin, cgi, limits }, timeoutMs };
  }
  const help = 'write "url: http://host:port", or "cgi: FOLDER"';
  const url = readUrl(desk, requiredValueOf(desk, section, 'url', help), what);
  const tls = readUpstreamTls(desk, section, url, place);
  if (url === null) return null;
  const upstream = { name: pair.key, origin: url.origin, ...(tls === null ? {} : { tls }), limits };
  return { upstream, timeoutMs };
}

function readUrl(desk: Desk, address: Value | null, what: string): URL | null {
  return readAs(desk, address, what, (text) => parseLegacyUrl(text, what));
}

function isUpstreamName(word: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(word) && word !== 'legacy';
}
