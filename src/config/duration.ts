import { Mistake } from '../routing/mistake.ts';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Timers of Node cannot wait longer than this; a larger number would fire at once. */
const longestMs = 2 ** 31 - 1;

const shape = 'durations are a number and ms, s, m, h or d';

/** Milliseconds of a duration such as `30s` or `1.5m`. `what` names the setting. Throws a Mistake [bad-duration]. */
export function parseDuration(text: string, what: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  if (digits === undefined)
    throw new Mistake('bad-duration', `cannot read ${what} "${text}"`, `write 30s; ${shape}`);
  if (unit === '') {
    throw new Mistake(
      'bad-duration',
      `${what} "${text}" has no unit`,
      `write ${text}s (or ${text}ms); ${shape}`,
    );
  }
  if (!isUnit(unit)) {
    const short = unit[0]?.toLowerCase() ?? '';
    const help = isUnit(short) && unit.length > 2 ? `did you mean "${digits}${short}"? ${shape}` : shape;
    throw new Mistake('bad-duration', `cannot read ${what} "${text}": there is no unit "${unit}"`, help);
  }
  const ms = Math.round(Number(digits) * unitMs[unit]);
  if (ms < 1) throw new Mistake('bad-duration', `${what} "${text}" is no time at all`, 'write 1ms or more');
  if (ms > longestMs)
    throw new Mistake('bad-duration', `${what} "${text}" is too long`, 'the longest is 24d');
  return ms;
}

/** A duration as a person would write it: the largest unit that divides it, so that `parseDuration` reads it back. */
export function printDuration(ms: number): string {
  const units = ['d', 'h', 'm', 's'] as const;
  const unit = units.find((each) => ms % unitMs[each] === 0) ?? 'ms';
  return `${ms / unitMs[unit]}${unit}`;
}

function isUnit(word: string): word is keyof typeof unitMs {
  return Object.hasOwn(unitMs, word);
}
