import { parseKey } from '../../src/routing/key.ts';
import type { Route } from '../../src/routing/route.ts';
import { makeTable, type Table } from '../../src/routing/table.ts';
import { parseTarget } from '../../src/routing/target.ts';

/** A route made from its key, for tests of matching and deciding. */
export function routeOf(key: string, line: number, target = 'legacy'): Route {
  const { methods, path } = parseKey(key, null);
  return {
    name: `r${line}`,
    key,
    methods,
    path,
    target: parseTarget(target),
    session: 'write',
    port: null,
    timeoutMs: 30_000,
    line,
  };
}

/** A table with one legacy route per key, or with the targets of a map. */
export function tableOf(keys: readonly string[] | Readonly<Record<string, string>>): Table {
  const entries = Array.isArray(keys)
    ? keys.map((key: string) => [key, 'legacy'] as const)
    : Object.entries(keys);
  const routes = entries.map(([key, target], at) => routeOf(key, at + 1, target));
  return makeTable({ revision: 1, routes, restSession: 'write', restTimeoutMs: 30_000 });
}
