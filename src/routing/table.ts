import type { SessionUse } from '../session/session.ts';
import { compilePattern, splitPath } from './pattern.ts';
import type { Route } from './route.ts';
import { emptyTrie, find, plant } from './trie.ts';

/** One revision of all routes. Frozen and replaced whole: a request uses one table from its start to its end. */
export interface Table {
  /** Counts the tables of this process upwards. */
  readonly revision: number;
  /** The routes in the order of the file, without the built-in one. */
  readonly routes: readonly Route[];
  /** The route of everything that no other route takes: `/**` of the file where there is one, else the built-in one. */
  readonly rest: Route;
  /** The route of a request. The path is normalised and decoded, one character per byte. Never fails. */
  match(method: string, decodedPath: string): Route;
}

/** What a table is made of. */
export interface TableParts {
  readonly revision: number;
  readonly routes: readonly Route[];
  /** What requests that no route names may do to their session. */
  readonly restSession: SessionUse;
  /** How long legacy may take for requests that no route names. */
  readonly restTimeoutMs: number;
}

/** Makes a table. Throws a Mistake when a path cannot be read; the reader of routes.yaml has reported those before. */
export function makeTable(parts: TableParts): Table {
  const root = emptyTrie();
  const routes = Object.freeze(parts.routes.map(freezeRoute));
  for (const route of routes) plant(root, compilePattern(route.path), route);
  const rest = routes.find((route) => route.path === '/**' && route.methods === null) ?? unmatched(parts);
  return Object.freeze({
    revision: parts.revision,
    routes,
    rest,
    match: (method: string, decodedPath: string): Route => {
      // `OPTIONS *` has no path that a route could name.
      if (!decodedPath.startsWith('/')) return rest;
      return find(root, method, splitPath(decodedPath)) ?? rest;
    },
  });
}

/** The name of the built-in route. The parentheses keep it apart from any name that a file can give. */
export const unmatchedName = '(unmatched)';

function unmatched(parts: TableParts): Route {
  return freezeRoute({
    name: unmatchedName,
    key: '/**',
    methods: null,
    path: '/**',
    target: { stage: 'legacy', portPercent: 0 },
    session: parts.restSession,
    port: null,
    timeoutMs: parts.restTimeoutMs,
    line: 0,
  });
}

function freezeRoute(route: Route): Route {
  const methods = route.methods === null ? null : Object.freeze([...route.methods]);
  return Object.freeze({ ...route, methods, target: Object.freeze({ ...route.target }) });
}
