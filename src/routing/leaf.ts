import type { Params } from '../exchange/params.ts';
import { compareKeyParams, type KeyParam } from './key-params.ts';
import { methodFit } from './method-fit.ts';
import type { Route } from './route.ts';

/**
 * The routes of one path pattern. Those that ask for the same parameter names stand in one table, looked up by their
 * values: 10,000 keys `index.pl?Action=…` cost one look.
 */
export interface Leaf {
  /** Routes that ask for no parameter. */
  readonly plain: Route[];
  /** The most specific first. */
  readonly tables: ParamTable[];
}

/** Routes whose keys ask for the same names, each with or without a value. */
interface ParamTable {
  readonly asked: readonly KeyParam[];
  readonly byValues: Map<string, Route[]>;
}

/** What is known of a request when its routes are looked for. */
export interface Wanted {
  readonly method: string;
  /** The parameters, read when somebody asks first; null where they cannot be read. */
  readonly params: () => Params | null;
  /** Filled with the routes that might have won, had the parameters been read. */
  readonly unread: Route[];
}

/** A leaf without routes. */
export function emptyLeaf(): Leaf {
  return { plain: [], tables: [] };
}

/** Puts a route into a leaf. */
export function addRoute(leaf: Leaf, route: Route): void {
  if (route.params.length === 0) {
    leaf.plain.push(route);
    return;
  }
  let table = leaf.tables.find(({ asked }) => sameShape(asked, route.params));
  if (table === undefined) {
    table = { asked: route.params, byValues: new Map() };
    leaf.tables.push(table);
    leaf.tables.sort((a, b) => compareKeyParams(a.asked, b.asked));
  }
  const id = valuesOf(route.params);
  const routes = table.byValues.get(id) ?? [];
  routes.push(route);
  table.byValues.set(id, routes);
}

/** The most specific route of a leaf that takes the request, or null. */
export function pick(leaf: Leaf, wanted: Wanted): Route | null {
  if (leaf.tables.length > 0) {
    const params = wanted.params();
    for (const table of leaf.tables) {
      const found = params === null ? noteUnread(table, wanted) : lookUp(table, params, wanted.method);
      if (found !== null) return found;
    }
  }
  return byMethod(leaf.plain, wanted.method);
}

function lookUp({ asked, byValues }: ParamTable, params: Params, method: string): Route | null {
  const values: string[] = [];
  for (const { name, value } of asked) {
    const found = params.get(name);
    if (found === null) return null;
    if (value !== null) values.push(found);
  }
  const routes = byValues.get(values.join(between));
  return routes === undefined ? null : byMethod(routes, method);
}

function noteUnread({ byValues }: ParamTable, { method, unread }: Wanted): null {
  for (const routes of byValues.values()) {
    const route = byMethod(routes, method);
    if (route !== null) unread.push(route);
  }
  return null;
}

function byMethod(routes: readonly Route[], method: string): Route | null {
  let best: Route | null = null;
  let bestFit = 0;
  for (const route of routes) {
    const fit = methodFit(route.methods, method);
    if (fit > bestFit) {
      best = route;
      bestFit = fit;
    }
  }
  return best;
}

/** Values are bytes, one character each: no value holds this character. */
const between = '\u0100';

function valuesOf(params: readonly KeyParam[]): string {
  return params.flatMap(({ value }) => (value === null ? [] : [value])).join(between);
}

function sameShape(a: readonly KeyParam[], b: readonly KeyParam[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, value }, at) => name === b[at]?.name && (value === null) === (b[at].value === null))
  );
}
