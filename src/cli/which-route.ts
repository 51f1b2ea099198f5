import { requestParams } from '../exchange/params.ts';
import { nearest } from '../routing/nearest.ts';
import { compilePattern, patternMatches, splitPath } from '../routing/pattern.ts';
import type { Route } from '../routing/route.ts';
import type { Table } from '../routing/table.ts';
import { exitCodes, Failure } from './failure.ts';

/**
 * The route that a word on the command line means: its name, its key, or a URL path that it serves; with or without the
 * folder that scripts stand under. Throws a Failure with exit code 2 when there is none, or when a path is served by
 * several routes.
 */
export function whichRoute(table: Table, word: string): Route {
  const exact = called(table, word);
  if (exact !== undefined) return exact;
  const serving = word.startsWith('/') ? servingRoutes(table, word) : writtenWhole(table, word);
  const [first, second] = serving;
  if (first !== undefined && second === undefined) return first;
  if (second !== undefined) {
    const names = serving.map((route) => route.name).join(', ');
    throw new Failure(exitCodes.usage, `"${word}" is served by several routes: ${names}`, 'name one of them');
  }
  for (const base of basesOf(table)) {
    const short = word.startsWith(base) ? called(table, word.slice(base.length)) : undefined;
    if (short !== undefined) return short;
  }
  const near = nearest(word, [
    ...table.routes.map((route) => route.name),
    ...table.routes.map((route) => route.key),
  ]);
  const help = near === null ? 'see them all with "banyan routes"' : `did you mean "${near}"?`;
  throw new Failure(exitCodes.usage, `no route is called "${word}"`, help);
}

/** The `base:` that keys of a table leave out, as their paths tell; null where no key leaves it out. */
export function baseOf({ routes }: Table): string | null {
  for (const { key, path } of routes) {
    const short = key.trim().replace(/^[A-Za-z][A-Za-z, ]* +(?=\S*$)|\?.*$/gs, '');
    if (!short.startsWith('/') && path.endsWith(short)) return path.slice(0, path.length - short.length);
  }
  return null;
}

function called({ routes }: Table, word: string): Route | undefined {
  return routes.find((route) => route.name === word) ?? routes.find((route) => route.key === word);
}

/** Where a script may stand that is only named: under `base:`, and where the gateway runs the scripts. */
function basesOf(table: Table): Set<string> {
  const folders = [...table.routes, table.rest].map(({ upstream }) => upstream.cgi?.scriptsAt);
  return new Set([baseOf(table), ...folders].filter((each) => each != null));
}

/** The routes of a script whose keys were written with the folder. One with a glob is not meant: it serves many. */
function writtenWhole(table: Table, word: string): Route[] {
  for (const base of basesOf(table)) {
    const whole = called(table, base + word);
    if (whole !== undefined) return [whole];
    const only = servingRoutes(table, base + word).filter(
      ({ path }) => path.replace(/\$$/, '') === base + word,
    );
    if (only.length > 0) return only;
  }
  return [];
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
