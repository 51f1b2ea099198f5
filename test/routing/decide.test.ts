import fc from 'fast-check';
import t from 'tap';
import { bucketOf, decide, type Decision } from '../../src/routing/decide.ts';
import type { Forced } from '../../src/routing/force.ts';
import type { Route } from '../../src/routing/route.ts';
import { parseOnly, parseSticky, type Visitor } from '../../src/routing/who.ts';
import { queryParams, routeOf, tableWith, visitorOf } from '../helpers/routing.ts';

interface Help {
  readonly route?: Partial<Route>;
  readonly visitor?: Partial<Visitor>;
  readonly forced?: Forced;
}

/** Decides about a GET of the one route of a table. */
function ask(target: string, { route, visitor, forced }: Help = {}): Decision {
  const table = tableWith([routeOf('/a', 1, target, route)]);
  return decide(
    table.match('GET', '/a', () => null),
    visitorOf(visitor),
    forced ?? null,
  );
}
const inSession = (sessionId: string): Help => ({ visitor: { sessionId } });

t.test('a plain target says which side serves', async (t) => {
  t.match(ask('legacy'), { serve: 'legacy', why: 'the target is legacy', bucket: null, revision: 1 });
  t.match(ask('port'), { serve: 'port', why: 'the target is port', bucket: null });
  t.match(ask('port, shadow legacy'), { serve: 'port' });
});

t.test('legacy answers while the port is only a shadow', async (t) => {
  t.match(ask('shadow 20%'), { serve: 'legacy', why: 'the target is shadow: legacy answers' });
});

t.test('a retired route is served by nobody', async (t) => {
  t.match(ask('retired'), { serve: null, why: 'the target is retired' });
});

t.test('what no route names goes to legacy and says so', async (t) => {
  const matched = tableWith([routeOf('/a', 1, 'port')]).match('GET', '/b', () => null);
  const why = 'no route names it, so it goes to legacy';
  t.match(decide(matched, visitorOf(), null), { serve: 'legacy', why });
});

t.test('a request whose parameters were not read goes to legacy, whatever is forced', async (t) => {
  const table = tableWith([routeOf('/a?x=1', 1, 'port'), routeOf('/a', 2, 'port')]);
  const matched = table.match('POST', '/a', () => null);
  const decision = decide(matched, visitorOf(), { side: 'port', by: 'token' });
  t.match(decision, { serve: 'legacy', wasUnread: true, why: /larger than max-body/ });
});

t.test('the bucket of a session is fixed for good: other releases must give the same', async (t) => {
  t.equal(bucketOf('5f3a9c', 'view'), 2233);
  t.equal(bucketOf('5f3a9c', 'cart'), 5711);
});

t.test('a split says in which bucket the session is', async (t) => {
  const why = (target: string, help?: Help): string => ask(target, { ...help, route: { name: 'r1' } }).why;
  t.equal(why('port 50%', inSession('5f3a9c')), 'session is in bucket 94.58 of 100, the port has 0-50');
  t.equal(why('port 50%'), 'visitor is in bucket 43.32 of 100, the port has 0-50');
  t.equal(why('port 0%'), 'visitor is in bucket 43.32 of 100, the port has none');
});

t.test('the port begins to serve exactly where its share passes the bucket', async (t) => {
  t.equal(ask('port 94.58%', inSession('5f3a9c')).serve, 'legacy');
  t.equal(ask('port 94.59%', inSession('5f3a9c')).serve, 'port');
});

t.test('0% is nobody and 100% is everybody', async () => {
  fc.assert(
    fc.property(fc.string(), (id) => {
      return (
        ask('port 0%', inSession(id)).serve === 'legacy' && ask('port 100%', inSession(id)).serve === 'port'
      );
    }),
    { seed: 1 },
  );
});

t.test('a session keeps its side, whoever it comes from', async () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), fc.ipV4(), (sessionId, one, other) => {
      const from = (address: string) => ask('port 50%', { visitor: { sessionId, address } }).serve;
      return from(one) === from(other);
    }),
    { seed: 2 },
  );
});

t.test('raising the share never moves anybody back to legacy', async () => {
  const share = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(fc.string(), share, share, (id, one, other) => {
      const low = ask(`port ${Math.min(one, other)}%`, inSession(id)).serve;
      const high = ask(`port ${Math.max(one, other)}%`, inSession(id)).serve;
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

t.test('a route can tell visitors apart by a cookie, a header, their address, or not at all', async (t) => {
  const bucket = (sticky: string, visitor: Partial<Visitor>) =>
    ask('port 50%', { route: { sticky: parseSticky(sticky) }, visitor }).bucket;
  const sessionId = 's1';
  const user = (name: string): Partial<Visitor> => ({
    sessionId,
    headers: ['Cookie', `user=${name}`, 'X-User', name],
  });
  t.equal(bucket('cookie:user', user('pete')), bucketOf('pete', 'r1'));
  t.equal(bucket('header:X-User', user('pete')), bucketOf('pete', 'r1'));
  t.equal(bucket('cookie:user', { sessionId }), bucketOf('10.0.0.1', 'r1'), 'without it, by the address');
  t.equal(bucket('ip', user('pete')), bucketOf('10.0.0.1', 'r1'));
  t.equal(bucket('none', { sessionId, exchangeId: 'e7' }), bucketOf('e7', 'r1'));
});

t.test('only who is named gets the port, and all conditions must hold', async (t) => {
  const only = [parseOnly('cookie', ['staff=1', 'staff=2']), parseOnly('ip', ['10.0.0.0/8', '::1'])];
  const staff = { headers: ['Cookie', 'staff=2'] };
  t.equal(ask('port', { route: { only }, visitor: staff }).serve, 'port');
  t.match(ask('port', { route: { only }, visitor: {} }), {
    serve: 'legacy',
    why: 'only cookie staff=1 or 2 may get the port',
  });
  const elsewhere = { ...staff, address: '11.0.0.1' };
  t.match(ask('port', { route: { only }, visitor: elsewhere }), {
    why: 'only ip 10.0.0.0/8 or ::1 may get the port',
  });
  t.equal(ask('port', { route: { only: [parseOnly('param', ['beta'])] } }).serve, 'legacy');
  const beta = { params: () => queryParams('beta=1') };
  t.equal(ask('port', { route: { only: [parseOnly('param', ['beta'])] }, visitor: beta }).serve, 'port');
});

t.test('a side that was asked for with the right to it is the one, where there is a port', async (t) => {
  const forced = { side: 'port', by: 'link' } as const;
  t.match(ask('legacy', { forced, route: { port: '/p/a.ts' } }), { serve: 'port', why: 'forced by link' });
  t.match(ask('legacy', { forced }), { serve: 'legacy', why: 'the target is legacy' });
  t.match(ask('port', { forced: { side: 'legacy', by: 'token' } }), { serve: 'legacy' });
});
