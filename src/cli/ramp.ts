import { printDuration, parseDuration } from '../config/duration.ts';
import { setRamp, stopRamp } from '../config/edit-ramp.ts';
import { parsePercent } from '../routing/percent.ts';
import type { Ramp } from '../routing/plan.ts';
import type { Route } from '../routing/route.ts';
import { printTarget } from '../routing/target.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Edited, Situation } from './change-plan.ts';
import { change } from './change.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { retarget } from './flip.ts';
import { settingsFor } from './load.ts';
import { harmless, print, printJson } from './print.ts';
import { withPercent } from './split.ts';
import { choose, targetOf } from './which-target.ts';
import { whichRoute } from './which-route.ts';

/** What to do with a ramp. */
export interface RampOptions extends ChangeOptions {
  /** `1,5,25,100` */
  readonly steps?: string;
  readonly every?: string;
  readonly next?: boolean;
  readonly pause?: boolean;
  readonly stop?: boolean;
}

/** `banyan ramp`: writes the steps by which a route moves, takes the next one, or shows where it stands. */
export async function ramp(file: string, route: string, options: RampOptions): Promise<ExitCode> {
  const { steps, every, next, pause, stop, ...rest } = options;
  const isNew = steps !== undefined || every !== undefined;
  const wanted = [isNew, next, pause, stop].filter((each) => each === true).length;
  if (wanted > 1) {
    const message = 'only one of --steps (with --every), --next, --pause and --stop can be done at once';
    throw new Failure(exitCodes.usage, message);
  }
  if (wanted === 0) return show(file, route, rest.json === true);
  const edit = (now: Situation): Edited => {
    if (next === true) return takeNext(now, route);
    if (pause === true) return hold(now, route);
    return stop === true ? end(now, route) : write(now, route, steps, every);
  };
  return change(file, { name: 'ramp', edit }, rest);
}

const usualSteps = '1,5,25,50,100';
const usualEvery = '30m';

/** A new ramp gets the usual steps and pauses where none are said; of one that is there only what is said changes. */
function write(now: Situation, word: string, steps: string | undefined, every: string | undefined): Edited {
  const { route, ramp } = rampOf(now, word);
  const wantedSteps = steps ?? (ramp === null ? usualSteps : undefined);
  const wantedEvery = every ?? (ramp === null ? usualEvery : undefined);
  const text = setRamp(now.text, route.key, {
    ...(wantedSteps === undefined ? {} : { steps: readSteps(wantedSteps) }),
    ...(wantedEvery === undefined ? {} : { every: printDuration(parseDuration(wantedEvery, '--every')) }),
  });
  return { text, about: [route.key], nothing: `${route.name} has this ramp already; nothing to do` };
}

function readSteps(steps: string): string[] {
  return steps.split(/[\s,]+/).map((step) => `${parsePercent(withPercent(step))}%`);
}

function takeNext(now: Situation, word: string): Edited {
  const { route, steps } = mustHaveRamp(now, word);
  const step = nextStep(route, steps);
  if (step === null) return { text: now.text, nothing: `${route.name} is at its last step` };
  return retarget(now, route.key, (chosen) => {
    const { stage, shadow } = targetOf(chosen);
    const isWhole = step === 100;
    return printTarget(
      isWhole
        ? { stage: 'port', portPercent: 100, shadow: null }
        : { stage: 'split', portPercent: step, shadow: stage === 'split' ? shadow : null },
    );
  });
}

function hold(now: Situation, word: string): Edited {
  const { route } = mustHaveRamp(now, word);
  const share = `${route.target.portPercent}%`;
  const text = setRamp(now.text, route.key, { holdAt: share });
  return { text, about: [route.key], nothing: `${route.name} holds at ${share} already; nothing to do` };
}

function end(now: Situation, word: string): Edited {
  const { key } = choose(now, word);
  return { text: stopRamp(now.text, key), about: [key], nothing: '' };
}

/** The route and its ramp, which may come from `defaults:`. */
function rampOf({ settings }: Situation, word: string): { route: Route; ramp: Ramp | null } {
  if (settings === null) throw new Failure(exitCodes.findings, 'the file has errors', 'mend the file first');
  const route = whichRoute(settings.table, word);
  return { route, ramp: route.plan.ramp };
}

function mustHaveRamp(now: Situation, word: string): { route: Route; steps: readonly number[] } {
  const { route, ramp } = rampOf(now, word);
  if (ramp !== null && route.target.stage !== 'retired') return { route, steps: ramp.stepPercents };
  if (ramp !== null) throw new Failure(exitCodes.usage, `${route.name} is retired`, 'flip it first');
  throw noRamp(route.name);
}

function noRamp(name: string): Failure {
  return new Failure(
    exitCodes.usage,
    `${harmless(name)} has no ramp`,
    `write one: banyan ramp ${harmless(name)} --steps ${usualSteps} --every ${usualEvery}`,
  );
}

function nextStep({ target }: Route, steps: readonly number[]): number | null {
  return target.stage === 'port' ? null : (steps.find((step) => step > target.portPercent) ?? null);
}

async function show(file: string, word: string, isJson: boolean): Promise<ExitCode> {
  const { table } = await settingsFor(file);
  const route = whichRoute(table, word);
  const { ramp } = route.plan;
  if (ramp === null) throw noRamp(route.name);
  const next = nextStep(route, ramp.stepPercents);
  if (isJson) {
    printJson({ file, route: route.name, target: printTarget(route.target), next, ramp });
    return exitCodes.ok;
  }
  const steps = ramp.stepPercents.map(
    (step) => `${step <= route.target.portPercent ? '✔' : step === next ? '→' : '·'} ${step}%`,
  );
  const notes = [
    ...(ramp.everyMs === null ? [] : [`every ${printDuration(ramp.everyMs)}`]),
    ...(ramp.holdAtPercent === null ? [] : [`hold at ${ramp.holdAtPercent}%`]),
    ramp.start === 'manual' ? 'by hand' : 'by itself',
  ];
  print(
    `${harmless(route.name)}  ${printTarget(route.target)}   ${steps.join('  ')}   ${notes.join(', ')}\n`,
  );
  return exitCodes.ok;
}
