import { createRequire } from 'node:module';
import { urlParams, type Params } from '../src/exchange/params.ts';
import type { Table } from '../src/routing/table.ts';
import { routesFile, tableOf, type Shape } from './routes-files.ts';
import type { Contender } from './rounds.ts';

/** One lookup, in microseconds. */
export interface LookupFigures {
  readonly micros: number;
}

/** Looked for in rotation, from all over the table. */
const requestCount = 1_000;

/** A table of so many routes of one shape, and 1,000 requests that go through it again and again for so long. */
export function ourLookup(shape: Shape, count: number, budgetMs: number): Contender<LookupFigures> {
  const table = tableOf(routesFile(count, shape.key));
  const requests = numbers(count).map((n) => ({ path: shape.path(n), params: paramsOf(shape.query?.(n)) }));
  const last = table.routes.length - 1;
  for (const { path, params } of requests)
    if (table.match('GET', path, params).route === table.routes[last])
      throw new Error(`${path} was not found among ${count}`);
  return {
    name: contenderName(shape, count),
    measure: async () => ({ micros: lookupMicros(budgetMs, () => matchAll(table, requests)) }),
  };
}

/** The same for find-my-way, which Fastify routes with; null where it has nothing like it, or is not there. */
export function theirLookup(shape: Shape, count: number, budgetMs: number): Contender<LookupFigures> | null {
  const { findMyWay } = shape;
  const makeRouter = loadFindMyWay();
  if (findMyWay === undefined || makeRouter === null) return null;
  const router = makeRouter({ ignoreTrailingSlash: false });
  for (let n = 0; n < count - 1; n++) router.on('GET', findMyWay(n), () => undefined);
  const paths = numbers(count).map((n) => shape.path(n));
  return {
    name: contenderName(shape, count, 'find-my-way'),
    measure: async () => ({
      micros: lookupMicros(budgetMs, () => {
        for (const path of paths)
          if (router.find('GET', path) === null) throw new Error(`${path} was not found`);
      }),
    }),
  };
}

/** What a contender is called. */
export function contenderName({ name }: Shape, count: number, by = 'banyan'): string {
  return `${name}, ${count}, ${by}`;
}

type Router = {
  on(method: string, path: string, handler: () => void): void;
  find(method: string, path: string): unknown;
};

/** It is Fastify's, not ours: found from there or not at all. */
function loadFindMyWay(): ((options: object) => Router) | null {
  try {
    const fromFastify = createRequire(createRequire(import.meta.url).resolve('fastify'));
    return fromFastify('find-my-way') as (options: object) => Router;
  } catch {
    return null;
  }
}

/** Spread over the whole table, and not in its order. */
function numbers(count: number): number[] {
  return Array.from({ length: requestCount }, (_, at) => (at * 7919) % (count - 1));
}

/** Read once for each request, as the gateway does, and only where a key asks for them. */
function paramsOf(query = ''): () => Params {
  return () => urlParams(query);
}

function matchAll(table: Table, requests: readonly { path: string; params: () => Params }[]): void {
  for (const { path, params } of requests) table.match('GET', path, params);
}

function lookupMicros(budgetMs: number, all: () => void): number {
  const started = performance.now();
  let rounds = 0;
  do {
    all();
    rounds += 1;
  } while (performance.now() - started < budgetMs);
  return ((performance.now() - started) * 1_000) / (rounds * requestCount);
}
