import { parsePercent } from '../routing/percent.ts';
import { printTarget } from '../routing/target.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Situation } from './change-plan.ts';
import { change } from './change.ts';
import type { ExitCode } from './failure.ts';
import { retarget } from './flip.ts';
import { targetOf } from './which-target.ts';

/** `banyan split`: gives the port a share of a route. A shadow that runs beside a share goes on. */
export async function split(
  file: string,
  route: string,
  share: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  const edit = (now: Situation) =>
    retarget(now, route, (chosen) => {
      const portPercent = parsePercent(withPercent(share));
      const old = targetOf(chosen);
      return printTarget({ stage: 'split', portPercent, shadow: old.stage === 'split' ? old.shadow : null });
    });
  return change(file, { name: 'split', edit }, options);
}

/** On the command line the percent sign may be left out. */
export function withPercent(share: string): string {
  return /^\d+(\.\d+)?$/.test(share) ? `${share}%` : share;
}
