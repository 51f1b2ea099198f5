import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { ExchangeRecord } from '../../src/record.ts';
import { sparingly } from '../../src/telemetry/sparing.ts';
import { fakeClock } from '../helpers/clock.ts';
import { exchangeRecord } from '../helpers/records.ts';

t.test('what a hostile client can have said without end is added up', async (t) => {
  const clock = fakeClock();
  const lines: ExchangeRecord[] = [];
  const sums: unknown[] = [];
  const write = sparingly(
    { exchange: (record) => void lines.push(record), warn: (_message, fields) => void sums.push(fields) },
    clock,
  );
  const refused = (code: 'NOT_HTTP' | 'REQUEST_SLOW'): void =>
    write(exchangeRecord({ method: '', problem: new Problem(code, 'x') }));
  for (let n = 0; n < 1000; n++) refused('NOT_HTTP');
  for (let n = 0; n < 10; n++) refused('REQUEST_SLOW');
  t.equal(lines.length, 20);
  t.same(sums, []);
  for (let n = 0; n < 100; n++) write(exchangeRecord({ problem: new Problem('LEGACY_BUSY', 'x') }));
  t.equal(lines.length, 120, 'other exchanges have their line, always');
  clock.advance(1000);
  t.same(sums, [{ problems: { NOT_HTTP: 980, REQUEST_SLOW: 10 } }]);
  t.equal(clock.pending, 0);
  refused('NOT_HTTP');
  t.equal(lines.length, 121, 'then there is room again');
  clock.advance(1000);
  t.equal(sums.length, 1, 'nothing was left out');
});
