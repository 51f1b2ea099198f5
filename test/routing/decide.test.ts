import fc from 'fast-check';
import t from 'tap';
import { bucketOf, decide } from '../../src/routing/decide.ts';
import { tableOf } from '../helpers/routing.ts';

const ask = (target: string, sessionId: string | null, visitor = '10.0.0.1') =>
  decide(tableOf({ '/a': target }), { method: 'GET', decodedPath: '/a', sessionId, visitor });

t.test('a plain target says which side serves', async (t) => {
  t.match(ask('legacy', 'x'), { serve: 'legacy', why: 'the target is legacy', bucket: null, revision: 1 });
  t.match(ask('port', 'x'), { serve: 'port', why: 'the target is port', bucket: null });
});

t.test('what no route names goes to legacy and says so', async (t) => {
  const decision = decide(tableOf({ '/a': 'port' }), {
    method: 'GET',
    decodedPath: '/b',
    sessionId: null,
    visitor: '',
  });
  t.match(decision, { serve: 'legacy', why: 'no route names it, so it goes to legacy' });
});

t.test('the bucket of a session is fixed for good: other releases must give the same', async (t) => {
  t.equal(bucketOf('5f3a9c', 'view'), 2233);
  t.equal(bucketOf('5f3a9c', 'cart'), 5711);
});

t.test('a split says in which bucket the session is', async (t) => {
  t.equal(ask('port 50%', '5f3a9c').why, 'session is in bucket 94.58 of 100, the port has 0-50');
  t.equal(ask('port 50%', null).why, 'visitor is in bucket 43.32 of 100, the port has 0-50');
  t.equal(ask('port 0%', null).why, 'visitor is in bucket 43.32 of 100, the port has none');
});

t.test('the port begins to serve exactly where its share passes the bucket', async (t) => {
  t.equal(ask('port 94.58%', '5f3a9c').serve, 'legacy');
  t.equal(ask('port 94.59%', '5f3a9c').serve, 'port');
});

t.test('0% is nobody and 100% is everybody', async () => {
  fc.assert(
    fc.property(
      fc.string(),
      (id) => ask('port 0%', id).serve === 'legacy' && ask('port 100%', id).serve === 'port',
    ),
    { seed: 1 },
  );
});

t.test('a session keeps its side, whoever it comes from', async () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), fc.ipV4(), (id, one, other) => {
      return ask('port 50%', id, one).serve === ask('port 50%', id, other).serve;
    }),
    { seed: 2 },
  );
});

t.test('raising the share never moves anybody back to legacy', async () => {
  const share = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(fc.string(), share, share, (id, one, other) => {
      const low = ask(`port ${Math.min(one, other)}%`, id).serve;
      const high = ask(`port ${Math.max(one, other)}%`, id).serve;
      return low === 'legacy' || high === 'port';
    }),
    { seed: 3, numRuns: 1000 },
  );
});

t.test('the shares are what they say, within half a percent of 100,000 sessions', async (t) => {
  for (const share of [1, 25, 50]) {
    const many = Array.from({ length: 100_000 }, (_, i) => bucketOf(`s${i}`, 'view') < share * 100);
    t.ok(Math.abs(many.filter(Boolean).length / 1000 - share) < 0.5, `${share}%`);
  }
});

t.test('being first on one route says nothing about another', async (t) => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `s${i}`);
  const first = ids.filter((id) => bucketOf(id, 'view') < 1000);
  const both = first.filter((id) => bucketOf(id, 'cart') < 1000);
  t.ok(Math.abs(both.length / first.length - 0.1) < 0.02, `${both.length} of ${first.length}`);
});
