import { setTargets } from '../config/edit.ts';
import { parseTarget, printTarget } from '../routing/target.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Edited, Situation } from './change-plan.ts';
import { change } from './change.ts';
import type { ExitCode } from './failure.ts';
import { type Chosen, choose } from './which-target.ts';

/** `banyan flip`: sets the target of one route. */
export async function flip(
  file: string,
  route: string,
  target: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  return change(file, { name: 'flip', edit: (now) => retarget(now, route, () => target) }, options);
}

/** One route with another target, which may depend on the one it has. */
export function retarget(now: Situation, word: string, targetOf: (route: Chosen) => string): Edited {
  const route = choose(now, word);
  const target = printTarget(parseTarget(targetOf(route)));
  // By key: a key is unique in the file, while a name may be the key of another route.
  const text = setTargets(now.text, [{ route: route.key, target }]);
  return { text, nothing: `${route.name} is already ${target}; nothing to do` };
}
