import { printTarget } from '../routing/target.ts';
import type { Candidate } from './complete.ts';
import { onlyRoutes, readFileFor } from './load.ts';
import { defaultFile } from './verb.ts';

/** The routes of a file by their names, which need no quotes; keys may hold what a shell reads otherwise. */
export async function routeNames(file: string = defaultFile()): Promise<Candidate[]> {
  const { settings } = await readFileFor(file, onlyRoutes);
  const routes = settings?.table.routes ?? [];
  return routes.map(({ name, key, target }) => ({ word: name, meaning: `${key}  ${printTarget(target)}` }));
}
