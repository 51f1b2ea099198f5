import type { Family, Insight } from './insight.ts';

/** The last that is known of one worker, by the names of its metrics. */
type Known = Map<string, Family>;

/**
 * The metrics of all workers added up, as prom-client does it for a cluster: each metric says how (`aggregator`). It is done
 * on their text, which costs a worker no more than a page of its own; as objects those of 1,000 routes are ten times as
 * large. What was told of a worker once is not forgotten: one that is gone, or does not answer, counts with the last that
 * is known of it. A counter that fell would be a restart to Prometheus, which then adds everything once more.
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
  /** All that are gone, as one. */
  const dead: Known = new Map();
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
    const names = new Set([...asked.flatMap((some) => some ?? []), ...dead.keys()]);
    const texts: string[] = [];
    for (const name of names) {
      await Promise.all(
        [...answering].map(async (worker) => {
          const family = await ask(worker, worker.family(name));
          if (family !== null) living.get(worker)?.set(name, family);
        }),
      );
      const sum = addedUp([...living.values(), dead].flatMap((known) => known.get(name) ?? []));
      if (sum !== null) texts.push(sum.text);
    }
    return texts.join('\n\n');
  };
  return {
    page: (workers) => {
      const page = turn.then(() => write(workers));
      turn = page.catch(() => undefined);
      return page;
    },
    bury: (worker) => {
      for (const [name, family] of living.get(worker) ?? []) {
        const sum = isGauge(family) ? null : addedUp([dead.get(name) ?? [], family].flat());
        if (sum !== null) dead.set(name, sum);
      }
      living.delete(worker);
    },
  };
}

/** prom-client's ways to add up, two values at a time; `average` is divided in the end. */
const folds: Readonly<Record<string, (one: number, other: number) => number>> = {
  sum: (one, other) => one + other,
  average: (one, other) => one + other,
  min: (one, other) => Math.min(one, other),
  max: (one, other) => Math.max(one, other),
  first: (one) => one,
};

/** One metric of several workers as one; null where there is none, or it says nothing of them together (`omit`). */
function addedUp(families: readonly Family[]): Family | null {
  const [first] = families;
  const fold = folds[first?.aggregator ?? 'omit'];
  if (first === undefined || fold === undefined) return null;
  const values = new Map<string, number>();
  for (const line of families.flatMap(({ text }) => text.split('\n'))) {
    if (line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    // The labels of a series stand in the order of its first use, which is the same code in every worker.
    const [series, value] = [line.slice(0, at), readValue(line.slice(at + 1))];
    const before = values.get(series);
    values.set(series, before === undefined ? value : fold(before, value));
  }
  const count = first.aggregator === 'average' ? families.length : 1;
  const lines = [...values].map(([series, value]) => `${series} ${printValue(value / count)}`);
  const heads = first.text.split('\n', 2); // # HELP and # TYPE
  return { ...first, text: [...heads, ...lines].join('\n') };
}

function isGauge({ text }: Family): boolean {
  return text.split('\n', 2)[1]?.endsWith(' gauge') === true;
}

function readValue(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

function printValue(value: number): string {
  return Math.abs(value) === Infinity ? `${value > 0 ? '+' : '-'}Inf` : String(value);
}
