import { beyondShapes, findTies, mostShapes } from '../routing/ties.ts';
import type { Desk } from './desk.ts';
import type { ReadRoute } from './read-routes.ts';

/** Reports routes that nobody could tell apart: by the requests they take [ambiguous], or by their name [duplicate-name]. */
export function reportClashes(desk: Desk, routes: readonly ReadRoute[]): void {
  const beyond = new Set(beyondShapes(routes));
  // The sets of one path are held against each other: no more of them than may be.
  for (const { earlier, later } of findTies(routes.filter((each) => !beyond.has(each)))) {
    const message = `"${later.route.key}" and "${earlier.route.key}" (line ${earlier.route.line}) match the same requests`;
    const differ = earlier.route.params.length > 0 && earlier.read.path === later.read.path;
    const help = differ
      ? 'add a route that asks for the parameters of both, or merge them; neither would win'
      : 'make one more specific, or merge them; neither would win';
    desk.error('ambiguous', later.keyAt, message, help);
  }
  for (const { route, keyAt } of beyond) {
    const message = `"${route.key}" is one set of parameter names too many for its path`;
    desk.error(
      'too-many',
      keyAt,
      message,
      `at most ${mostShapes} for one path: each costs every request a look`,
    );
  }
  reportNames(desk, routes);
}

function reportNames(desk: Desk, routes: readonly ReadRoute[]): void {
  const byName = new Map<string, ReadRoute>();
  for (const each of routes) {
    const { name, key } = each.route;
    const first = byName.get(name);
    if (first === undefined) {
      byName.set(name, each);
      continue;
    }
    const message = `"${key}" and "${first.route.key}" (line ${first.route.line}) are both called "${name}"`;
    desk.error('duplicate-name', each.keyAt, message, 'give one a name: "name: …"');
  }
}
