import { Mistake, orMistake } from '../routing/mistake.ts';
import { openForEdit, routesIn, writtenTarget } from './edit-document.ts';
import type { RouteChange } from './journal.ts';

/** The routes whose targets two texts give differently, and those of `about`, by key, that both have. */
export function routeChanges(before: string, after: string, about: readonly string[] = []): RouteChange[] {
  const old = targetsOf(before);
  const young = targetsOf(after);
  if (old === null || young === null) return [];
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((key) => {
    const [was, is] = [old.get(key), young.get(key)];
    if (was?.target === is?.target && !about.includes(key)) return [];
    const name = is?.name ?? was?.name ?? key;
    return { key, name, before: was?.target ?? null, after: is?.target ?? null };
  });
}

/** The targets of the routes, by key, as they are written; null for a text that cannot be read. */
function targetsOf(text: string): Map<string, { name: string; target: string }> | null {
  const routes = orMistake(() => routesIn(openForEdit(text)));
  if (routes instanceof Mistake) return null;
  return new Map(
    routes.map(({ key, name, target }) => [key, { name: name ?? key, target: writtenTarget(target) }]),
  );
}
