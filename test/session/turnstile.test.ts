import fc from 'fast-check';
import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { Lease } from '../../src/session/lease.ts';
import { Turnstile } from '../../src/session/turnstile.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { fakeLock } from './fake-lock.ts';

const patienceMs = 1000;
const stays = new AbortController().signal;

function setUp(longestQueue = 100) {
  const clock = fakeClock();
  const lock = fakeLock(clock);
  const turnstile = new Turnstile({ lock, clock, longestQueue });
  /** The same, for most tests. */
  const enter = (sessionId: string, gone = stays): Promise<Lease> =>
    turnstile.enter(sessionId, patienceMs, gone);
  return { clock, lock, turnstile, enter };
}

/** The code of the problem a promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it was let through',
    (thrown: unknown) => (thrown instanceof Problem ? thrown.code : String(thrown)),
  );
}

t.test('who comes to an idle session has the turn at once', async (t) => {
  const { enter, lock, turnstile } = setUp();
  const lease = await enter('a');
  t.match(lease, { sessionId: 'a', waitedMs: { local: 0, database: 0 }, overlapped: false });
  t.same(lease.fence, { kind: 'name', lockName: 'lock of a', connectionId: 1 });
  t.ok(lock.held.has('a'));
  t.equal(turnstile.held, 1);
  await lease.leave();
  t.notOk(lock.held.has('a'));
  t.equal(turnstile.held, 0);
});

t.test('the second waits for the first, and knows how long', async (t) => {
  const { enter, clock, turnstile } = setUp();
  const first = await enter('a');
  const second = enter('a');
  await settle();
  t.equal(turnstile.waiting, 1);
  clock.advance(30);
  await first.leave();
  const lease = await second;
  t.match(lease, { waitedMs: { local: 30, database: 0 }, overlapped: true });
  t.equal(turnstile.waiting, 0);
});

t.test('who comes while a turn is only being given back has not raced', async (t) => {
  const { enter } = setUp();
  const first = await enter('a');
  let looked = (): void => undefined;
  const left = first.leave(() => new Promise((resolve) => (looked = resolve)));
  const [second, third] = [enter('a'), enter('a')];
  await settle();
  looked();
  await left;
  const lease = await second;
  t.equal(lease.overlapped, false, 'nobody worked on the session any more');
  await lease.leave();
  t.equal((await third).overlapped, true, 'but the next one would have raced with this one');
});

t.test('other sessions are not held up', async (t) => {
  const { enter } = setUp();
  await enter('a');
  const [b, c] = await Promise.all([enter('b'), enter('c')]);
  t.same([b.sessionId, c.sessionId, b.overlapped], ['b', 'c', false]);
});

t.test('first come, first served', async (t) => {
  const { enter } = setUp();
  const order: number[] = [];
  const visit = async (number: number): Promise<void> => {
    const lease = await enter('a');
    order.push(number);
    await settle();
    await lease.leave();
  };
  await Promise.all([1, 2, 3, 4, 5].map(visit));
  t.same(order, [1, 2, 3, 4, 5]);
});

t.test('however many wait here, the lock is asked for by one', async (t) => {
  const { enter, lock } = setUp();
  lock.take('a');
  const all = [1, 2, 3, 4, 5].map(() => enter('a'));
  await settle();
  t.equal(lock.asked('a'), 1);
  lock.giveBack('a');
  const first = await (all[0] as Promise<Lease>);
  t.ok(first.overlapped, 'another gateway was in the session');
  t.equal(lock.asked('a'), 1);
});

t.test('leaving twice is leaving once', async (t) => {
  const { enter, turnstile } = setUp();
  const first = await enter('a');
  const [second, third] = [enter('a'), enter('a')];
  await Promise.all([first.leave(), first.leave()]);
  const lease = await second;
  await first.leave();
  await settle();
  t.equal(turnstile.held, 1);
  t.equal(turnstile.waiting, 1, 'the third waits for the second');
  await lease.leave();
  await (await third).leave();
});

t.test('who waits too long behind others is told so, and the others are served', async (t) => {
  const { enter, clock, turnstile } = setUp();
  const first = await enter('a');
  const second = codeOf(enter('a'));
  clock.advance(500);
  const third = enter('a');
  clock.advance(499);
  await settle();
  t.equal(turnstile.waiting, 2);
  clock.advance(1);
  t.equal(await second, 'TURN_TIMEOUT');
  t.equal(turnstile.waiting, 1);
  await first.leave();
  t.equal((await third).waitedMs.local, 500);
});

t.test('who waits too long for another gateway is told so, and the next one may try', async (t) => {
  const { enter, clock, lock, turnstile } = setUp();
  lock.take('a');
  const first = codeOf(enter('a'));
  await settle();
  clock.advance(600);
  const second = enter('a');
  clock.advance(400);
  t.equal(await first, 'TURN_TIMEOUT');
  await settle();
  t.equal(lock.asked('a'), 2);
  t.equal(turnstile.waiting, 1);
  clock.advance(100);
  lock.giveBack('a');
  t.match(await second, { waitedMs: { local: 400, database: 100 }, overlapped: true });
});

t.test('patience is one for both waits', async (t) => {
  const { enter, clock, lock } = setUp();
  const first = await enter('a');
  const second = codeOf(enter('a'));
  clock.advance(700);
  lock.take('a');
  await first.leave();
  await settle();
  clock.advance(299);
  await settle();
  t.equal(clock.pending, 1, 'it waits still');
  clock.advance(1);
  t.equal(await second, 'TURN_TIMEOUT');
});

t.test('no patience is one try', async (t) => {
  const { turnstile, clock } = setUp();
  const lease = await turnstile.enter('a', 0, stays);
  const second = codeOf(turnstile.enter('a', 0, stays));
  clock.advance(0);
  t.equal(await second, 'TURN_TIMEOUT');
  await lease.leave();
});

t.test('a queue has an end', async (t) => {
  const { enter, turnstile } = setUp(2);
  const first = await enter('a');
  const [second, third] = [enter('a'), enter('a')];
  t.equal(await codeOf(enter('a')), 'TURN_QUEUE_FULL');
  t.equal(turnstile.waiting, 2);
  t.equal((await enter('b')).sessionId, 'b', 'the queue of another session is another');
  await first.leave();
  await (await second).leave();
  await (await third).leave();
});

t.test('without a queue, a busy session is refused at once', async (t) => {
  const { enter } = setUp(0);
  const first = await enter('a');
  t.equal(await codeOf(enter('a')), 'TURN_QUEUE_FULL');
  await first.leave();
  t.equal((await enter('a')).overlapped, false);
});

t.test('who leaves the shop while waiting leaves the queue, and nothing is begun for him', async (t) => {
  const { enter, lock, turnstile, clock } = setUp();
  const first = await enter('a');
  const gone = new AbortController();
  const second = codeOf(enter('a', gone.signal));
  const third = enter('a');
  gone.abort();
  t.equal(await second, 'CLIENT_GONE');
  t.equal(turnstile.waiting, 1);
  await first.leave();
  t.equal((await third).sessionId, 'a');
  t.equal(lock.asked('a'), 2, 'for the first and the third');
  t.equal(clock.pending, 0, 'no timer is left behind');
});

t.test('who left before he came is not queued', async (t) => {
  const { enter, turnstile, lock } = setUp();
  const gone = AbortSignal.abort();
  t.equal(await codeOf(enter('a', gone)), 'CLIENT_GONE', 'at an idle session');
  t.notOk(lock.held.has('a'));
  const lease = await enter('a');
  t.equal(await codeOf(enter('a', gone)), 'CLIENT_GONE', 'at a busy one');
  t.equal(turnstile.waiting, 0);
  await lease.leave();
});

t.test('who leaves while another gateway has the lock makes way', async (t) => {
  const { enter, lock } = setUp();
  lock.take('a');
  const gone = new AbortController();
  const first = codeOf(enter('a', gone.signal));
  const second = enter('a');
  await settle();
  gone.abort();
  t.equal(await first, 'CLIENT_GONE');
  lock.giveBack('a');
  t.equal((await second).sessionId, 'a');
});

t.test('a lock that came too late for the client is given back', async (t) => {
  const { clock } = setUp();
  const gone = new AbortController();
  let released = 0;
  const release = async (): Promise<void> => void released++;
  const fence = { kind: 'name', lockName: 'x', connectionId: 1 } as const;
  const lock = {
    acquire: async () => {
      gone.abort();
      return { fence, lost: stays, contended: false, release };
    },
  };
  const turnstile = new Turnstile({ lock, clock, longestQueue: 1 });
  t.equal(await codeOf(turnstile.enter('a', patienceMs, gone.signal)), 'CLIENT_GONE');
  t.equal(released, 1);
  t.same([turnstile.held, turnstile.waiting], [0, 0]);
});

t.test('a lock that cannot be asked lets the next one try', async (t) => {
  const { enter, lock, turnstile } = setUp();
  const first = await enter('a');
  lock.failNext('a');
  const second = codeOf(enter('a'));
  const third = enter('a');
  await first.leave();
  t.equal(await second, 'LOCK_DOWN');
  t.equal((await third).sessionId, 'a');
  t.same([turnstile.held, turnstile.waiting], [1, 0]);
});

t.test('the next turn begins after the lock is given back, not before', async (t) => {
  const clock = fakeClock();
  const { promise: givenBack, resolve: giveBack } = Promise.withResolvers<void>();
  let asked = 0;
  const lock = {
    acquire: async () => {
      asked++;
      const fence = { kind: 'name', lockName: 'x', connectionId: 1 } as const;
      return { fence, lost: stays, contended: false, release: () => givenBack };
    },
  };
  const turnstile = new Turnstile({ lock, clock, longestQueue: 1 });
  const first = await turnstile.enter('a', patienceMs, stays);
  const second = turnstile.enter('a', patienceMs, stays);
  const left = first.leave();
  await settle();
  t.equal(asked, 1);
  giveBack();
  await left;
  await second;
  t.equal(asked, 2);
});

t.test('nothing is kept of a session nobody is in', async (t) => {
  const { enter, clock, lock, turnstile } = setUp();
  for (let round = 0; round < 3; round++) {
    const lease = await enter('a');
    t.equal(lease.overlapped, false, 'as if nobody had ever been there');
    const late = codeOf(enter('a'));
    clock.advance(patienceMs);
    t.equal(await late, 'TURN_TIMEOUT');
    await lease.leave();
    lock.failNext('a');
    t.equal(await codeOf(enter('a')), 'LOCK_DOWN');
  }
  t.same([turnstile.held, turnstile.waiting, clock.pending], [0, 0, 0]);
});

/** One thing that happens to a turnstile. `who` counts the requests so far, round and round. */
type Step =
  | { readonly kind: 'enter' | 'take' | 'give back' | 'fail'; readonly session: string }
  | { readonly kind: 'leave' | 'abort'; readonly who: number }
  | { readonly kind: 'advance'; readonly ms: number };

