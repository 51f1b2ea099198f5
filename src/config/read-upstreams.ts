import { isMap, isScalar } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { Upstream } from '../routing/route.ts';
import { parseLegacyUrl } from './address.ts';
import type { Desk, Value } from './desk.ts';
import { spanOf } from './desk.ts';
import { parseDuration } from './duration.ts';
import { pairsOf, type Pair, readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';

/** An upstream and what its routes use where they say nothing. */
export interface ReadUpstream {
  readonly upstream: Upstream;
  readonly timeoutMs: number | null;
}

/** Reads `upstreams`: each is an address, or a map of `url` and `timeout`. */
export function readUpstreams(desk: Desk, file: Section): ReadUpstream[] {
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
  const seen = new Set<string>();
  return pairsOf(desk, node).flatMap((pair) => {
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
    return readUpstream(desk, pair) ?? [];
  });
}

/** The upstream that a route names. Throws a Mistake [unknown-upstream]. */
export function upstreamNamed(name: string, known: readonly ReadUpstream[], legacy: Upstream): ReadUpstream {
  if (name === 'legacy') return { upstream: legacy, timeoutMs: null };
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

function readUpstream(desk: Desk, pair: Pair): ReadUpstream | null {
  if (pair.value === null || isScalar(pair.value)) {
    const address = desk.value(pair.value ?? null, `upstream "${pair.key}"`);
    return make(
      desk,
      pair,
      address?.isMissing === true ? { ...address, text: 'http://upstream.invalid' } : address,
      null,
    );
  }
  const section = readSection(desk, pair.value, 'upstream', ` in upstream "${pair.key}"`, pair.at);
  const url = requiredValueOf(desk, section, 'url', 'write "url: http://host:port"');
  const timeoutMs = readAs(desk, valueOf(desk, section, 'timeout'), 'timeout', (text) =>
    parseDuration(text, 'timeout'),
  );
  return make(desk, pair, url, timeoutMs);
}

function make(
  desk: Desk,
  { key }: Pair,
  address: Value | null,
  timeoutMs: number | null,
): ReadUpstream | null {
  const url = readAs(desk, address, `upstream "${key}"`, (text) => parseLegacyUrl(text, `upstream "${key}"`));
  return url === null ? null : { upstream: { name: key, origin: url.origin }, timeoutMs };
}

function isUpstreamName(word: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(word) && word !== 'legacy';
}
