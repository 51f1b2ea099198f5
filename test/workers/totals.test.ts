import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import t from 'tap';
import type { Family } from '../../src/workers/insight.ts';
import { makeTotals } from '../../src/workers/totals.ts';

/** The metrics of one worker, which may stop to answer. */
function makeWorker() {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({ name: 'requests_total', help: 'r', labelNames: ['code'], registers });
  const took = new Histogram({ name: 'took_seconds', help: 't', buckets: [1, 2], registers });
  const open = new Gauge({ name: 'open', help: 'o', registers });
  const build = new Gauge({ name: 'build_info', help: 'b', registers, aggregator: 'max' });
  build.set(1);
  const lag = new Gauge({ name: 'lag', help: 'l', registers, aggregator: 'average' });
  new Gauge({ name: 'started', help: 's', registers, aggregator: 'omit' });
  const worker = { isSilent: false, asked: 0 };
  const answer = async <T>(value: T): Promise<T> => {
    worker.asked++;
    if (worker.isSilent) throw new Error('does not answer');
    return value;
  };
  return {
    requests,
    took,
    open,
    lag,
    worker,
    familyNames: () => answer(registry.getMetricsAsArray().map(({ name }) => name)),
    family: async (name: string): Promise<Family> => {
      const { aggregator = 'sum' } = registry.getSingleMetric(name) as { aggregator?: string };
      return answer({ text: await registry.getSingleMetricAsString(name), aggregator });
    },
  };
}

/** The values of a page, by series. */
function read(page: string): Record<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)?.[0])]));
}

t.test('what workers count is added up, and what each says of all of them is not', async (t) => {
  const [one, other] = [makeWorker(), makeWorker()];
  one.requests.inc({ code: '200' }, 3);
  other.requests.inc({ code: '200' }, 4);
  other.requests.inc({ code: '404' }, 1);
  one.took.observe(0.5);
  other.took.observe(1.5);
  one.open.set(2);
  other.open.set(5);
  one.lag.set(2);
  other.lag.set(5);
  const page = await makeTotals().page([one, other]);
  t.match(page, /^# HELP requests_total r\n# TYPE requests_total counter\n/m);
  t.same(read(page), {
    'requests_total{code="200"}': 7,
    'requests_total{code="404"}': 1,
    'took_seconds_bucket{le="1"}': 1,
    'took_seconds_bucket{le="2"}': 2,
    'took_seconds_bucket{le="+Inf"}': 2,
    took_seconds_sum: 2,
    took_seconds_count: 2,
    open: 7,
    build_info: 1,
    lag: 3.5,
  });
});

t.test(
  'what was counted by a worker that is gone stays, however many go; what it had open does not',
  async (t) => {
    const totals = makeTotals<ReturnType<typeof makeWorker>>();
    const last = makeWorker();
    for (const count of [5, 6, 7]) {
      const gone = makeWorker();
      gone.requests.inc({ code: '200' }, count);
      gone.took.observe(1.5);
      gone.open.set(9);
      await totals.page([gone, last]);
      totals.bury(gone);
    }
    last.requests.inc({ code: '200' });
    last.open.set(1);
    const page = read(await totals.page([last]));
    t.match(page, { 'requests_total{code="200"}': 19, took_seconds_count: 3, open: 1, build_info: 1 });
    t.same(read(await totals.page([last])), page, 'also when they are asked again');
    t.equal(read(await totals.page([]))['requests_total{code="200"}'], 19, 'also while there is none');
  },
);

t.test('a worker that does not answer counts with the last it said, and is waited for once', async (t) => {
  const totals = makeTotals<ReturnType<typeof makeWorker>>();
  const [one, other] = [makeWorker(), makeWorker()];
  one.requests.inc({ code: '200' }, 3);
  other.requests.inc({ code: '200' }, 4);
  await totals.page([one, other]);
  one.requests.inc({ code: '200' }, 10);
  other.requests.inc({ code: '200' }, 10);
  other.worker.isSilent = true;
  other.worker.asked = 0;
  t.equal(read(await totals.page([one, other]))['requests_total{code="200"}'], 17);
  t.equal(other.worker.asked, 1);
});
