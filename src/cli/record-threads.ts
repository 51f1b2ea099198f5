import type { LoggedLine } from '../mysql/general-log.ts';

/** An exchange, and what its statements are known by. */
export interface Looked {
  readonly fromMs: number;
  readonly toMs: number;
  /** The ids of its session. */
  readonly ids: readonly string[];
}

/** What is known of everybody who talks to the server. */
export interface Surroundings {
  /** The threads of gateways and port hosts. */
  readonly own: ReadonlySet<string>;
  /** Whether a statement reads or writes sessions. */
  readonly isOfSession: (sql: string) => boolean;
}

/** Says nothing of who sends it. */
const isIdle = (sql: string): boolean => /^\s*(?:SET|SHOW)\b/i.test(sql);

/**
 * What the script of an exchange sent to the database, in order; null where that is not certain. `lines` go from a moment
 * before the exchange to one after it.
 *
 * The one thread that says the id of the session within the time is the script's, unless the script may have had another
 * connection beside it: one that was opened meanwhile, and works on without any session. Where no thread says the id,
 * it is the only one that works then.
 */
export function statementsOf(
  lines: readonly LoggedLine[],
  { fromMs, toMs, ids }: Looked,
  { own, isOfSession }: Surroundings,
): string[] | null {
  const isWithin = ({ atMs }: LoggedLine): boolean => atMs >= fromMs && atMs <= toMs;
  const isOpening = ({ kind }: LoggedLine): boolean => kind === 'Connect';
  const foreign = lines.filter(({ thread }) => !own.has(thread));
  const sent = foreign.filter((line) => isWithin(line) && isStatement(line));
  const says = (line: LoggedLine): boolean => ids.some((id) => line.sql.includes(id));
  const of = (thread: string): LoggedLine[] => sent.filter((line) => line.thread === thread);
  const working = threadsOf(sent.filter(({ sql }) => !isIdle(sql)));
  const [named, ...others] = threadsOf(sent.filter(says));
  if (others.length > 0) return null;
  if (named !== undefined) {
    const opened = new Set(threadsOf(foreign.filter((line) => isWithin(line) && isOpening(line))));
    const isDoubtful = (thread: string): boolean =>
      thread !== named && opened.has(thread) && !of(thread).some(({ sql }) => isOfSession(sql));
    return working.some(isDoubtful) ? null : of(named).map(({ sql }) => sql);
  }
  // One that was opened for somebody else's work, or for more than this. Of one that is kept open nobody can tell.
  const isLonger = (thread: string): boolean => {
    const life = foreign.filter((line) => line.thread === thread);
    return (
      life.some(isOpening) && life.some((line) => !isWithin(line) && (isOpening(line) || isStatement(line)))
    );
  };
  const [only, ...more] = working;
  if (only === undefined) return [];
  const isOthers = of(only).some(({ sql }) => isOfSession(sql));
  return more.length > 0 || isOthers || isLonger(only) ? null : of(only).map(({ sql }) => sql);
}

function isStatement({ kind }: LoggedLine): boolean {
  return kind === 'Query' || kind === 'Execute';
}

function threadsOf(lines: readonly LoggedLine[]): string[] {
  return [...new Set(lines.map(({ thread }) => thread))];
}
