import t from 'tap';
import type { Problem } from '../../src/errors.ts';
import { Gate } from '../../src/legacy/gate.ts';
import type { LegacyReceiver, LegacyRequest, LegacyTransport } from '../../src/legacy/transport.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { makeDice } from '../helpers/dice.ts';

/** One that asks, and what it is told. */
class Caller {
  readonly told: string[] = [];
  isHere = true;
  goesAhead = false;
  problem: Problem | null = null;

  given = (): void => void this.told.push('given');
  isWanted = (): boolean => this.isHere;
  head = (status: number): void => void this.told.push(`head ${status}`);
  data = (): boolean => true;
  end = (): void => void this.told.push('end');
  exited = (): void => void this.told.push('exited');
  failed = (problem: Problem): void => {
    this.problem = problem;
    this.told.push(problem.code);
  };
}

/** A legacy that ends what it works on when it is told to. */
class Works implements LegacyTransport {
  readonly running = new Map<string, LegacyReceiver>();
  readonly begun: string[] = [];
  readonly aborted: string[] = [];
  most = 0;
  /** Fails at once, before `send` returns. */
  isDown = false;

  send({ id }: LegacyRequest, receiver: LegacyReceiver) {
    this.begun.push(id);
    this.running.set(id, receiver);
    this.most = Math.max(this.most, this.running.size);
    if (this.isDown) this.finish(id);
    return { abort: () => void this.aborted.push(id), abortIfUnsent: () => undefined };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  head(id: string): void {
    this.running.get(id)?.head(200, '', [], { resume: () => undefined });
  }

  finish(id: string): void {
    const receiver = this.running.get(id);
    this.running.delete(id);
    receiver?.end();
    receiver?.exited(null);
  }
}

function gateWith(limits: { atOnce: number; queue: number; waitMs: number }) {
  const clock = fakeClock();
  const works = new Works();
  const waits: number[] = [];
  const gate = new Gate({
    name: 'legacy',
    transport: works,
    clock,
    limits,
    waited: (milliseconds) => waits.push(milliseconds),
  });
  const ask = (id: string, goesAhead = false) => {
    const caller = Object.assign(new Caller(), { goesAhead });
    const request = { id, method: 'GET', target: '/', headers: [], body: null, lengthBytes: 0 };
    return { caller, call: gate.send(request, caller) };
  };
  return { clock, works, waits, gate, ask };
}

t.test('so many at once, the others in the order they came', async (t) => {
  const { works, gate, ask, waits, clock } = gateWith({ atOnce: 2, queue: 10, waitMs: 1000 });
  const asked = ['a', 'b', 'c', 'd', 'e'].map((id) => ask(id));
  t.same(works.begun, ['a', 'b']);
  t.match(gate, { running: 2, waiting: 3, places: 2 });
  t.same(
    asked.map(({ caller }) => caller.told.length),
    [1, 1, 0, 0, 0],
    'who waits is told nothing',
  );
  clock.advance(40);
  works.finish('b');
  t.same(works.begun, ['a', 'b', 'c']);
  works.finish('a');
  works.finish('c');
  works.finish('d');
  works.finish('e');
  t.same(works.begun, ['a', 'b', 'c', 'd', 'e']);
  for (const { caller } of asked) t.same(caller.told, ['given', 'end', 'exited']);
  t.match(gate, { running: 0, waiting: 0 });
  t.same(waits, [40, 40, 40], 'who had to wait is counted, nobody else');
  t.equal(clock.pending, 0);
});

t.test('beyond the queue one is refused at once, and legacy never hears of it', async (t) => {
  const { works, ask } = gateWith({ atOnce: 1, queue: 1, waitMs: 1000 });
  ask('a');
  ask('b');
  const { caller } = ask('c');
  t.same(caller.told, ['LEGACY_BUSY', 'exited']);
  t.match(caller.problem, { status: 503, retryAfterSeconds: 5 });
  works.finish('a');
  works.finish('b');
  t.same(works.begun, ['a', 'b']);
});

t.test('who waits too long is refused, and loses its place in the queue', async (t) => {
  const { works, ask, clock, gate, waits } = gateWith({ atOnce: 1, queue: 10, waitMs: 1000 });
  ask('a');
  const late = ask('b').caller;
  clock.advance(600);
  ask('c');
  clock.advance(400);
  t.same(late.told, ['LEGACY_QUEUE_TIMEOUT', 'exited']);
  t.match(late.problem, { status: 503, message: /1000 ms/ });
  t.equal(gate.waiting, 1);
  works.finish('a');
  t.same(works.begun, ['a', 'c']);
  t.same(waits, [1000, 400]);
  t.equal(clock.pending, 0);
});

t.test('who is called off while it waits is not begun', async (t) => {
  const { works, ask, clock } = gateWith({ atOnce: 1, queue: 10, waitMs: 1000 });
  ask('a');
  const [one, other] = [ask('b'), ask('c')];
  one.call.abort();
  other.call.abortIfUnsent();
  for (const { caller } of [one, other]) t.same(caller.told, ['CLIENT_GONE', 'exited']);
  one.call.abort();
  t.equal(one.caller.told.length, 2, 'once is enough');
  works.finish('a');
  t.same(works.begun, ['a']);
  t.equal(clock.pending, 0);
});

t.test('who has left meanwhile is passed over', async (t) => {
  const { works, ask } = gateWith({ atOnce: 1, queue: 10, waitMs: 1000 });
  ask('a');
  const { caller } = ask('b');
  ask('c');
  caller.isHere = false;
  works.finish('a');
  t.same(works.begun, ['a', 'c']);
  t.same(caller.told, ['CLIENT_GONE', 'exited']);
});

t.test('a queue full of those who have left is not full', async (t) => {
  const { works, ask, gate } = gateWith({ atOnce: 1, queue: 3, waitMs: 1000 });
  ask('a');
  for (const id of ['b', 'c', 'd']) ask(id).caller.isHere = false;
  const { caller } = ask('e');
  t.equal(gate.waiting, 1);
  works.finish('a');
  t.same(caller.told, ['given']);
});

t.test('a place is kept until legacy is done, though the client has left', async (t) => {
  const { works, ask } = gateWith({ atOnce: 1, queue: 10, waitMs: 1000 });
  const { call } = ask('a');
  ask('b');
  call.abort();
  await settle();
  t.same(works.aborted, [], 'nothing tells a script that its reader has left before it prints');
  t.same(works.begun, ['a']);
  works.head('a');
  await settle();
  t.same(works.aborted, ['a'], 'once it prints, a broken connection does');
  t.same(works.begun, ['a']);
  works.finish('a');
  t.same(works.begun, ['a', 'b']);
});

t.test('a call whose answer has begun is broken off at once', async (t) => {
  const { works, ask } = gateWith({ atOnce: 1, queue: 10, waitMs: 1000 });
  const { call } = ask('a');
  works.head('a');
  call.abort();
  t.same(works.aborted, ['a']);
});

t.test('a request from within another one goes ahead, and leaves the others their places', async (t) => {
  const { works, ask, gate } = gateWith({ atOnce: 1, queue: 10, waitMs: 1000 });
  ask('outer');
  ask('next');
  ask('inner', true);
  t.same(works.begun, ['outer', 'inner']);
  works.finish('inner');
  t.same(works.begun, ['outer', 'inner'], 'its place was one more');
  works.finish('outer');
  t.same(works.begun, ['outer', 'inner', 'next']);
  t.match(gate, { running: 1, waiting: 0 });
});

t.test('a legacy that fails at once fails a long queue, one after the other', async (t) => {
  const { works, ask, gate } = gateWith({ atOnce: 1, queue: 3_000, waitMs: 1000 });
  ask('first');
  for (let n = 0; n < 3_000; n++) ask(String(n));
  works.isDown = true;
  works.finish('first');
  t.equal(works.begun.length, 3_001);
  t.match(gate, { running: 0, waiting: 0 });
  t.equal(works.most, 1);
});

t.test('other limits count at once, for who waits, too', async (t) => {
  const { works, ask, gate } = gateWith({ atOnce: 1, queue: 3, waitMs: 1000 });
  for (const id of ['a', 'b', 'c', 'd']) ask(id);
  gate.limit({ atOnce: 3, queue: 3, waitMs: 1000 });
  t.same(works.begun, ['a', 'b', 'c']);
  gate.limit({ atOnce: 1, queue: 1, waitMs: 1000 });
  works.finish('a');
  works.finish('b');
  t.same(works.begun, ['a', 'b', 'c'], 'fewer places: the first to be free are none');
  t.same(ask('e').caller.told, ['LEGACY_BUSY', 'exited']);
  works.finish('c');
  t.same(works.begun, ['a', 'b', 'c', 'd']);
});

t.test('whatever happens, in whatever order, there are never more than places', async (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const dice = makeDice(seed);
    const atOnce = 1 + dice.below(4);
    const { works, ask, gate, clock } = gateWith({ atOnce, queue: 5, waitMs: 50 });
    const asked: ReturnType<typeof ask>[] = [];
    const anyRunning = (): string => [...works.running.keys()][dice.below(works.running.size)] ?? '';
    for (let step = 0; step < 300; step++) {
      const what = dice.below(8);
      const one = asked[dice.below(Math.max(1, asked.length))];
      if (what < 3) asked.push(ask(String(asked.length)));
      else if (what === 3) works.head(anyRunning());
      else if (what === 4) works.finish(anyRunning());
      else if (what === 5) one?.call[dice.below(2) === 0 ? 'abort' : 'abortIfUnsent']();
      else if (what === 6 && one !== undefined) one.caller.isHere = false;
      else clock.advance(dice.below(20));
      if (gate.waiting > 0 && gate.running < atOnce)
        t.fail(`seed ${seed}: somebody waits beside a free place`);
    }
    while (works.running.size > 0) works.finish(anyRunning());
    if (works.most > atOnce) t.fail(`seed ${seed}: ${works.most} at once`);
    const order = works.begun.map(Number);
    if (order.some((id, at) => at > 0 && id < (order[at - 1] ?? 0)))
      t.fail(`seed ${seed}: somebody was overtaken`);
    for (const { caller } of asked) {
      const ends = caller.told.filter((word) => word === 'exited').length;
      if (ends !== 1) t.fail(`seed ${seed}: told ${caller.told.join(' ')}`);
    }
    if (gate.running !== 0 || gate.waiting !== 0 || clock.pending !== 0)
      t.fail(`seed ${seed}: something is left`);
  }
  t.pass('200 runs');
});
