import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { Recent } from '../session/recent.ts';
import { entryKey, type SessionSummary, type TimelineList } from '../session/timeline-entry.ts';
import { exitCodes, Failure } from './failure.ts';
import { clearScreen, note, print, printEvent } from './print.ts';
import { printRows, printSessions } from './session-list.ts';
import type { OneTimeline } from './sessions.ts';
import { printTimelineHead, timelineLines } from './timeline.ts';

/** Entries that are known to have been printed. */
const mostPrinted = 10_000;
/** Lines of the screen that the head of the list needs. */
const headLines = 7;

/**
 * `banyan sessions --watch`: on a terminal the list is drawn again and again; elsewhere rows are added for sessions that
 * something happened to, with `--json` one event a line. Ends with Ctrl-C.
 */
export function watchList(
  look: () => Promise<TimelineList>,
  intervalMs: number,
  isJson: boolean,
): Promise<never> {
  const { stdout } = process;
  let before: ReadonlyMap<string, string> | null = null;
  const show = (list: TimelineList): void => {
    const now = new Map(list.sessions.map((each) => [each.session, JSON.stringify(each)]));
    const isNew = ({ session }: SessionSummary): boolean => before?.get(session) !== now.get(session);
    const happened = list.sessions.filter(isNew).reverse(); // the last one at the end
    if (isJson) happened.forEach((each) => printEvent({ event: 'session', ...each }));
    else if (stdout.isTTY) {
      const fits = Math.max(1, (stdout.rows ?? 24) - headLines);
      clearScreen();
      print(printSessions(list, fits));
    } else if (before === null) print(printSessions(list, Infinity));
    else print(printRows(happened, false));
    before = now;
  };
  return watch(async () => show(await look()), intervalMs);
}

/** `banyan sessions ID --watch`: what happens to one session, as it happens. Ends with Ctrl-C. */
export function watchTimeline(
  look: () => Promise<OneTimeline | null>,
  intervalMs: number,
  isJson: boolean,
): Promise<never> {
  const printed = new Recent<true>(mostPrinted);
  let isFirst = true;
  let isWaiting = false;
  const show = (found: OneTimeline | null): void => {
    if (found === null) {
      if (isFirst && !isWaiting) note('banyan: nothing of this session is remembered yet; waiting for it\n');
      isWaiting = true;
      return;
    }
    const { session, entries } = found;
    const fresh = entries.filter((entry) => printed.get(entryKey(entry)) === undefined);
    if (isFirst && !isJson) print(printTimelineHead(session, entries));
    isFirst = false;
    if (isJson) fresh.forEach((entry) => printEvent({ event: 'entry', session, ...entry }));
    else {
      const keys = new Set(fresh.map(entryKey));
      for (const { key, text } of timelineLines(entries)) if (keys.has(key)) print(text);
    }
    for (const entry of fresh) printed.set(entryKey(entry), true);
  };
  return watch(async () => show(await look()), intervalMs);
}

/** Looks again and again until Ctrl-C. A gateway that is away is waited for, unless it never was there. */
async function watch(look: () => Promise<void>, intervalMs: number): Promise<never> {
  process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  let answered = false;
  let isAway = false;
  for (;;) {
    try {
      await look();
      if (isAway) note('banyan: the gateway answers again\n');
      answered = true;
      isAway = false;
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.exitCode !== exitCodes.unreachable || !answered)
        throw thrown;
      if (!isAway) note(`banyan: ${thrown.message}; waiting for it\n`);
      isAway = true;
    }
    await pause(intervalMs);
  }
}
