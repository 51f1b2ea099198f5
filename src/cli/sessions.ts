import { parseDuration } from '../config/duration.ts';
import { Mistake } from '../routing/mistake.ts';
import { type SessionOrder, type TimelineEntry, type TimelineList } from '../session/timeline-entry.ts';
import { askGateway } from './ask-gateway.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { print, printJson } from './print.ts';
import { printSessions } from './session-list.ts';
import { printTimeline } from './timeline.ts';

/** Where the gateway is asked, and how its answer is printed. */
export interface SessionsOptions {
  readonly admin: string;
  /** What the list is ordered by. */
  readonly by: SessionOrder;
  readonly json?: boolean;
  /** Go on until somebody says stop. */
  readonly watch?: boolean;
  /** How often to look, such as `1s`. */
  readonly interval: string;
}

/** The timeline of one session. */
export interface OneTimeline {
  readonly session: string;
  readonly entries: readonly TimelineEntry[];
}

/** Rows of the list that are printed; the others are in `--json`. */
const mostRows = 30;

/** `banyan sessions`: what a running gateway remembers of its sessions, and how often somebody went past the turn. */
export async function sessions(options: SessionsOptions): Promise<ExitCode> {
  const look = async (): Promise<TimelineList> =>
    (await askGateway(options.admin, `sessions?by=${options.by}`)) as TimelineList;
  if (options.watch === true) {
    const { watchList } = await import('./watch-sessions.ts');
    return watchList(look, intervalOf(options.interval), options.json === true);
  }
  const { from, totals, sessions: list } = await look();
  if (options.json === true) printJson({ from, totals, sessions: list });
  else print(printSessions({ from, totals, sessions: list }, mostRows));
  return exitCodes.ok;
}

/** `banyan sessions ID`: the timeline of one session. Exit code 1 where the gateway remembers none. */
export async function oneSession(idOrLabel: string, options: SessionsOptions): Promise<ExitCode> {
  const look = async (): Promise<OneTimeline | null> =>
    (await askGateway(options.admin, `sessions/${encodeURIComponent(idOrLabel)}`)) as OneTimeline | null;
  if (options.watch === true) {
    const { watchTimeline } = await import('./watch-sessions.ts');
    return watchTimeline(look, intervalOf(options.interval), options.json === true);
  }
  const found = await look();
  if (found === null) {
    const help = 'banyan sessions lists those that are remembered';
    throw new Failure(exitCodes.findings, 'No turn of this session is remembered here.', help);
  }
  const { session, entries } = found;
  if (options.json === true) printJson({ session, entries });
  else print(printTimeline(session, entries));
  return exitCodes.ok;
}

const shortestMs = 100;

function intervalOf(text: string): number {
  try {
    return Math.max(shortestMs, parseDuration(text, 'interval'));
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    throw new Failure(exitCodes.usage, thrown.message, thrown.help, thrown);
  }
}
