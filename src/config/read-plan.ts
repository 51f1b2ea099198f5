import { Mistake } from '../routing/mistake.ts';
import { parsePercent } from '../routing/percent.ts';
import type { Guard, Plan, Ramp, TimeLimit } from '../routing/plan.ts';
import type { Desk, Value } from './desk.ts';
import { parseDuration } from './duration.ts';
import { isWord, oneOf, readAs, type Section, subsectionOf, valueOf, valuesOf } from './fields.ts';
import { readComparison } from './read-comparison.ts';
import { parseCount } from './read-parts.ts';

/** Reads what a route, or `defaults`, says about its move; what it leaves out is as in `base`. `where` ends sentences. */
export function readPlan(desk: Desk, section: Section, where: string, base: Plan): Plan {
  const text = (key: 'owner' | 'notes'): string | null => valueOf(desk, section, key)?.text ?? base[key];
  return {
    owner: text('owner'),
    notes: text('notes'),
    ramp: isWord(section, 'ramp', 'none') ? null : readRamp(desk, section, where, base.ramp),
    guard: isWord(section, 'guard', 'none') ? null : readGuard(desk, section, where, base.guard),
    comparison: readComparison(desk, section, where, base.comparison),
  };
}

const starts = ['manual', 'now'] as const;

function readRamp(desk: Desk, section: Section, where: string, base: Ramp | null): Ramp | null {
  const ramp = subsectionOf(desk, section, 'ramp', 'ramp', ` in the ramp${where}`);
  if (ramp === null) return base;
  const stepPercents = ramp.fields.has('steps') ? readSteps(desk, ramp) : (base?.stepPercents ?? null);
  if (stepPercents === null)
    desk.error(
      'missing-key',
      ramp.at,
      `"steps" is missing in the ramp${where}`,
      'write "steps: [1%, 5%, 25%, 100%]"',
    );
  const everyMs = readAs(desk, valueOf(desk, ramp, 'every'), 'every', (text) => parseDuration(text, 'every'));
  const start = readAs(desk, valueOf(desk, ramp, 'start'), 'start', (text) =>
    oneOf(text, starts, 'bad-ramp', `start "${text}" is not manual or now`),
  );
  if (start === 'now') {
    const message = `"start: now" in the ramp${where} is checked, but this version does not climb by itself`;
    desk.later(
      ramp.fields.get('start')?.at ?? ramp.at,
      message,
      'write "start: manual" and take the steps with "banyan ramp ROUTE --next"',
    );
  }
  return {
    stepPercents: stepPercents ?? [],
    everyMs: everyMs ?? base?.everyMs ?? null,
    holdAtPercent: readPercent(desk, ramp, 'hold-at') ?? base?.holdAtPercent ?? null,
    start: start ?? 'manual',
  };
}

function readSteps(desk: Desk, ramp: Section): number[] {
  let last: { readonly percent: number; readonly shown: string } | null = null;
  const steps: number[] = [];
  for (const value of valuesOf(desk, ramp, 'steps')) {
    const percent = readAs(desk, value, 'steps', parsePercent);
    if (percent === null) continue;
    if (last !== null && percent <= last.percent) {
      const message = `ramp step ${value.shown} does not go up (it follows ${last.shown})`;
      desk.error('ramp-order', value.span, message, 'steps must rise, such as [1%, 5%, 25%, 100%]');
    }
    last = { percent, shown: value.shown };
    steps.push(percent);
  }
  return steps;
}

function readGuard(desk: Desk, section: Section, where: string, base: Guard | null): Guard | null {
  const guard = subsectionOf(desk, section, 'guard', 'guard', ` in the guard${where}`);
  if (guard === null) return base;
  const message = `the guard${where} is checked, but this version does not act on it`;
  desk.later(guard.at, message, 'remove it for now; nobody would move the route back');
  const read = <T>(key: string, parse: (text: string) => T): T | null => {
    const value = base !== null && !guard.fields.has(key) ? null : valueOf(desk, guard, key);
    return readAs(desk, value, key, parse);
  };
  const percent = (key: string): number | null => readPercent(desk, guard, key);
  const limit = (key: string): TimeLimit | null =>
    readAs(desk, valueOf(desk, guard, key), key, (text) => parseLimit(text, key));
  return {
    windowMs: read('window', (text) => parseDuration(text, 'window')) ?? base?.windowMs ?? 300_000,
    minRequests:
      read('min-requests', (text) => parseCount(text, 'min-requests', 1_000_000)) ?? base?.minRequests ?? 100,
    errorsPercent: percent('errors') ?? base?.errorsPercent ?? null,
    p50: limit('p50') ?? base?.p50 ?? null,
    p95: limit('p95') ?? base?.p95 ?? null,
    p99: limit('p99') ?? base?.p99 ?? null,
    mismatchesPercent: percent('mismatches') ?? base?.mismatchesPercent ?? null,
    fallbacksPercent: percent('fallbacks') ?? base?.fallbacksPercent ?? null,
    lockTimeoutsPercent: percent('lock-timeouts') ?? base?.lockTimeoutsPercent ?? null,
    onBreach: read('on-breach', parseBreach) ?? base?.onBreach ?? 'rollback',
  };
}

function parseBreach(text: string): Guard['onBreach'] {
  return oneOf(
    text,
    ['rollback', 'pause', 'alert'],
    'bad-guard',
    `on-breach "${text}" is not rollback, pause or alert`,
  );
}

/** A duration, or a multiple of what legacy takes: `300ms` or `1.5x`. */
function parseLimit(text: string, what: string): TimeLimit {
  const times = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1];
  if (times !== undefined && Number(times) > 0) return { timesLegacy: Number(times) };
  if (/^[<>]=?/.test(text)) {
    throw new Mistake(
      'bad-guard',
      `${what} "${text}" begins with a sign`,
      'write the limit alone, such as 500ms or 1.5x',
    );
  }
  return { ms: parseDuration(text, what) };
}

function readPercent(desk: Desk, section: Section, key: string): number | null {
  const value: Value | null = valueOf(desk, section, key);
  return readAs(desk, value, key, parsePercent);
}
