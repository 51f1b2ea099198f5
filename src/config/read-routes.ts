import { isMap, isScalar, type Node } from 'yaml';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { type Key, parseKey } from '../routing/key.ts';
import { isRouteName, routeName } from '../routing/name.ts';
import type { Route } from '../routing/route.ts';
import { parseTarget, printTarget } from '../routing/target.ts';
import { reportClashes } from './clashes.ts';
import { reportDoubts } from './doubts.ts';
import { type Desk, type Span, spanOf, type Value } from './desk.ts';
import { type Pair, pairsOf, readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';
import { findPort, type PortPlace } from './port-file.ts';
import { type Around, readRouteSettings, type RouteSettings, usualTimeoutMs } from './read-route-settings.ts';

/** What the rest of the file says about routes. */
export interface RouteSurroundings extends Around {
  readonly base: string | null;
  readonly defaults: RouteSettings;
  readonly place: PortPlace;
}

/** A route with the things that only its checks need. */
export interface ReadRoute {
  readonly route: Route;
  readonly read: Key;
  readonly keyAt: Span;
}

/** In characters. What a key costs to read, and then every request, grows with it. */
const longestKey = 1000;

/** Reads the `routes:` map. Everything wrong is reported; routes that cannot be read are left out of the result. */
export function readRoutes(desk: Desk, node: Node | null, around: RouteSurroundings): Route[] {
  if (node === null || !isMap(node)) {
    const span = node === null ? { from: 0, to: 1 } : spanOf(node);
    const isCut = isScalar(node) && /^[^\n]*[ \t]#[^\n]*:/.test(desk.text.slice(span.from));
    const help = isCut
      ? 'what stands behind " #" is a comment: leave it out of the key'
      : 'write one "path: target" below it for every route';
    desk.error('bad-type', span, '"routes" is not a map', help);
    return [];
  }
  const seen = new Map<string, Span>();
  const found: ReadRoute[] = [];
  for (const pair of pairsOf(desk, node)) {
    const first = seen.get(pair.key);
    if (first !== undefined) {
      const help = `it is first defined at line ${desk.lineOf(first.from)}; merge the two, or make one more specific with a method or ?param=value`;
      desk.error('duplicate-route', pair.at, `route "${pair.key}" is defined twice`, help);
      continue;
    }
    seen.set(pair.key, pair.at);
    if (pair.key.length > longestKey) {
      const message = `a key of ${pair.key.length} characters is too long`;
      desk.error('bad-key', pair.at, message, `write no more than ${longestKey}`);
      continue;
    }
    const route = readRoute(desk, pair, around);
    if (route !== null) found.push(route);
  }
  reportClashes(desk, found);
  reportDoubts(desk, found);
  return found.map((each) => each.route);
}

function readRoute(desk: Desk, pair: Pair, around: RouteSurroundings): ReadRoute | null {
  const read = orMistake(() => parseKey(pair.key, around.base));
  if (read instanceof Mistake) desk.error(read.code, pair.at, read.message, read.help);
  const isShort = pair.value === null || isScalar(pair.value);
  const section = readSection(desk, isShort ? null : pair.value, 'route', ` in route "${pair.key}"`, pair.at);
  const targetText = isShort
    ? shortTarget(desk, pair)
    : requiredValueOf(desk, section, 'to', 'write "to: legacy"');
  const target = readAs(desk, targetText, 'target', parseTarget);
  const settings = readRouteSettings(desk, section, ` in route "${pair.key}"`, around, around.defaults);
  const ownName = readName(desk, section);
  const named = valueOf(desk, section, 'port');
  if (read instanceof Mistake) return null;
  const name = ownName ?? routeName(read, around.base);
  const targetAt = targetText?.span ?? pair.at;
  const port = findPort(desk, around.place, {
    pattern: read.pattern,
    target,
    named,
    targetAt,
    key: pair.key,
    name,
  });
  const { upstream, timeoutMs, ...rest } = settings;
  const route: Route = {
    ...rest,
    name,
    key: pair.key,
    methods: read.methods,
    path: read.path,
    params: read.params,
    target: target ?? { stage: 'legacy', portPercent: 0, shadow: null },
    port,
    upstream: upstream.upstream,
    timeoutMs:
      (section.fields.has('timeout') ? timeoutMs : (upstream.timeoutMs ?? timeoutMs)) ?? usualTimeoutMs,
    line: desk.lineOf(pair.at.from),
  };
  if (target !== null) checkTarget(desk, route, targetAt);
  return { route, read, keyAt: pair.at };
}

/** What a target means together with the rest of its route. */
function checkTarget(desk: Desk, { key, target, methods, plan }: Route, at: Span): void {
  const { shadow } = target;
  if (shadow === null) return;
  const isSafe = methods !== null && methods.every((method) => method === 'GET' || method === 'HEAD');
  if (shadow.side === 'legacy' && !isSafe && plan.comparison?.effects !== 'twice') {
    const message = `the legacy script cannot be run dry, so shadowing it would apply "${key}" twice`;
    const help =
      'shadow the port instead ("to: shadow"; a port runs in a transaction that is rolled back), limit the route to GET,\n' +
      'or accept it with "shadow: { effects: twice }"';
    desk.error('shadow-writes', at, message, help);
    return;
  }
  const message = `target "${printTarget(target)}" is checked, but this version does not run the other side yet`;
  desk.later(
    at,
    message,
    target.stage === 'shadow' ? 'write "legacy" for now' : 'leave ", shadow" out for now',
  );
}

/** The target of `key: target`. A key with nothing behind it gets a sentence of its own. */
function shortTarget(desk: Desk, pair: Pair): Value | null {
  if (pair.value === null || (isScalar(pair.value) && pair.value.value === '')) {
    desk.error('missing-target', pair.at, `route "${pair.key}" has no target`, `write "${pair.key}: legacy"`);
    return null;
  }
  return desk.value(pair.value, `the target of "${pair.key}"`);
}

function readName(desk: Desk, section: Section): string | null {
  return readAs(desk, valueOf(desk, section, 'name'), 'name', (text) => {
    if (isRouteName(text)) return text;
    throw new Mistake(
      'bad-name',
      `"${text}" cannot be the name of a route`,
      'use up to 64 letters, digits and . _ -',
    );
  });
}
