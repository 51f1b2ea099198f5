import { openForEdit, routesIn } from '../config/edit-document.ts';
import { setTargets } from '../config/edit.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Edited, Situation } from './change-plan.ts';
import { change } from './change.ts';
import type { ExitCode } from './failure.ts';

/** `banyan kill`: everything that is not retired to legacy, in one edit. It never asks. */
export async function kill(file: string, options: ChangeOptions): Promise<ExitCode> {
  return change(file, { name: 'kill', edit: allToLegacy }, options);
}

function allToLegacy({ text }: Situation): Edited {
  const moved = routesIn(openForEdit(text)).filter(
    ({ target }) => target !== null && target.value !== 'legacy' && target.value !== 'retired',
  );
  return {
    text: setTargets(
      text,
      moved.map(({ key }) => ({ route: key, target: 'legacy', mayReplaceVariable: true })),
    ),
    summary: `${moved.length} ${moved.length === 1 ? 'route' : 'routes'} to legacy`,
    nothing: 'every route is on legacy or retired; nothing to do',
  };
}
