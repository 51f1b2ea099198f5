import type { ExchangeRecord } from '../record.ts';
import type { Outside, TurnHolder, TurnSeen } from '../session/lost-update.ts';
import { sessionLabel } from '../session/identity.ts';
import { Recent } from '../session/recent.ts';
import type { Change } from '../session/snapshot.ts';

/** One turn in a session. Times are milliseconds, moments since 1970. */
export interface TurnEntry {
  readonly kind: 'turn';
  /** When it was asked for. */
  readonly atMs: number;
  readonly exchange: string;
  readonly route: string;
  readonly method: string;
  readonly side: string;
  readonly status: number;
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
  readonly sinceMs: number;
  readonly changes: readonly Change[];
  readonly more: number;
  readonly undone: Outside['undone'];
  readonly leftBy: TurnHolder;
  readonly foundBy: TurnHolder;
}

/** One line of a timeline. */
export type TimelineEntry = TurnEntry | OutsideEntry;

/** One session in the list. */
export interface SessionSummary {
  readonly session: string;
  readonly requests: number;
  /** Requests that found it busy. */
  readonly waits: number;
  readonly longestWaitMs: number;
  readonly longestHoldMs: number;
  readonly lastAtMs: number;
  /** Requests whose session was looked at, before and after. */
  readonly seen: number;
  /** Times it was changed by somebody who held no turn. */
  readonly outside: number;
}

/** What happened to each session, in its order: so many sessions, and so many entries of each. */
export interface Timeline {
  /** Takes in an exchange that is over. */
  record(record: ExchangeRecord): void;
  /** The sessions, the one used last first. */
  sessions(): SessionSummary[];
  /** One session by its label, the beginning of that, or its id; null where nothing is known of it. */
  find(idOrLabel: string): { session: string; entries: TimelineEntry[] } | null;
}

const mostNamed = 20;

interface Kept {
  readonly summary: SessionSummary;
  readonly entries: readonly TimelineEntry[];
}

/** An empty timeline. */
export function makeTimeline(bounds: { mostSessions: number; mostEntries: number }): Timeline {
  const kept = new Recent<Kept>(bounds.mostSessions);
  return {
    record: (record) => {
      const entries = entriesOf(record);
      if (record.turn === null || entries.length === 0) return;
      const { session } = record.turn;
      const before = kept.get(session);
      kept.set(session, {
        summary: entries.reduce(addTo, before?.summary ?? nothingYet(session)),
        entries: [...(before?.entries ?? []), ...entries].slice(-bounds.mostEntries),
      });
    },
    sessions: () => kept.entries().map(([, { summary }]) => summary),
    find: (idOrLabel) => {
      const labels = kept.entries().map(([label]) => label);
      const session = labelOf(idOrLabel, labels);
      const found = kept.get(session);
      if (found === undefined) return null;
      // Records come when answers are sent, and a slow client's later than the turns after it.
      return { session, entries: found.entries.toSorted((a, b) => orderOf(a) - orderOf(b)) };
    },
  };
}

function labelOf(idOrLabel: string, labels: readonly string[]): string {
  const word = idOrLabel.replace(/(?:…|\.{3}| +)$/, '').toLowerCase();
  const alike = word.length < 4 ? [] : labels.filter((label) => label.startsWith(word));
  return (alike.length === 1 ? alike[0] : undefined) ?? sessionLabel(word);
}

function entriesOf(record: ExchangeRecord): TimelineEntry[] {
  const { turn } = record;
  if (turn === null) return [];
  const seen = turn.seen;
  const waitedMs = turn.waitedLocalMs + turn.waitedDatabaseMs;
  const own: TurnEntry = {
    kind: 'turn',
    atMs: turn.enteredAtMs - waitedMs,
    exchange: record.id,
    route: record.route,
    method: record.method,
    side: record.served,
    status: record.status,
    waitedMs,
    heldMs: turn.heldMs,
    overlapped: turn.overlapped,
    lost: turn.lost,
    wrote: seen?.wrote ?? null,
    changes: seen?.changes?.slice(0, mostNamed) ?? null,
    more: Math.max(0, (seen?.changes?.length ?? 0) - mostNamed),
  };
  const outside = seen?.outside ?? null;
  return outside === null ? [own] : [outsideEntry(outside, record), own];
}

function outsideEntry(outside: Outside, { id, route }: ExchangeRecord): OutsideEntry {
  return {
    kind: 'outside',
    finding: outside.kind,
    atMs: outside.foundAtMs,
    sinceMs: outside.leftAtMs,
    changes: outside.changes.slice(0, mostNamed),
    more: Math.max(0, outside.changes.length - mostNamed),
    undone: outside.undone.slice(0, mostNamed),
    leftBy: outside.leftBy,
    foundBy: { exchange: id, route },
  };
}

/** Turns in the order in which they were had; what was done outside comes before the turn that found it. */
function orderOf(entry: TimelineEntry): number {
  return entry.kind === 'turn' ? entry.atMs + entry.waitedMs : entry.atMs - 1;
}

function nothingYet(session: string): SessionSummary {
  return {
    session,
    requests: 0,
    waits: 0,
    longestWaitMs: 0,
    longestHoldMs: 0,
    lastAtMs: 0,
    seen: 0,
    outside: 0,
  };
}

function addTo(summary: SessionSummary, entry: TimelineEntry): SessionSummary {
  if (entry.kind === 'outside') {
    return { ...summary, outside: summary.outside + (entry.finding === 'other_gateway' ? 0 : 1) };
  }
  return {
    ...summary,
    requests: summary.requests + 1,
    seen: summary.seen + (entry.wrote === null || entry.wrote === 'unseen' ? 0 : 1),
    waits: summary.waits + (entry.overlapped ? 1 : 0),
    longestWaitMs: Math.max(summary.longestWaitMs, entry.waitedMs),
    longestHoldMs: Math.max(summary.longestHoldMs, entry.heldMs),
    lastAtMs: Math.max(summary.lastAtMs, entry.atMs),
  };
}
