import type { ExchangeRecord } from '../record.ts';
import { sessionLabel } from '../session/identity.ts';
import {
  entryKey,
  orderOf,
  type SessionOrder,
  type TimelineEntry,
  type TimelineList,
  type TimelineStore,
} from '../session/timeline-entry.ts';
import type { Timeline } from './timeline.ts';

/** The timelines of all gateways on the same sessions: what is in their store, and what is only in memory here. */
export interface FleetTimeline {
  /** Takes in an exchange that is over. */
  record(record: ExchangeRecord): void;
  /** How long requests waited that had to, as far as memory has it. */
  waits(): readonly number[];
  /** From the store; where there is none, or it cannot be asked, from memory. Never rejects. */
  list(by: SessionOrder): Promise<TimelineList>;
  /** One session by its label, the beginning of that, or its id; null where nothing is known of it. Never rejects. */
  find(idOrLabel: string): Promise<{ session: string; entries: TimelineEntry[] } | null>;
}

/** The timeline in memory together with the one in a store; null for none. */
export function fleetTimeline(memory: Timeline, store: TimelineStore | null): FleetTimeline {
  const stored = async <T>(ask: (store: TimelineStore) => Promise<T[]>): Promise<T[]> => {
    return store === null ? [] : ask(store).catch(() => []);
  };
  /** A word that could be the beginning of several labels is taken for an id. */
  const labelsOf = async (idOrLabel: string): Promise<string[]> => {
    const word = idOrLabel.replace(/(?:…|\.{3}| +)$/, '');
    const beginning = word.toLowerCase();
    const alike =
      /^[0-9a-f]{4,10}$/.test(beginning) === false
        ? []
        : [
            ...memory.labels().filter((label) => label.startsWith(beginning)),
            ...(await stored((each) => each.labels(beginning))),
          ];
    const [label, another] = [...new Set(alike)];
    if (label !== undefined && another === undefined) return [label];
    return [sessionLabel(beginning), sessionLabel(word)]; // to files, capitals are others
  };
  const entriesOf = async (session: string): Promise<TimelineEntry[]> => {
    const written = await stored((each) => each.entries(session));
    const byKey = new Map([...written, ...memory.entries(session)].map((entry) => [entryKey(entry), entry]));
    return [...byKey.values()].sort((one, other) => orderOf(one) - orderOf(other));
  };
  return {
    record: (record) => {
      for (const { session, entry } of memory.record(record)) store?.add(session, entry);
    },
    waits: () => memory.waits(),
    list: async (by) => {
      if (store === null) return memory.list(by);
      return store.list(by).catch(() => memory.list(by));
    },
    find: async (idOrLabel) => {
      for (const session of await labelsOf(idOrLabel)) {
        const entries = await entriesOf(session);
        if (entries.length > 0) return { session, entries };
      }
      return null;
    },
  };
}
