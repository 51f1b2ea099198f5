import type { AdminParts, ConfigStatus, PortsStatus } from '../control/api.ts';
import { adviceOf, habitsTogether } from '../session/advice.ts';
import { sessionLabel } from '../session/identity.ts';
import {
  entryKey,
  inOrder,
  noCounts,
  orderOf,
  p99Of,
  type SessionOrder,
  type SessionSummary,
  sumOf,
  type TimelineList,
} from '../session/timeline-entry.ts';
import type { WorkerProcess } from './crew.ts';
import type { Insight, OneSession } from './insight.ts';

/** A worker as far as it can be asked. */
type Asked = Insight & Pick<WorkerProcess, 'worker' | 'pid'>;

/** What the admin listener asks, answered by all workers together. Who does not answer is left out. */
export function asOne(
  serving: () => readonly Asked[],
  wanted: number,
): Pick<
  AdminParts,
  'notReady' | 'workers' | 'config' | 'ports' | 'record' | 'advice' | 'sessions' | 'session'
> {
  const all = async <T>(ask: (worker: Asked) => Promise<T>): Promise<{ worker: Asked; answer: T }[]> => {
    const asked = serving().map((worker) =>
      ask(worker).then(
        (answer) => [{ worker, answer }],
        () => [],
      ),
    );
    const answers = (await Promise.all(asked)).flat();
    if (answers.length > 0) return answers;
    throw Object.assign(new Error('No worker answers at the moment.'), { statusCode: 503 });
  };
  return {
    workers: () => ({ wanted, serving: serving().length }),
    notReady: async () => {
      const answers = await all((worker) => worker.notReady()).catch(() => null);
      if (answers === null) return 'No worker serves.';
      const reasons = answers.map(({ answer }) => answer);
      return reasons.includes(null) ? null : (reasons[0] ?? null);
    },
    config: async () => {
      const answers = await all((worker) => worker.config());
      return configTogether(
        answers.map(({ worker, answer }) => ({ worker: worker.worker, pid: worker.pid, config: answer })),
      );
    },
    ports: async () => portsTogether((await all((worker) => worker.ports())).map(({ answer }) => answer)),
    record: async (order) => (await all((worker) => worker.record(order))).flatMap(({ answer }) => answer),
    advice: async () => {
      const answers = await all((worker) => worker.habits());
      return habitsTogether(answers.flatMap(({ answer }) => answer)).flatMap(
        (habit) => adviceOf(habit) ?? [],
      );
    },
    sessions: async (by) => {
      const answers = await all((worker) => worker.sessions(by));
      return listsTogether(
        answers.map(({ answer }) => answer),
        by,
      );
    },
    session: async (idOrLabel) => {
      const answers = await all((worker) => worker.session(idOrLabel));
      return oneSession(
        idOrLabel,
        answers.flatMap(({ answer }) => answer ?? []),
      );
    },
  };
}

/** Each worker has hosts of its own; what is wrong with a port is wrong with it everywhere, and said once. */
function portsTogether(told: readonly PortsStatus[]): PortsStatus {
  const once = (list: PortsStatus['broken']): PortsStatus['broken'] => [
    ...new Map(list.map((port) => [port.file, port])).values(),
  ];
  return {
    hosts: told.flatMap(({ hosts }) => hosts),
    url: told[0]?.url ?? null,
    swaps: Math.min(...told.map(({ swaps }) => swaps)),
    broken: once(told.flatMap(({ broken }) => broken)),
    refused: once(told.flatMap(({ refused }) => refused)),
  };
}

/**
 * What all workers run is told in the words of the one that has come least far: a text runs once all of them run it, and
 * is refused as soon as one of them refuses it.
 */
export function configTogether(
  told: readonly { readonly worker: number; readonly pid: number; readonly config: ConfigStatus }[],
): ConfigStatus {
  const workers = told
    .map(({ worker, pid, config: { revision, hash, refused } }) => ({
      worker,
      pid,
      revision,
      hash,
      refused: refused?.hash ?? null,
    }))
    .sort((one, other) => one.worker - other.worker);
  const [last] = told.map(({ config }) => config).sort((one, other) => one.revision - other.revision);
  if (last === undefined) throw new Error('nobody has told anything');
  const refused = told.map(({ config }) => config.refused).find((one) => one !== null) ?? null;
  const same = (what: 'hash' | 'refused'): boolean => new Set(workers.map((each) => each[what])).size === 1;
  return { ...last, refused, workers, differ: !same('hash') || !same('refused') };
}

/** The sessions of several memories, or of the one table that all of them write. */
export function listsTogether(
  told: readonly { readonly list: TimelineList; readonly waits: readonly number[] }[],
  by: SessionOrder,
): TimelineList {
  const table = told.find(({ list }) => list.from === 'table');
  if (table !== undefined) return table.list;
  const sessions = new Map<string, SessionSummary>();
  for (const each of told.flatMap(({ list }) => list.sessions)) {
    const before = sessions.get(each.session);
    sessions.set(each.session, before === undefined ? each : summariesTogether(before, each));
  }
  const totals = told.map(({ list }) => list.totals);
  return {
    from: 'memory',
    totals: {
      ...totals.reduce(sumOf, noCounts),
      sinceMs: Math.min(...totals.map(({ sinceMs }) => sinceMs)),
      waitP99Ms: p99Of(told.flatMap(({ waits }) => waits)),
    },
    sessions: inOrder([...sessions.values()], by),
  };
}

function summariesTogether(one: SessionSummary, other: SessionSummary): SessionSummary {
  return {
    session: one.session,
    ...sumOf(one, other),
    longestWaitMs: Math.max(one.longestWaitMs, other.longestWaitMs),
    longestHoldMs: Math.max(one.longestHoldMs, other.longestHoldMs),
    lastAtMs: Math.max(one.lastAtMs, other.lastAtMs),
  };
}

/** One session as several workers remember it. What they take for beginnings of different labels is taken for an id. */
export function oneSession(idOrLabel: string, told: readonly OneSession[]): OneSession | null {
  const labels = new Set(told.map(({ session }) => session));
  const [session] =
    labels.size < 2
      ? labels
      : [sessionLabel(idOrLabel), sessionLabel(idOrLabel.toLowerCase())].filter((label) => labels.has(label));
  if (session === undefined) return null;
  const entries = told.filter((each) => each.session === session).flatMap((each) => each.entries);
  const byKey = new Map(entries.map((entry) => [entryKey(entry), entry]));
  return { session, entries: [...byKey.values()].sort((one, other) => orderOf(one) - orderOf(other)) };
}
