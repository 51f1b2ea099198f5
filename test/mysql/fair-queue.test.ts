import t from 'tap';
import { Asker } from '../../src/mysql/asker.ts';
import { FairQueue } from '../../src/mysql/fair-queue.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { makeDice } from '../helpers/dice.ts';

const stays = new AbortController().signal;

/** Names that are held by somebody, as a server keeps them; each statement is atomic. */
class Names {
  readonly held = new Map<string, number>();

  take({ ahead, behind, here }: Asker, gateway: number): number {
    if (behind.some((name) => this.held.has(name))) return 0;
    let steps = 0;
    for (; steps < ahead.length && !this.held.has(ahead[steps] ?? ''); steps++) {
      this.held.set(ahead[steps] ?? '', gateway);
      this.held.delete([here, ...ahead][steps] ?? '');
    }
    return steps;
  }
}

/** Gateways on one clock, which take turns in one session as often as they can, until so many turns are over. */
async function contend(
  gateways: number,
  turns: number,
  seed: number,
  turnMs: { least: number; most: number },
): Promise<number[]> {
  const [clock, dice, names] = [fakeClock(), makeDice(seed), new Names()];
  const order: number[] = [];
  const work = async (gateway: number): Promise<void> => {
    const queue = new FairQueue<Asker>({
      clock,
      random: () => dice.random(),
      ask: async (askers) => askers.map((asker) => names.take(asker, gateway)),
    });
    while (order.length < turns) {
      const asker = new Asker('turn');
      await queue.wait(asker, 60_000, stays);
      if (!asker.hasTurn) throw new Error(`gateway ${gateway} got no turn in a minute`);
      order.push(gateway);
      await new Promise<void>((resolve) =>
        clock.after(turnMs.least + dice.below(turnMs.most - turnMs.least + 1), resolve),
      );
      names.held.delete('turn');
    }
  };
  let working = gateways;
  for (let gateway = 0; gateway < gateways; gateway++) void work(gateway).finally(() => working--);
  while (working > 0) {
    clock.advance(1);
    await settle();
  }
  return order.slice(gateways, turns); // they began at once, each as new as the other
}

/** The most turns of others between two of one gateway. */
function longestWait(order: readonly number[], gateways: number): number {
  const last = new Map(Array.from({ length: gateways }, (_, gateway) => [gateway, -1]));
  let longest = 0;
  order.forEach((gateway, at) => {
    longest = Math.max(longest, at - (last.get(gateway) ?? -1) - 1);
    last.set(gateway, at);
  });
  return Math.max(longest, ...[...last.values()].map((at) => order.length - at - 1));
}

t.test('two gateways that always want the session alternate strictly', async (t) => {
  for (const [seed, most] of [1, 3, 8, 60].entries()) {
    const order = await contend(2, 300, seed, { least: 1, most });
    t.equal(longestWait(order, 2), 1, `turns up to ${most} ms`);
  }
});

t.test(
  'of three to six, each waits for one turn of every other, as long as a script takes 10 ms',
  async (t) => {
    for (const gateways of [3, 4, 5, 6]) {
      const order = await contend(gateways, 200, gateways, { least: 10, most: 60 });
      t.equal(longestWait(order, gateways), gateways - 1, `${gateways} gateways`);
    }
  },
);

t.test('of ten, nobody starves, though some are overtaken', async (t) => {
  const order = await contend(10, 1000, 1, { least: 1, most: 8 });
  const turns = Array.from({ length: 10 }, (_, gateway) => order.filter((each) => each === gateway).length);
  t.ok(Math.min(...turns) > 50, `turns of each: ${turns.join(' ')}`);
});

t.test('who gives up its place lets the others through', async (t) => {
  const [clock, names] = [fakeClock(), new Names()];
  const queue = new FairQueue<Asker>({
    clock,
    random: () => 0.5,
    ask: async (askers) => askers.map((asker) => names.take(asker, 1)),
  });
  names.held.set('turn', 9);
  const gone = new AbortController();
  const [first, second] = [new Asker('turn'), new Asker('turn')];
  const firstWait = queue.wait(first, 60_000, gone.signal);
  await settle();
  const secondWait = queue.wait(second, 60_000, stays);
  await settle();
  t.same([first.here, second.here], ['turn:1', 'turn:2']);
  gone.abort();
  await firstWait; // the clock has not moved
  t.equal(first.hasTurn, false);
  names.held.delete('turn:1');
  names.held.delete('turn');
  while (!second.hasTurn) {
    clock.advance(1);
    await settle();
  }
  await secondWait;
  t.equal(names.held.size, 1);
});

t.test('all who wait are asked for in one statement a millisecond at most', async (t) => {
  const [clock, dice] = [fakeClock(), makeDice(7)];
  const asked: { atMs: number; askers: number }[] = [];
  const queue = new FairQueue<Asker>({
    clock,
    random: () => dice.random(),
    ask: async (askers) => {
      asked.push({ atMs: clock.nowMs(), askers: askers.length });
      return askers.map(({ behind, here }) => (behind.length === 0 && here === null ? 1 : 0)); // only the last place is free
    },
  });
  const waits = Array.from({ length: 300 }, (_, session) =>
    queue.wait(new Asker(`s${session}`), 1_000, stays),
  );
  await settle();
  asked.length = 0;
  for (let ms = 0; ms < 200; ms++) {
    clock.advance(0.5);
    await settle();
  }
  const gaps = asked.slice(1).map(({ atMs }, at) => atMs - (asked[at]?.atMs ?? 0));
  t.ok(Math.min(...gaps) >= 1, 'never two in a millisecond');
  const questions = asked.reduce((sum, { askers }) => sum + askers, 0);
  t.ok(questions >= 300 * 10, `each of 300 was asked for every 10 ms: ${questions} in 100 ms`);
  for (let ms = 0; ms < 1_000; ms++) {
    clock.advance(1);
    await settle();
  }
  await Promise.all(waits);
});

t.test('one that waits alone is asked for less and less often, and once more at the very end', async (t) => {
  const clock = fakeClock();
  const askedMs: number[] = [];
  const queue = new FairQueue<Asker>({
    clock,
    random: () => 0.999_999,
    ask: async ([asker]) => {
      askedMs.push(Math.round(clock.nowMs()));
      return [asker?.ahead[0] === 'turn:7' ? 7 : 0];
    },
  });
  const wait = queue.wait(new Asker('turn'), 50, stays);
  for (let ms = 0; ms < 60; ms++) {
    await settle();
    clock.advance(1);
  }
  await wait;
  t.same(askedMs, [0, 0, 1, 2, 5, 7, 9, 13, 18, 23, 29, 36, 46, 50]);
});

t.test('when nobody can be asked, all who wait hear of it', async (t) => {
  const clock = fakeClock();
  let isUp = true;
  const queue = new FairQueue<Asker>({
    clock,
    random: () => 0.5,
    ask: async (askers) => {
      if (!isUp) throw new Error('down');
      return askers.map(() => 0);
    },
  });
  const waits = ['a', 'b', 'c'].map((session) =>
    queue.wait(new Asker(session), 1_000, stays).catch((thrown: unknown) => String(thrown)),
  );
  await settle();
  isUp = false;
  clock.advance(20);
  await settle();
  clock.advance(20);
  t.same(
    await Promise.all(waits),
    Array.from({ length: 3 }, () => 'Error: down'),
  );
});
