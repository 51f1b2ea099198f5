import { requestParams } from '../exchange/params.ts';
import { nearest } from '../routing/nearest.ts';
import { compilePattern, patternMatches, splitPath } from '../routing/pattern.ts';
import type { Route } from '../routing/route.ts';
import type { Table } from '../routing/table.ts';
import { exitCodes, Failure } from './failure.ts';

/**
 * The route that a word on the command line means: its name, its key, or a URL path that it serves.
 * Throws a Failure with exit code 2 when there is none, or when a path is served by several routes.
 */
export function whichRoute(table: Table, word: string): Route {
  const exact =
    table.routes.find((route) => route.name === word) ?? table.routes.find((route) => route.key === word);
  if (exact !== undefined) return exact;
  const serving = word.startsWith('/') ? servingRoutes(table, word) : [];
  const [first, second] = serving;
  if (first !== undefined && second === undefined) return first;
  if (second !== undefined) {
    const names = serving.map((route) => route.name).join(', ');
    throw new Failure(exitCodes.usage, `"${word}" is served by several routes: ${names}`, 'name one of them');
  }
  const near = nearest(word, [
    ...table.routes.map((route) => route.name),
    ...table.routes.map((route) => route.key),
  ]);
  const help = near === null ? 'see them all with "banyan routes"' : `did you mean "${near}"?`;
  throw new Failure(exitCodes.usage, `no route is called "${word}"`, help);
}

/** Every route that some method would reach by this path and query. */
function servingRoutes(table: Table, url: string): Route[] {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const params = requestParams({ method: 'GET', query, contentType: null, body: Buffer.alloc(0) });
  const parts = splitPath(path);
  const taking = table.routes.filter((route) => patternMatches(compilePattern(route.path), parts));
  const methods = new Set(['GET', ...taking.flatMap((route) => route.methods ?? [])]);
  const reached = new Set([...methods].map((method) => table.match(method, path, () => params).route));
  return [...reached].filter((route) => route.line > 0 && route.path !== '/**');
}
