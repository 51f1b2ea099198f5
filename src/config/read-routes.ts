import { isMap, isScalar, type Node } from 'yaml';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { type Key, parseKey } from '../routing/key.ts';
import { isRouteName, routeName } from '../routing/name.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { Route } from '../routing/route.ts';
import { parseTarget } from '../routing/target.ts';
import type { SessionUse } from '../session/session.ts';
import { reportClashes } from './clashes.ts';
import { type Desk, type Span, spanOf, type Value } from './desk.ts';
import { parseDuration } from './duration.ts';
import { type Pair, pairsOf, readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';
import { findPort, type PortPlace } from './port-file.ts';

/** What the rest of the file says about routes. */
export interface RouteSurroundings {
  readonly base: string | null;
  readonly hasSession: boolean;
  readonly defaultSession: SessionUse;
  readonly defaultTimeoutMs: number;
  readonly place: PortPlace;
}

/** A route with the things that only its checks need. */
export interface ReadRoute {
  readonly route: Route;
  readonly read: Key;
  readonly keyAt: Span;
}

/** Reads the `routes:` map. Everything wrong is reported; routes that cannot be read are left out of the result. */
export function readRoutes(desk: Desk, node: Node | null, around: RouteSurroundings): Route[] {
  if (node === null || !isMap(node)) {
    const span = node === null ? { from: 0, to: 1 } : spanOf(node);
    desk.error(
      'bad-type',
      span,
      '"routes" is not a map',
      'write one "path: target" below it for every route',
    );
    return [];
  }
  const seen = new Map<string, Span>();
  const found: ReadRoute[] = [];
  for (const pair of pairsOf(desk, node)) {
    const first = seen.get(pair.key);
    if (first !== undefined) {
      const help = `it is first defined at line ${desk.lineOf(first.from)}; merge the two, or make one more specific with a method`;
      desk.error('duplicate-route', pair.at, `route "${pair.key}" is defined twice`, help);
      continue;
    }
    seen.set(pair.key, pair.at);
    const route = readRoute(desk, pair, around);
    if (route !== null) found.push(route);
  }
  reportClashes(desk, found);
  return found.map((each) => each.route);
}

/** Reads `none`, `read` or `write`. Throws a Mistake [bad-session]. */
export function parseSessionUse(text: string): SessionUse {
  if (text === 'none' || text === 'read' || text === 'write') return text;
  const help =
    didYouMean(text, ['none', 'read', 'write']) ?? 'none leaves it alone, read takes no lock, write locks it';
  throw new Mistake('bad-session', `session "${text}" is not none, read or write`, help);
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
  const session = readSession(desk, section, around);
  const timeoutMs = readAs(desk, valueOf(desk, section, 'timeout'), 'timeout', (text) =>
    parseDuration(text, 'timeout'),
  );
  const name = readName(desk, section);
  const named = valueOf(desk, section, 'port');
  if (read instanceof Mistake) return null;
  const targetAt = targetText?.span ?? pair.at;
  const port = findPort(desk, around.place, {
    pattern: read.pattern,
    target,
    named,
    targetAt,
    key: pair.key,
  });
  const route: Route = {
    name: name ?? routeName(read.methods, read.path, around.base),
    key: pair.key,
    methods: read.methods,
    path: read.path,
    target: target ?? { stage: 'legacy', portPercent: 0 },
    session: session ?? around.defaultSession,
    port,
    timeoutMs: timeoutMs ?? around.defaultTimeoutMs,
    line: desk.lineOf(pair.at.from),
  };
  return { route, read, keyAt: pair.at };
}

/** The target of `key: target`. A key with nothing behind it gets a sentence of its own. */
function shortTarget(desk: Desk, pair: Pair): Value | null {
  if (pair.value === null || (isScalar(pair.value) && pair.value.value === '')) {
    desk.error('missing-target', pair.at, `route "${pair.key}" has no target`, `write "${pair.key}: legacy"`);
    return null;
  }
  return desk.value(pair.value, `the target of "${pair.key}"`);
}

function readSession(desk: Desk, section: Section, around: RouteSurroundings): SessionUse | null {
  const value = valueOf(desk, section, 'session');
  const use = readAs(desk, value, 'session', parseSessionUse);
  if (value !== null && use !== null && use !== 'none' && !around.hasSession) {
    const help = 'add "session: { store: mysql://… }" at the top, or write "session: none"';
    desk.error('no-session', value.span, `session "${use}" needs to know where sessions are kept`, help);
  }
  return use;
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
