import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Family, Insight } from './insight.ts';

/** The last that is known of one worker, by the names of its metrics. */
type Known = Map<string, Family>;

/**
 * The metrics of all workers added up, as prom-client does it for a cluster: each metric says how (`aggregator`). What was
 * told of a worker once is not forgotten: one that is gone, or does not answer, counts with the last that is known of
 * it. A counter that fell would be a restart to Prometheus, which then adds everything once more.
 */
export interface Totals<Worker> {
  /** The metrics of these workers together, in Prometheus' text format. Never rejects. */
  page(workers: readonly Worker[]): Promise<string>;
  /** A worker is gone: what it had counted stays, what it had open does not. */
  bury(worker: Worker): void;
}

/** Nothing is known yet. */
export function makeTotals<Worker extends Pick<Insight, 'familyNames' | 'family'>>(): Totals<Worker> {
  const living = new Map<Worker, Known>();
  let dead: Known[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  const write = async (workers: readonly Worker[]): Promise<string> => {
    for (const worker of workers) if (!living.has(worker)) living.set(worker, new Map());
    /** Whoever has not answered once is not waited for again. */
    const answering = new Set(workers);
    const ask = <T>(worker: Worker, answer: Promise<T>): Promise<T | null> =>
      answer.catch(() => {
        answering.delete(worker);
        return null;
      });
    const asked = await Promise.all(workers.map((worker) => ask(worker, worker.familyNames())));
    const names = new Set(
      [...asked, ...dead.map((known) => [...known.keys()])].flatMap((some) => some ?? []),
    );
    const texts: string[] = [];
    for (const name of names) {
      await Promise.all(
        [...answering].map(async (worker) => {
          const family = await ask(worker, worker.family(name));
          if (family !== null) living.get(worker)?.set(name, family);
        }),
      );
      const sum = addedUp([...living.values(), ...dead], name);
      if (sum.getSingleMetric(name) !== undefined) texts.push(await sum.getSingleMetricAsString(name));
    }
    await mergeDead([...names]);
    return texts.join('\n\n');
  };
  /** However many die, they are kept as one. */
  const mergeDead = async (names: readonly string[]): Promise<void> => {
    const several = dead;
    if (several.length < 2) return;
    const sums = await Promise.all(names.map((name) => addedUp(several, name).getMetricsAsJSON()));
    const one: Known = new Map(sums.flat().map((family) => [family.name, family as Family]));
    dead = [one, ...dead.slice(several.length)]; // others may have died meanwhile
  };
  return {
    page: (workers) => {
      const page = turn.then(() => write(workers));
      turn = page.catch(() => undefined);
      return page;
    },
    bury: (worker) => {
      const known = [...(living.get(worker) ?? [])].filter(([, { type }]) => String(type) !== 'gauge');
      living.delete(worker);
      dead = [...dead, new Map(known)];
    },
  };
}

/** A registry that holds the sum of one metric; nothing where nobody has it, or where it cannot be added up. */
function addedUp(known: readonly Known[], name: string): Registry {
  return AggregatorRegistry.aggregate(
    known.map((each) => [each.get(name)].filter((one) => one !== undefined)),
  );
}
