import { Registry } from 'prom-client';
import t from 'tap';
import { declareFamilies } from '../../src/telemetry/families.ts';
import { writePage } from '../../src/telemetry/page.ts';
import { Tallies } from '../../src/telemetry/tally.ts';
import { exchangeRecord } from '../helpers/records.ts';

const nobody = { locksHeld: () => 0, lockWaiters: () => 0, socketsOpen: () => 0, upstreams: () => [] };

function make() {
  const registry = new Registry();
  const families = declareFamilies(registry, nobody);
  return { registry, families, tallies: new Tallies(families) };
}

/** Answers and runs of every kind, some of them exactly on the edge of a bucket. */
const records = [0, 1, 1.5, 2, 30, 30.1, 9_999, 10_000, 10_001, 60_000].flatMap((elapsedMs) => [
  exchangeRecord({ served: 'legacy', elapsedMs, sides: [{ side: 'legacy', elapsedMs, result: 'ok' }] }),
  exchangeRecord({
    route: 'other',
    served: 'legacy',
    status: 404,
    elapsedMs,
    sides: [
      { side: 'port', elapsedMs: 1, result: 'exception' },
      { side: 'legacy', elapsedMs, result: 'client_error' },
    ],
  }),
  exchangeRecord({
    served: 'none',
    status: 504,
    elapsedMs,
    sides: [{ side: 'legacy', elapsedMs, result: 'timeout' }],
  }),
]);

t.test('the page says what it would, had prom-client counted', async (t) => {
  const { registry, tallies } = make();
  for (const record of records) tallies.count(record);

  const theirs = make();
  for (const { route, served: side, status, elapsedMs, sides } of records) {
    theirs.families.requests.inc({ route, side, code: String(status) });
    theirs.families.duration.observe({ route, side }, elapsedMs / 1000);
    for (const run of sides) {
      theirs.families.sideResults.inc({ route, side: run.side, role: 'serve', result: run.result });
      if (run.result !== 'exception' && run.result !== 'timeout')
        theirs.families.sideDuration.observe({ route, side: run.side, role: 'serve' }, run.elapsedMs / 1000);
    }
  }
  const sorted = async (from: Registry): Promise<string[]> => (await writePage(from)).split('\n').sort();
  t.same(await sorted(registry), await sorted(theirs.registry));
});

t.test('what was declared and counted before is counted on', async (t) => {
  const { registry, families, tallies } = make();
  families.requests.inc({ route: 'r', side: 'legacy', code: '200' }, 5);
  families.duration.observe({ route: 'r', side: 'legacy' }, 1);
  tallies.count(exchangeRecord({ served: 'legacy' }));
  const page = await writePage(registry);
  t.match(page, 'banyan_requests_total{route="r",side="legacy",code="200"} 6');
  t.match(page, 'banyan_request_duration_seconds_count{route="r",side="legacy"} 2');
});

t.test('series that were removed begin anew', async (t) => {
  const { registry, families, tallies } = make();
  const record = exchangeRecord({ served: 'legacy' });
  tallies.count(record);
  families.requests.remove({ route: 'r', side: 'legacy', code: '200' });
  tallies.forget();
  tallies.count(record);
  t.match(await writePage(registry), 'banyan_requests_total{route="r",side="legacy",code="200"} 1');
});
