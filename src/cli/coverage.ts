import { METHODS } from 'node:http';
import { Problem } from '../errors.ts';
import { requestParams } from '../exchange/params.ts';
import { normalisePath } from '../exchange/path.ts';
import { compilePattern, patternMatches, type Pattern, splitPath } from '../routing/pattern.ts';
import type { Route } from '../routing/route.ts';
import { scriptOf } from '../routing/script.ts';
import type { Table } from '../routing/table.ts';
import type { LoggedRequest } from './access-log.ts';
import { Busiest } from './busiest.ts';

/** A script that no route names. */
export interface Unnamed {
  readonly method: string;
  /** Its path as a URL has it: what is not printable ASCII is `%XX`. */
  readonly path: string;
  readonly requests: number;
  /** Keys of routes with this path, which want another method or parameters. */
  readonly near: readonly string[];
}

/** What a log says about the routes of a file. */
export interface Coverage {
  readonly requests: number;
  /** Requests that the gateway would refuse before it asks any route, and Apache too. */
  readonly refused: number;
  /** Every route of the file with the number of its requests, the busiest first. */
  readonly routes: readonly { readonly name: string; readonly requests: number }[];
  /** The key of the route for everything else; null where the file has none. */
  readonly rest: string | null;
  /** Those that meet only that, or no route. */
  readonly unnamed: {
    readonly requests: number;
    readonly scripts: readonly Unnamed[];
    /** Of scripts that are not among those. */
    readonly others: number;
    /** Answered with 404, so there is no script: whoever looks for holes asks for thousands. */
    readonly notFound: number;
  };
  /** Routes that took requests with PATH_INFO, which a `$` would refuse. */
  readonly pathInfo: readonly {
    readonly route: string;
    readonly key: string;
    readonly requests: number;
    readonly example: string;
  }[];
  /** Requests whose route depends on parameters in their bodies, and the routes that may have been meant. */
  readonly unread: { readonly requests: number; readonly routes: readonly string[] };
  /** Routes that no request of the log can have reached. */
  readonly neverSeen: readonly string[];
}

interface Taking {
  readonly route: Route;
  readonly pattern: Pattern;
  requests: number;
  withPathInfo: number;
  example: string;
}

/** Scripts that are counted one by one. */
const mostScripts = 5_000;
const noBody = Buffer.alloc(0);

/** Puts the requests of a log to a table, as the gateway would, and counts what becomes of them. */
export class CoverageCount {
  readonly #table: Table;
  readonly #takings: ReadonlyMap<string, Taking>;
  readonly #unnamed = new Busiest(mostScripts);
  readonly #unread = new Busiest(mostScripts);
  #requests = 0;
  #refused = 0;
  #unnamedRequests = 0;
  #notFound = 0;
  #unreadRequests = 0;

  constructor(table: Table) {
    this.#table = table;
    this.#takings = new Map(table.routes.map((route) => [route.name, takingOf(route)]));
  }

