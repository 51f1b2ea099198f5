import type { Outside, TurnHolder, TurnSeen } from './lost-update.ts';
import type { Change } from './snapshot.ts';

/** One request of a session, with a turn or without. Times are milliseconds, moments since 1970. */
export interface TurnEntry {
  readonly kind: 'turn';
  /** When it was asked for. */
  readonly atMs: number;
  /** Which gateway it came through. */
  readonly gateway: string;
  readonly exchange: string;
  readonly route: string;
  readonly method: string;
  readonly side: string;
  readonly status: number;
  /**
   * `turn`: it had one. `refused`: it waited for one in vain, and nothing was run. `no-turn`: its route takes none.
   * `followed`: its answer gave the visitor this session, whose turn began in the middle.
   */
  readonly outcome: 'turn' | 'refused' | 'no-turn' | 'followed';
  /** Why there was no turn where there should have been one: a code such as TURN_TIMEOUT; else null. */
  readonly refusal: string | null;
  /** How it was known that a script made it within its own turn; null where it was not made so. */
  readonly nested: 'token' | 'origin' | null;
  /** The request it was made within. */
  readonly within: TurnHolder | null;
  readonly waitedMs: number;
  readonly heldMs: number;
  /** Whether somebody else had the turn when this one was asked for: a race that did not happen. */
  readonly overlapped: boolean;
  readonly lost: boolean;
  /** What it did as a whole; null where nobody looked, with `trace: off`. */
  readonly wrote: TurnSeen['wrote'] | null;
  /** Null where it was not seen. */
  readonly changes: readonly Change[] | null;
  /** How many more keys were changed than are named. */
  readonly more: number;
}

/** What was done while nobody held the turn. */
export interface OutsideEntry {
  readonly kind: 'outside';
  readonly finding: Outside['kind'];
  /** When it was found; it happened after `sinceMs`. */
  readonly atMs: number;
  readonly gateway: string;
  readonly sinceMs: number;
  readonly changes: readonly Change[];
  readonly more: number;
  readonly undone: Outside['undone'];
  readonly leftBy: TurnHolder;
  readonly foundBy: TurnHolder;
}

/** One line of a timeline. */
export type TimelineEntry = TurnEntry | OutsideEntry;

/** What was counted, of one session or of all. */
export interface TimelineCounts {
  readonly requests: number;
  /** Requests that found it busy. */
  readonly waits: number;
  /** Requests that were told 503 because their turn did not come. */
  readonly timeouts: number;
  /** Requests whose session was looked at, before and after. */
  readonly seen: number;
  /** Times it was changed by somebody who held no turn. */
  readonly outside: number;
}

/** One session in the list. */
export interface SessionSummary extends TimelineCounts {
  readonly session: string;
  readonly longestWaitMs: number;
  readonly longestHoldMs: number;
  readonly lastAtMs: number;
}

/** What the list is ordered by: the last request, or the most or longest of something. */
export type SessionOrder = 'last' | 'waits' | 'held' | 'outside';

/** The sessions that are remembered, and everything that was counted since a moment. */
export interface TimelineList {
  /** Where it was read: `table` is of all gateways. */
  readonly from: 'memory' | 'table';
  readonly totals: TimelineCounts & {
    readonly sinceMs: number;
    /** Of a hundred requests that waited, 99 waited no longer; null where none did. */
    readonly waitP99Ms: number | null;
  };
  readonly sessions: readonly SessionSummary[];
}

/** How a turn left its session: by a digest of its bytes. */
export interface LeftAs {
  /** Null where there was no row; itself null where nobody saw it. */
  readonly digest: string | null;
}

