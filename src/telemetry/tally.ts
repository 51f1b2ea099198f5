import type { Counter, Histogram } from 'prom-client';
import type { ExchangeRecord, SideRecord } from '../record.ts';
import { buckets, type Families } from './families.ts';

/** What prom-client 15 keeps of a series, which its types do not say. */
interface KeptCount {
  value: number;
}
interface KeptTimes {
  sum: number;
  count: number;
  readonly bucketValues: Record<string, number>;
}
/** It finds a series by its labels, put together in the order of their names. */
interface Kept<Series> {
  readonly hashMap: Readonly<Record<string, Series>>;
}

/**
 * Counts what is counted of every request. The series of a route and a side are looked up once, and added to directly
 * from then on: prom-client makes a text of the labels each time and finds the series by it, which is 1 us (measured),
 * and there are four of them.
 */
export class Tallies {
  readonly #families: Families;
  readonly #known = new Map<string, Map<string, Tally>>();

  constructor(families: Families) {
    this.#families = families;
  }

  count({ route, served, status, elapsedMs, sides }: ExchangeRecord): void {
    this.#of(route, served).answered(status, elapsedMs / 1000);
    for (const run of sides) this.#of(route, run.side).ran(run);
  }

  /** To be called when series have been removed, or set back to 0. */
  forget(): void {
    this.#known.clear();
  }

  #of(route: string, side: string): Tally {
    let bySide = this.#known.get(route);
    if (bySide === undefined) this.#known.set(route, (bySide = new Map()));
    let tally = bySide.get(side);
    if (tally === undefined) bySide.set(side, (tally = new Tally(this.#families, route, side)));
    return tally;
  }
}

/** The series of one route and side. Each begins when there is something to count in it. */
class Tally {
  readonly #families: Families;
  readonly #labels: { readonly route: string; readonly side: string };
  readonly #byStatus = new Map<number, KeptCount>();
  readonly #byResult = new Map<string, KeptCount>();
  #duration: KeptTimes | null = null;
  #sideDuration: KeptTimes | null = null;

  constructor(families: Families, route: string, side: string) {
    this.#families = families;
    this.#labels = { route, side };
  }

  answered(status: number, seconds: number): void {
    let series = this.#byStatus.get(status);
    if (series === undefined) {
      series = countSeries(this.#families.requests, { ...this.#labels, code: String(status) });
      this.#byStatus.set(status, series);
    }
    series.value++;
    add((this.#duration ??= timeSeries(this.#families.duration, this.#labels)), seconds);
  }

  ran({ result, elapsedMs }: SideRecord): void {
    const labels = { ...this.#labels, role: 'serve' };
    let series = this.#byResult.get(result);
    if (series === undefined) {
      series = countSeries(this.#families.sideResults, { ...labels, result });
      this.#byResult.set(result, series);
    }
    series.value++;
    // A port that throws at once is not a fast port: only runs that answered say how long an answer takes.
    if (result === 'exception' || result === 'timeout') return;
    add((this.#sideDuration ??= timeSeries(this.#families.sideDuration, labels)), elapsedMs / 1000);
  }
}

/** As prom-client does it: each value stands in its own bucket only, and they are summed up for the page. */
function add(series: KeptTimes, seconds: number): void {
  series.sum += seconds;
  series.count++;
  for (const [bound, name] of bounds) {
    if (seconds > bound) continue;
    (series.bucketValues[name] as number)++;
    return;
  }
}

const bounds = buckets.map((bound) => [bound, String(bound)] as const);

function countSeries<L extends string>(counter: Counter<L>, labels: Record<L, string>): KeptCount {
  counter.inc(labels, 0);
  return (counter as unknown as Kept<KeptCount>).hashMap[keyOf(labels)] as KeptCount;
}

function timeSeries<L extends string>(histogram: Histogram<L>, labels: Record<L, string>): KeptTimes {
  const { hashMap } = histogram as unknown as Kept<KeptTimes>;
  const key = keyOf(labels);
  if (hashMap[key] === undefined) histogram.zero(labels);
  return hashMap[key] as KeptTimes;
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort();
  return names.map((name) => `${name}:${labels[name]},`).join('');
}
