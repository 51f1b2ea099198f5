import { patternsTie, tieGroup } from '../routing/specificity.ts';
import type { Desk } from './desk.ts';
import type { ReadRoute } from './read-routes.ts';

/** Reports routes that nobody could tell apart: by the requests they take [ambiguous], or by their name [duplicate-name]. */
export function reportClashes(desk: Desk, routes: readonly ReadRoute[]): void {
  reportTies(desk, routes);
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

function reportTies(desk: Desk, routes: readonly ReadRoute[]): void {
  const groups = new Map<string, ReadRoute[]>();
  for (const each of routes) {
    const id = tieGroup(each.read.pattern);
    const group = groups.get(id) ?? [];
    groups.set(id, group);
    const rival = group.find((other) => tie(each, other));
    group.push(each);
    if (rival === undefined) continue;
    const message = `"${each.route.key}" and "${rival.route.key}" (line ${rival.route.line}) match the same requests`;
    desk.error('ambiguous', each.keyAt, message, 'make one more specific, or merge them; neither would win');
  }
}

function tie(a: ReadRoute, b: ReadRoute): boolean {
  return methodsTie(a.read.methods, b.read.methods) && patternsTie(a.read.pattern, b.read.pattern);
}

/** Two sets of methods tie when both are "any", or when they name the same method. A named one beats "any". */
function methodsTie(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.some((method) => b.includes(method));
}
