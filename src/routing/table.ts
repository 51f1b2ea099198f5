import type { Params } from '../exchange/params.ts';
import type { SessionUse } from '../session/session.ts';
import { compilePattern, splitPath } from './pattern.ts';
import { noPlan } from './plan.ts';
import type { Route, Upstream } from './route.ts';
import { emptyTrie, find, plant } from './trie.ts';

/** The route of a request, from the one table that serves it from start to end, whatever is flipped meanwhile. */
export interface Matched {
  readonly route: Route;
  /** The revision of the table. */
  readonly revision: number;
  /** Whether parameters decide here and could not be read, because the body is too large: legacy then answers. */
  readonly wasUnread: boolean;
}

/** One revision of all routes. Frozen and replaced whole: a request uses one table from its start to its end. */
export interface Table {
  /** Counts the tables of this process upwards. */
  readonly revision: number;
  /** The routes in the order of the file, without the built-in one. */
  readonly routes: readonly Route[];
  /** The route of everything that no other route takes: `/**` of the file where there is one, else the built-in one. */
  readonly rest: Route;
  /**
   * The route of a request. The path is normalised and decoded, one character per byte; `params` is called at most
   * once, and only where a key asks for parameters; it gives null where they cannot be read. Never fails.
   */
  match(method: string, decodedPath: string, params: () => Params | null): Matched;
}

/** What a table is made of. */
export interface TableParts {
  readonly revision: number;
  readonly routes: readonly Route[];
  /** The server of requests that no route names. */
  readonly upstream: Upstream;
  /** What requests that no route names may do to their session. */
  readonly restSession: SessionUse;
  /** How long legacy may take for requests that no route names. */
  readonly restTimeoutMs: number;
}

/** Makes a table. Throws a Mistake when a path cannot be read; the reader of routes.yaml has reported those before. */
export function makeTable(parts: TableParts): Table {
  const making = makeTableInSteps(parts);
  for (;;) {
    const step = making.next();
    if (step.done === true) return step.value;
  }
}

/** The same one route at a time, for who must not be away for long: a table of 10,000 routes takes some 50 ms. */
export function* makeTableInSteps(parts: TableParts): Generator<void, Table, void> {
  const root = emptyTrie();
  const routes: Route[] = [];
  for (const each of parts.routes) {
    const route = freezeRoute(each);
    routes.push(route);
    plant(root, compilePattern(route.path), route);
    yield;
  }
  Object.freeze(routes);
  const rest = routes.find(isRest) ?? unmatched(parts);
  const { revision } = parts;
  return Object.freeze({
    revision,
    routes,
    rest,
    match: (method: string, decodedPath: string, params: () => Params | null): Matched => {
      // `OPTIONS *` has no path that a route could name.
      if (!decodedPath.startsWith('/')) return { route: rest, revision, wasUnread: false };
      let read: { readonly params: Params | null } | null = null;
      const once = (): Params | null => (read ??= { params: params() }).params;
      const unread: Route[] = [];
      const route = find(root, splitPath(decodedPath), { method, params: once, unread }) ?? rest;
      if (unread.length === 0) return { route, revision, wasUnread: false };
      return { route: onLegacy(route, unread), revision, wasUnread: true };
    },
  });
}

/** The name of the built-in route. The parentheses keep it apart from any name that a file can give. */
export const unmatchedName = '(unmatched)';

/** Whether a route is the one of everything else. */
function isRest(route: Route): boolean {
  return route.path === '/**' && route.params.length === 0 && route.methods === null;
}

/**
 * A route for a request whose parameters nobody could read: legacy reads them for itself. What it may do to the session
 * is what the routes that might have been meant may do at most.
 */
function onLegacy(route: Route, unread: readonly Route[]): Route {
  const uses = [route, ...unread].map(({ session }) => session);
  const session = (['write', 'read'] as const).find((use) => uses.includes(use)) ?? 'none';
  const timeoutMs = Math.max(route.timeoutMs, ...unread.map((each) => each.timeoutMs));
  return { ...route, target: legacyTarget, session, timeoutMs };
}

const legacyTarget = Object.freeze({ stage: 'legacy', portPercent: 0, shadow: null });

function unmatched(parts: TableParts): Route {
  return freezeRoute({
    name: unmatchedName,
    key: '/**',
    methods: null,
    path: '/**',
    params: [],
    target: legacyTarget,
    session: parts.restSession,
    port: null,
    timeoutMs: parts.restTimeoutMs,
    upstream: parts.upstream,
    sticky: { by: 'session' },
    only: [],
    fallback: 'legacy',
    effects: 'refused',
    plan: noPlan,
    line: 0,
  });
}

function freezeRoute(route: Route): Route {
  const methods = route.methods === null ? null : Object.freeze([...route.methods]);
  return Object.freeze({ ...route, methods, target: Object.freeze({ ...route.target }) });
}
