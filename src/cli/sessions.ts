import type { SessionSummary, TimelineEntry } from '../telemetry/timeline.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { columns, print, printJson } from './print.ts';
import { printTimeline, printVerdict } from './timeline.ts';

/** Where the gateway is asked, and how its answer is printed. */
export interface SessionsOptions {
  readonly admin: string;
  readonly json?: boolean;
}

/** `banyan sessions`: what a running gateway remembers of its sessions, and how often somebody went past the turn. */
export async function sessions(options: SessionsOptions): Promise<ExitCode> {
  const answer = (await ask(options.admin, 'sessions')) as { sessions: SessionSummary[] };
  if (options.json === true) {
    printJson({ sessions: answer.sessions });
    return exitCodes.ok;
  }
  print(printSessions(answer.sessions));
  return exitCodes.ok;
}

/** `banyan sessions ID`: the timeline of one session. Exit code 1 where the gateway remembers none. */
export async function oneSession(idOrLabel: string, options: SessionsOptions): Promise<ExitCode> {
  const answer = await ask(options.admin, `sessions/${encodeURIComponent(idOrLabel)}`);
  const { session, entries } = answer as { session: string; entries: TimelineEntry[] };
  if (options.json === true) printJson({ session, entries });
  else print(printTimeline(session, entries));
  return exitCodes.ok;
}

function printSessions(list: readonly SessionSummary[]): string {
  const sum = (of: (each: SessionSummary) => number): number => list.reduce((all, each) => all + of(each), 0);
  const outside = sum((each) => each.outside);
  const head =
    `sessions remembered: ${list.length}, requests: ${sum((each) => each.requests)}, ` +
    `waited for another request of the same session: ${sum((each) => each.waits)}\n`;
  const verdict = printVerdict(
    outside,
    sum((each) => each.seen),
  );
  const rows = list.map((each) => [
    `${each.session.slice(0, 6)}…`,
    String(each.requests),
    String(each.waits),
    `${Math.round(each.longestWaitMs)} ms`,
    `${Math.round(each.longestHoldMs)} ms`,
    new Date(each.lastAtMs).toISOString().slice(11, 19),
    each.outside === 0 ? '-' : `✖ ${each.outside}`,
  ]);
  const table = [
    ['SESSION', 'REQ', 'WAITS', 'LONGEST WAIT', 'LONGEST HELD', 'LAST (UTC)', 'OUTSIDE'],
    ...rows,
  ];
  return `${head}${verdict}\n${list.length > 0 ? columns(table) : ''}`;
}

async function ask(admin: string, path: string): Promise<unknown> {
  const url = `${admin.replace(/\/+$/, '')}/${path}`;
  let answer: Response;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  } catch (thrown) {
    const help = 'is it running? --admin http://host:port says where its admin listener is';
    throw new Failure(exitCodes.findings, `no gateway answers at ${admin}`, help, thrown);
  }
  if (answer.ok) return answer.json();
  const said = (await answer.json().catch(() => ({}))) as { message?: string };
  const help = 'banyan sessions lists those that are remembered';
  throw new Failure(exitCodes.findings, said.message ?? `${url} answered ${answer.status}`, help);
}
