import { type Params, requestParams } from '../../src/exchange/params.ts';
import { parseKey } from '../../src/routing/key.ts';
import { noPlan } from '../../src/routing/plan.ts';
import type { Route } from '../../src/routing/route.ts';
import { makeTable, type Table } from '../../src/routing/table.ts';
import { parseTarget } from '../../src/routing/target.ts';
import type { Visitor } from '../../src/routing/who.ts';

const limits = { atOnce: 64, queue: 512, waitMs: 10_000 };
const upstream = { name: 'legacy', origin: 'http://127.0.0.1:8080', limits };

/** A route made from its key, for tests of matching and deciding. */
export function routeOf(key: string, line: number, target = 'legacy', more: Partial<Route> = {}): Route {
  const { methods, path, params } = parseKey(key, null);
  return {
    name: `r${line}`,
    key,
    methods,
    path,
    params,
    target: parseTarget(target),
    session: 'write',
    port: null,
    timeoutMs: 30_000,
    upstream,
    sticky: { by: 'session' },
    only: [],
    fallback: 'legacy',
    effects: 'refused',
    plan: noPlan,
    line,
    ...more,
  };
}

/** A table with one legacy route per key, or with the targets of a map. */
export function tableOf(keys: readonly string[] | Readonly<Record<string, string>>): Table {
  const entries = Array.isArray(keys)
    ? keys.map((key: string) => [key, 'legacy'] as const)
    : Object.entries(keys);
  return tableWith(entries.map(([key, target], at) => routeOf(key, at + 1, target)));
}

/** A table of routes that a test has made. */
export function tableWith(routes: readonly Route[]): Table {
  return makeTable({ revision: 1, routes, upstream, restSession: 'write', restTimeoutMs: 30_000 });
}

/** The parameters of a GET with this query. */
export function queryParams(query: string): Params {
  return requestParams({ method: 'GET', query, contentType: null, userAgent: null, body: Buffer.alloc(0) });
}

/** The route of a request with this path and, behind a `?`, these parameters. */
export function matched(table: Table, method: string, url: string): Route {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  return table.match(method, path, () => queryParams(query)).route;
}

/** A visitor without anything, but for what a test says. */
export function visitorOf(more: Partial<Visitor> = {}): Visitor {
  return {
    sessionId: null,
    address: '10.0.0.1',
    headers: [],
    params: () => queryParams(''),
    exchangeId: 'e1',
    ...more,
  };
}