const session = fc.constantFrom('a', 'b');
const who = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enter' as const), session }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('leave' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('take', 'give back', 'fail'), session }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 700 }) }) },
);

interface Visit {
  readonly session: string;
  readonly gone: AbortController;
  state: 'waits' | 'has the turn' | 'is over';
  lease: Lease | null;
}

t.test('whatever happens in whatever order: one at a time, in order, and nobody forgotten', async (t) => {
  let turns = 0;
  const life = async (steps: readonly Step[]): Promise<void> => {
    const { clock, lock, turnstile } = setUp(4);
    const visits: Visit[] = [];
    const broken: string[] = [];

    const enter = (session: string): void => {
      const visit: Visit = { session, gone: new AbortController(), state: 'waits', lease: null };
      visits.push(visit);
      turnstile.enter(session, patienceMs, visit.gone.signal).then(
        (lease) => {
          turns++;
          const mine = visits.filter((each) => each.session === session);
          if (mine.some((each) => each.state === 'has the turn')) broken.push('two have the turn at once');
          if (mine.find((each) => each.state === 'waits') !== visit) broken.push('somebody was passed over');
          visit.state = 'has the turn';
          visit.lease = lease;
        },
        (thrown: unknown) => {
          if (!(thrown instanceof Problem)) broken.push(String(thrown));
          visit.state = 'is over';
        },
      );
    };
    const leave = (visit: Visit): void => {
      if (visit.lease === null) return;
      visit.state = 'is over';
      void visit.lease.leave();
    };
    const act: Record<Step['kind'], (step: Step) => void> = {
      enter: (step) => 'session' in step && enter(step.session),
      take: (step) => 'session' in step && lock.take(step.session),
      'give back': (step) => 'session' in step && lock.giveBack(step.session),
      fail: (step) => 'session' in step && lock.failNext(step.session),
      leave: (step) => 'who' in step && visits.length > 0 && leave(visits[step.who % visits.length] as Visit),
      abort: (step) => 'who' in step && visits[step.who % visits.length]?.gone.abort(),
      advance: (step) => 'ms' in step && clock.advance(step.ms),
    };
    const count = (state: Visit['state']): number => visits.filter((visit) => visit.state === state).length;
    const check = (): void => {
      if (turnstile.held !== count('has the turn')) broken.push(`held says ${turnstile.held}`);
      if (turnstile.waiting !== count('waits')) broken.push(`waiting says ${turnstile.waiting}`);
      if (broken.length > 0) throw new Error(broken.join('; '));
    };

    for (const step of steps) {
      act[step.kind](step);
      await settle();
      check();
    }
    // Everybody goes home: whoever has a turn leaves it, until nobody is left.
    ['a', 'b'].forEach((each) => lock.giveBack(each));
    for (let round = 0; round <= visits.length && count('is over') < visits.length; round++) {
      visits.filter((visit) => visit.state === 'has the turn').forEach(leave);
      await settle();
      check();
    }
    if (count('waits') > 0) throw new Error(`${count('waits')} are forgotten`);
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
  };
  const lives = fc.array(step, { minLength: 20, maxLength: 60 });
  await fc.assert(fc.asyncProperty(lives, life), { seed: 5, numRuns: 500 });
  t.ok(turns > 2000, `${turns} turns were had`);
});
