import { isScript, patternMatches, splitPath } from '../routing/pattern.ts';
import type { Desk } from './desk.ts';
import type { ReadRoute } from './read-routes.ts';

/** Methods of which a script reads parameters; see exchange/params.ts. */
const withParameters = ['GET', 'HEAD', 'DELETE', 'POST', 'PUT', 'PATCH'];

/** Reports keys that no request can reach [unreachable], and GETs that nobody seems to have thought of [uncovered-get]. */
export function reportDoubts(desk: Desk, routes: readonly ReadRoute[]): void {
  for (const { route, keyAt } of routes) {
    const { key, methods, params } = route;
    if (params.length === 0 || methods === null || methods.some((method) => withParameters.includes(method)))
      continue;
    const message = `no request can reach "${key}": ${methods.join(' and ')} requests have no parameters`;
    desk.error('unreachable', keyAt, message, `${withParameters.join(', ')} have them`);
  }
  reportUncovered(desk, routes);
}

/** A script that is named for POST alone, while its form, fetched with GET, falls through to everything else. */
function reportUncovered(desk: Desk, routes: readonly ReadRoute[]): void {
  const open = routes.filter(({ route }) => takesGet(route.methods) && route.path !== '/**');
  const literal = new Set(open.map(({ route }) => route.path));
  const patterns = open.filter(({ read }) =>
    read.pattern.segments.some((segment) => segment.kind !== 'literal'),
  );
  const told = new Set<string>();
  for (const { route, keyAt } of routes) {
    const isForm = route.methods?.includes('POST') === true && isScript(route.path.replace(/^.*\/|\$$/g, ''));
    if (takesGet(route.methods) || told.has(route.path) || !isForm) continue;
    told.add(route.path);
    const parts = splitPath(route.path);
    const isCovered =
      literal.has(route.path) || patterns.some((other) => patternMatches(other.read.pattern, parts));
    if (isCovered) continue;
    const message = `"${route.key}" is named, and GET of the same path is not`;
    desk.warn(
      'uncovered-get',
      keyAt,
      message,
      `it meets only "everything else"; add "${route.path}: legacy" if that is meant`,
    );
  }
}

function takesGet(methods: readonly string[] | null): boolean {
  return methods === null || methods.includes('GET');
}
