import { parsePercent } from '../routing/percent.ts';
import type { Target } from '../routing/route.ts';
import { printTarget } from '../routing/target.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Situation } from './change-plan.ts';
import { change } from './change.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { retarget } from './flip.ts';
import { withPercent } from './split.ts';
import { targetOf } from './which-target.ts';

/** `banyan shadow`: has the other side run beside the one that answers, on a share of the requests. */
export async function shadow(
  file: string,
  route: string,
  share: string | undefined,
  options: ChangeOptions,
): Promise<ExitCode> {
  const edit = (now: Situation) =>
    retarget(now, route, (chosen) => {
      const samplePercent = share === undefined ? 100 : parsePercent(withPercent(share));
      return printTarget(withShadow(targetOf(chosen), chosen.name, samplePercent));
    });
  return change(file, { name: 'shadow', edit }, options);
}

function withShadow(target: Target, name: string, samplePercent: number): Target {
  switch (target.stage) {
    case 'legacy':
    case 'shadow':
      return { ...target, stage: 'shadow', shadow: { side: 'port', samplePercent } };
    case 'split':
      return { ...target, shadow: { side: 'port', samplePercent } };
    case 'port':
      return { ...target, shadow: { side: 'legacy', samplePercent } };
    case 'retired':
      throw new Failure(exitCodes.usage, `${name} is retired: nothing runs that could be compared`);
  }
}
