import { createSecretKey } from 'node:crypto';
import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { Lease } from '../../src/session/lease.ts';
import { Nesting } from '../../src/session/nesting.ts';
import type { OpenTurn } from '../../src/session/open-turn.ts';
import { Turnstile } from '../../src/session/turnstile.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { fakeLock } from './fake-lock.ts';

const stays = new AbortController().signal;
const patienceMs = 1000;

function setUp() {
  const clock = fakeClock();
  const turnstile = new Turnstile({ lock: fakeLock(clock), clock, longestQueue: 9 });
  const parts = {
    gateway: 'one',
    clock,
    key: createSecretKey(Buffer.alloc(32, 'k')),
    longestQueue: 2,
    isHeld: async () => false,
  };
  const nesting = new Nesting(parts);
  const holder = (exchange: string) => ({ exchange, route: `route of ${exchange}` });
  /** A turn of its own. */
  const outer = async (exchange: string, sessionId = 's'): Promise<Lease> =>
    nesting.open(await turnstile.enter(sessionId, patienceMs, stays), holder(exchange), null, 60_000);
  /** A turn within another. */
  const inner = async (exchange: string, turn: OpenTurn): Promise<Lease> =>
    nesting.open(await turn.join(patienceMs, stays), holder(exchange), turn, 60_000);
  const byToken = async (lease: Lease): Promise<OpenTurn> => {
    const turn = await nesting.byToken(lease.token() as string, 's');
    if (turn === null) throw new Error('the token is not taken');
    return turn;
  };
  return { clock, turnstile, nesting, parts, outer, inner, byToken };
}

t.test('who shows the token of a turn joins it, although it is held', async (t) => {
  const { outer, inner, byToken, turnstile } = setUp();
  const first = await outer('a');
  const within = await inner('b', await byToken(first));
  t.equal(within.sessionId, 's');
  t.same(within.fence, first.fence, 'its writes are fenced by the turn of the outer one');
  t.equal(turnstile.held, 1, 'it is one turn');
  await within.leave();
  await first.leave();
  t.equal(turnstile.held, 0);
});

t.test('the turn is left only when all who joined it have left', async (t) => {
  const { outer, inner, byToken, turnstile } = setUp();
  const first = await outer('a');
  const within = await inner('b', await byToken(first));
  const left = first.leave();
  const next = turnstile.enter('s', patienceMs, stays);
  await settle();
  t.equal(turnstile.waiting, 1, 'the next request waits on');
  await within.leave();
  await left;
  await (await next).leave();
});

t.test('those who join go one at a time, and can be joined themselves', async (t) => {
  const { outer, inner, byToken } = setUp();
  const first = await outer('a');
  const second = await inner('b', await byToken(first));
  const third = await inner('c', await byToken(second));
  const sibling = inner('d', await byToken(first));
  let isIn = false;
  void sibling.then(() => (isIn = true));
  await settle();
  t.notOk(isIn, 'a second request of the same script waits');
  await third.leave();
  await second.leave();
  await (await sibling).leave();
  await first.leave();
});

t.test('a turn that is over cannot be joined, nor can it by a token of another session or key', async (t) => {
  const { outer, byToken, nesting, parts, clock } = setUp();
  const first = await outer('a');
  const token = first.token() as string;
  t.not(await nesting.byToken(token, 's'), null);
  t.equal(await nesting.byToken(token, 'other'), null, 'another session');
  const stranger = new Nesting({
    ...parts,
    gateway: 'two',
    key: createSecretKey(Buffer.alloc(32, 'x')),
    isHeld: async () => true,
  });
  t.equal(await stranger.byToken(token, 's'), null, 'another key');
  for (const made of ['', '.', 'a.b', `${token}x`, token.replace('.', '..'), 'x'.repeat(5000)])
    t.equal(await nesting.byToken(made, 's'), null, made.slice(0, 20));
  const open = await byToken(first);
  clock.advance(60_001);
  t.equal(await nesting.byToken(token, 's'), null, 'out of date');
  await first.leave();
  t.match(await open.join(patienceMs, stays).catch((thrown: unknown) => thrown), { code: 'NESTED_REFUSED' });
  const again = await outer('b');
  t.equal(await nesting.byToken(token, 's'), null, 'its turn is over');
  const sure = new Nesting({ ...parts, isHeld: async () => true });
  t.equal(await sure.byToken(token, 's'), null, 'and the lock is held by a later one');
  await again.leave();
  t.equal(nesting.size, 0, 'nothing is kept');
});

t.test('a turn of another gateway is joined while it is held there', async (t) => {
  const { outer, parts } = setUp();
  const first = await outer('a');
  const token = first.token() as string;
  let isHeld = true;
  const other = new Nesting({ ...parts, gateway: 'two', isHeld: async () => isHeld });
  const turn = (await other.byToken(token, 's')) as OpenTurn;
  const lease = await turn.join(patienceMs, stays);
  t.same(lease.fence, first.fence);
  await lease.leave();
  isHeld = false;
  t.equal(await other.byToken(token, 's'), null);
});

t.test('without a token, the turn that is worked in now is known by the session', async (t) => {
  const { outer, inner, byToken, nesting } = setUp();
  t.equal(nesting.bySession('s'), null);
  const first = await outer('a');
  t.equal(nesting.bySession('s')?.holder.exchange, 'a');
  const within = await inner('b', await byToken(first));
  t.equal(nesting.bySession('s')?.holder.exchange, 'b', 'the innermost');
  await within.leave();
  t.equal(nesting.bySession('s')?.holder.exchange, 'a');
  await first.leave();
  t.equal(nesting.bySession('s'), null);
});

t.test('too many who join are refused, and leave no trace', async (t) => {
  const { outer, byToken } = setUp();
  const first = await outer('a');
  const turn = await byToken(first);
  const leases = [turn.join(patienceMs, stays), turn.join(patienceMs, stays), turn.join(patienceMs, stays)];
  const refused = await turn.join(patienceMs, stays).catch((thrown: unknown) => thrown);
  t.equal((refused as Problem).code, 'TURN_QUEUE_FULL');
  for (const lease of leases) await (await lease).leave();
  await first.leave();
});
