import type { SessionSummary, TimelineList } from '../session/timeline-entry.ts';
import { columns } from './print.ts';
import { printVerdict, sayMs } from './timeline.ts';

const number = (value: number): string => value.toLocaleString('en');

/** The list of the sessions with what all of them add up to, so many rows of it; none is wider than 80 columns. */
export function printSessions({ from, totals, sessions }: TimelineList, mostRows: number): string {
  const { requests, waits, waitP99Ms, timeouts, outside, seen, sinceMs } = totals;
  const since = new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ');
  const where = from === 'table' ? 'all gateways' : 'this gateway';
  const p99 = waitP99Ms === null ? '' : ` (p99 ${sayMs(waitP99Ms)})`;
  const head =
    `since ${since} UTC, ${where}: ${number(requests)} requests with a session,\n` +
    `${number(waits)} waited for another request of the same session${p99}, ` +
    `${number(timeouts)} timeout${timeouts === 1 ? '' : 's'}\n${printVerdict(outside, seen)}\n`;
  if (sessions.length === 0) return head;
  const rest = sessions.length - mostRows;
  const more = rest > 0 ? `and ${number(rest)} more; --json has them all\n` : '';
  return `${head}${printHolders(sessions)}${printRows(sessions.slice(0, mostRows), true)}${more}`;
}

/** Rows of the list, perhaps with the names of its columns above. */
export function printRows(sessions: readonly SessionSummary[], hasHead: boolean): string {
  const names = ['SESSION', 'REQ', 'WAITS', 'LONGEST WAIT', 'LONGEST HELD', 'LAST (UTC)', 'OUTSIDE'];
  const rows = sessions.map((each) => [
    `${each.session.slice(0, 6)}…`,
    number(each.requests),
    number(each.waits),
    sayMs(each.longestWaitMs),
    sayMs(each.longestHoldMs),
    new Date(each.lastAtMs).toISOString().slice(11, 19),
    each.outside === 0 ? '-' : `✖ ${each.outside}`,
  ]);
  const text = columns([names, ...rows]);
  return hasHead ? text : text.slice(text.indexOf('\n') + 1);
}

/** Whoever holds a turn long makes the others wait. */
function printHolders(sessions: readonly SessionSummary[]): string {
  const holders = sessions
    .filter(({ longestHoldMs }) => longestHoldMs > 0)
    .toSorted((one, other) => other.longestHoldMs - one.longestHoldMs)
    .slice(0, 3)
    .map(({ session, longestHoldMs }) => `${session.slice(0, 6)} ${sayMs(longestHoldMs)}`);
  return holders.length === 0 ? '' : `longest holders: ${holders.join(', ')}\n`;
}
