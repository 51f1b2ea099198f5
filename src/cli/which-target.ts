import { findRoute, openForEdit, writtenTarget } from '../config/edit-document.ts';
import { parseTarget } from '../routing/target.ts';
import type { Target } from '../routing/route.ts';
import type { Situation } from './change-plan.ts';
import { whichRoute } from './which-route.ts';

/** A route that is to be changed. */
export interface Chosen {
  readonly key: string;
  readonly name: string;
  /** Its target as it is written. */
  readonly written: string;
}

/** The route that a word means: a name, a key or a URL path; of a file with errors a name or a key. */
export function choose({ text, settings }: Situation, word: string): Chosen {
  const key = settings === null ? word : whichRoute(settings.table, word).key;
  const route = findRoute(openForEdit(text), key);
  return { key: route.key, name: route.name ?? route.key, written: writtenTarget(route.target) };
}

/** The target that a chosen route has. Throws a Mistake where it cannot be read. */
export function targetOf({ written }: Chosen): Target {
  return parseTarget(written);
}