  /** Counts one request. */
  add({ method, target, status }: LoggedRequest): void {
    this.#requests++;
    const read = targetOf(method, target);
    if (read === null) return void this.#refused++;
    const { path, query } = read;
    const params = () =>
      bodyMethods.has(method) ? null : requestParams({ method, query, contentType: null, body: noBody });
    const { route, wasUnread } = this.#table.match(method, path, params);
    if (wasUnread) {
      this.#unreadRequests++;
      this.#unread.add(nameOf(method, path));
      return;
    }
    const taking = this.#takings.get(route.name);
    if (taking !== undefined) count(taking, path);
    if (route !== this.#table.rest) return;
    this.#unnamedRequests++;
    if (status === 404) this.#notFound++;
    else this.#unnamed.add(nameOf(method, scriptOf(path).scriptName));
  }

  /** What has been found so far, with so many of the scripts that no route names. */
  coverage(mostShown: number): Coverage {
    const takings = [...this.#takings.values()].toSorted((one, other) => other.requests - one.requests);
    const unreadRoutes = this.#unreadRoutes();
    const scripts = this.#unnamed.all().slice(0, mostShown);
    const shown = scripts.reduce((sum, { count }) => sum + count, 0);
    return {
      requests: this.#requests,
      refused: this.#refused,
      rest: this.#table.rest.line === 0 ? null : this.#table.rest.key,
      routes: takings.map(({ route, requests }) => ({ name: route.name, requests })),
      unnamed: {
        requests: this.#unnamedRequests,
        scripts: scripts.map(({ name, count: requests }) => this.#unnamedOf(name, requests)),
        others: this.#unnamedRequests - this.#notFound - shown,
        notFound: this.#notFound,
      },
      pathInfo: takings
        .filter(({ withPathInfo }) => withPathInfo > 0)
        .map(({ route, withPathInfo, example }) => ({
          route: route.name,
          key: route.key,
          requests: withPathInfo,
          example,
        })),
      unread: { requests: this.#unreadRequests, routes: unreadRoutes },
      neverSeen: takings
        .filter(
          ({ route, requests }) =>
            requests === 0 && route !== this.#table.rest && !unreadRoutes.includes(route.name),
        )
        .map(({ route }) => route.name),
    };
  }

  #unnamedOf(name: string, requests: number): Unnamed {
    const { method, path } = takenApart(name);
    const near = this.#routesOf(path).filter((route) => route !== this.#table.rest);
    return { method, path: inUrl(path), requests, near: near.map(({ key }) => key) };
  }

  #unreadRoutes(): string[] {
    const met = this.#unread.all().map(({ name }) => takenApart(name));
    const meant = met.flatMap(({ method, path }) =>
      this.#routesOf(path).filter(
        ({ params, methods }) => params.length > 0 && methods?.includes(method) !== false,
      ),
    );
    return [...new Set(meant.map(({ name }) => name))];
  }

  /** Every route with a path that takes this one, whatever else it asks for. */
  #routesOf(path: string): Route[] {
    const parts = splitPath(path);
    return [...this.#takings.values()]
      .filter(({ pattern }) => patternMatches(pattern, parts))
      .map(({ route }) => route);
  }
}

/** Parameters of these stand in the body, which no log holds. */
const bodyMethods = new Set(['POST', 'PUT', 'PATCH']);

function takingOf(route: Route): Taking {
  return { route, pattern: compilePattern(route.path), requests: 0, withPathInfo: 0, example: '' };
}

function count(taking: Taking, path: string): void {
  taking.requests++;
  const { takesPathInfo, segments } = taking.pattern;
  if (!takesPathInfo || splitPath(path).length <= segments.length) return;
  taking.withPathInfo++;
  // A copy: V8 would keep the whole chunk of the log for a part of it.
  if (taking.example === '') taking.example = inUrl(Buffer.from(path, 'latin1').toString('latin1'));
}

/** Null for what the gateway refuses (lanes.ts), or Node before it. */
function targetOf(method: string, target: string): { path: string; query: string } | null {
  if (!METHODS.includes(method) || method === 'TRACE' || method === 'CONNECT') return null;
  try {
    const { decoded, query } = normalisePath(target);
    return { path: decoded, query };
  } catch (thrown) {
    if (thrown instanceof Problem) return null;
    throw thrown;
  }
}

/** Longer paths are cut, for there are many of them. */
const longestPath = 300;

function nameOf(method: string, path: string): string {
  return `${method} ${path.slice(0, longestPath)}`;
}

/** `GET /a b` as its two parts: a method has no blanks. */
function takenApart(name: string): { method: string; path: string } {
  const at = name.indexOf(' ');
  return { method: name.slice(0, at), path: name.slice(at + 1) };
}

/** A decoded path as it may stand in a URL, on a terminal and in a key. */
function inUrl(path: string): string {
  return path.replace(
    /[^!#$&-;=?-Z_a-z~@]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
