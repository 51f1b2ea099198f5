import type { Clock } from '../exchange/clock.ts';
import type { ExchangeRecord } from '../record.ts';
import { Recent } from '../session/recent.ts';
import {
  countsOf,
  inOrder,
  noCounts,
  orderOf,
  p99Of,
  type SessionOrder,
  type SessionSummary,
  sumOf,
  summaryWith,
  type TimelineEntry,
  type TimelineList,
} from '../session/timeline-entry.ts';
import { entriesOf, type OwnEntry } from './entries.ts';

/** What happened to each session, in its order, in memory: so many sessions, and so many entries of each. */
export interface Timeline {
  /** Takes in an exchange that is over; gives back what it has to say, and of which sessions. */
  record(record: ExchangeRecord): readonly OwnEntry[];
  list(by: SessionOrder): TimelineList;
  /** How long the last requests waited that had to. */
  waits(): readonly number[];
  /** The labels of the sessions. */
  labels(): string[];
  /** What is remembered of one session, in its order; nothing where nothing is. */
  entries(session: string): TimelineEntry[];
}

/** Waits that the 99th of a hundred is told from. */
const mostWaits = 1_000;

interface Kept {
  summary: SessionSummary;
  /** Added to in place: a new list for each turn would grow old and die at once. */
  readonly entries: TimelineEntry[];
}

/** An empty timeline of a gateway of that name. */
export function makeTimeline(parts: {
  readonly mostSessions: number;
  readonly mostEntries: number;
  readonly gateway: string;
  readonly clock: Pick<Clock, 'epochMs'>;
}): Timeline {
  const kept = new Recent<Kept>(parts.mostSessions);
  const sinceMs = parts.clock.epochMs();
  let counts = noCounts;
  const waits: number[] = [];

  const add = ({ session, entry }: OwnEntry): void => {
    const before = kept.get(session);
    const summary = summaryWith(session, before?.summary ?? null, entry);
    const now = before ?? { summary, entries: [] };
    now.summary = summary;
    if (now.entries.push(entry) > parts.mostEntries) now.entries.shift();
    kept.set(session, now);
    counts = sumOf(counts, countsOf(entry));
    if (entry.kind === 'turn' && entry.overlapped && waits.push(entry.waitedMs) > mostWaits) waits.shift();
  };
  return {
    record: (record) => {
      if (record.turn === null && record.session === null && record.followed === null) return [];
      const entries = entriesOf(record, parts.gateway, parts.clock.epochMs());
      entries.forEach(add);
      return entries;
    },
    list: (by) => ({
      from: 'memory',
      totals: { ...counts, sinceMs, waitP99Ms: p99Of(waits) },
      sessions: inOrder(
        kept.entries().map(([, { summary }]) => summary),
        by,
      ),
    }),
    waits: () => waits,
    labels: () => kept.entries().map(([label]) => label),
    // Records come when answers are sent, and a slow client's later than the turns after it.
    entries: (session) =>
      (kept.get(session)?.entries ?? []).toSorted((one, other) => orderOf(one) - orderOf(other)),
  };
}