/** Where timelines outlive a gateway, and are one for all of them. Whatever happens there, nobody waits for it. */
export interface TimelineStore {
  /** Takes an entry, to be written soon. */
  add(session: string, entry: TimelineEntry): void;
  /** Takes note of how a turn left its session; to be called as the turn is left. */
  left(session: string, as: LeftAs | null, atMs: number): void;
  /**
   * Whether a turn of another gateway's left the session so between two moments; also true where nobody can tell. Takes
   * up to two seconds, for the others to have written it. Never rejects.
   */
  explainedByOthers(
    session: string,
    digest: string | null,
    sinceMs: number,
    untilMs: number,
  ): Promise<boolean>;
  /** Labels that begin so, two at most. Rejects where the store cannot be asked, as do the next two. */
  labels(beginning: string): Promise<string[]>;
  /** The last entries of a session, in their order. */
  entries(session: string): Promise<TimelineEntry[]>;
  list(by: SessionOrder): Promise<TimelineList>;
  close(): Promise<void>;
}

/** What tells an entry from every other one, of whichever gateway. */
export function entryKey(entry: TimelineEntry): string {
  return entry.kind === 'turn'
    ? `${entry.outcome} ${entry.exchange}`
    : `outside ${entry.foundBy.exchange} ${entry.finding}`;
}

/** Turns in the order in which they were had; what was done outside comes before the turn that found it. */
export function orderOf(entry: TimelineEntry): number {
  return entry.kind === 'turn' ? entry.atMs + entry.waitedMs : entry.atMs - 1;
}

/** What one entry adds to the counts. */
export function countsOf(entry: TimelineEntry): TimelineCounts {
  if (entry.kind === 'outside') {
    const outside = entry.finding === 'other_gateway' ? 0 : 1;
    return { requests: 0, waits: 0, timeouts: 0, seen: 0, outside };
  }
  const { overlapped, refusal, wrote, outcome } = entry;
  return {
    requests: outcome === 'followed' ? 0 : 1, // it is counted in the session that it named
    waits: overlapped ? 1 : 0,
    timeouts: refusal === 'TURN_TIMEOUT' || refusal === 'TURN_QUEUE_FULL' ? 1 : 0,
    seen: wrote === null || wrote === 'unseen' || outcome === 'no-turn' ? 0 : 1,
    outside: 0,
  };
}

/** Two counts together. */
export function sumOf(one: TimelineCounts, other: TimelineCounts): TimelineCounts {
  return {
    requests: one.requests + other.requests,
    waits: one.waits + other.waits,
    timeouts: one.timeouts + other.timeouts,
    seen: one.seen + other.seen,
    outside: one.outside + other.outside,
  };
}

/** The counts before anything was counted. */
export const noCounts: TimelineCounts = { requests: 0, waits: 0, timeouts: 0, seen: 0, outside: 0 };

/** A session's summary with one entry more; `summary` is null for its first. */
export function summaryWith(
  session: string,
  summary: SessionSummary | null,
  entry: TimelineEntry,
): SessionSummary {
  const turn = entry.kind === 'turn' ? entry : null;
  return {
    session,
    ...sumOf(summary ?? noCounts, countsOf(entry)),
    longestWaitMs: Math.max(summary?.longestWaitMs ?? 0, turn?.waitedMs ?? 0),
    longestHoldMs: Math.max(summary?.longestHoldMs ?? 0, turn?.heldMs ?? 0),
    lastAtMs: Math.max(summary?.lastAtMs ?? 0, turn?.atMs ?? 0),
  };
}

const measures: Readonly<Record<SessionOrder, (each: SessionSummary) => number>> = {
  last: ({ lastAtMs }) => lastAtMs,
  waits: ({ waits }) => waits,
  held: ({ longestHoldMs }) => longestHoldMs,
  outside: ({ outside }) => outside,
};

/** Every order there is. */
export const sessionOrders = Object.keys(measures) as SessionOrder[];

/** The list in an order, what is most first; what is alike by the last request. */
export function inOrder(list: readonly SessionSummary[], by: SessionOrder): SessionSummary[] {
  const measure = measures[by];
  return list.toSorted((one, other) => measure(other) - measure(one) || other.lastAtMs - one.lastAtMs);
}

/** What 99 of 100 of these do not exceed; null where there are none. */
export function p99Of(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? null;
}
