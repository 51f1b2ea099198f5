import type { Clock } from '../exchange/clock.ts';
import type { ExchangeRecord } from '../record.ts';
import type { Log } from './log.ts';

/** So many connections that no request could be read from are told of one by one; the others are added up. */
const mostLines = 20;
const everyMs = 1_000;

/**
 * Writes the lines of exchanges, sparingly where anybody could fill the disk with them: garbage costs a client nothing.
 * Metrics count all of them.
 */
export function sparingly(
  log: Pick<Log, 'exchange' | 'warn'>,
  clock: Clock,
): (record: ExchangeRecord) => void {
  let lines = 0;
  let untold = new Map<string, number>();
  const tell = (): void => {
    lines = 0;
    if (untold.size === 0) return;
    log.warn('more connections were refused that no request could be read from', {
      problems: Object.fromEntries(untold),
    });
    untold = new Map();
  };
  return (record) => {
    const { method, problem } = record;
    if (method !== '' || problem === null) return log.exchange(record);
    if (lines === 0) clock.after(everyMs, tell);
    if (++lines <= mostLines) log.exchange(record);
    else untold.set(problem.code, (untold.get(problem.code) ?? 0) + 1);
  };
}
