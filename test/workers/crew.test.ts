import t from 'tap';
import {
  type CrewParts,
  type Ended,
  makeCrew,
  pauseAfter,
  type WorkerProcess,
} from '../../src/workers/crew.ts';
import { type FakeClock, fakeClock, settle } from '../helpers/clock.ts';

/** A process that a test plays. */
interface Played {
  readonly worker: number;
  readonly told: string[];
  serve(): Promise<void>;
  fail(reason: string): Promise<void>;
  die(how?: Partial<Ended>): Promise<void>;
}

/** A crew of played processes, oldest first, and what it tells. */
function playCrew(count: number, clock: FakeClock) {
  const played: Played[] = [];
  const lost: string[] = [];
  const launch = (worker: number): WorkerProcess => {
    const serving = Promise.withResolvers<string>();
    const ended = Promise.withResolvers<Ended>();
    const told: string[] = [];
    played.push({
      worker,
      told,
      serve: () => (serving.resolve(`http://127.0.0.1:${worker}`), settle()),
      fail: (reason) => {
        serving.reject(new Error(reason));
        ended.resolve({ code: 1, signal: null });
        return settle();
      },
      die: (how = {}) => {
        serving.reject(new Error('it died'));
        ended.resolve({ code: null, signal: 'SIGKILL', ...how });
        return settle();
      },
    });
    return {
      worker,
      serving: serving.promise,
      ended: ended.promise,
      end: (now: boolean) => told.push(now ? 'now' : 'end'),
      kill: () => told.push('kill'),
    } as unknown as WorkerProcess;
  };
  const parts: CrewParts = {
    count,
    clock,
    launch,
    onServing: () => undefined,
    onLost: ({ worker }, _, pauseMs) => lost.push(`${worker}: ${pauseMs}`),
  };
  return { crew: makeCrew(parts), played, lost };
}

/** The process that was started last. */
function newest(played: readonly Played[]): Played {
  return played.at(-1) as Played;
}

t.test('the first worker goes ahead, and the others follow once it serves', async (t) => {
  const { crew, played } = playCrew(3, fakeClock());
  const started = crew.start();
  await settle();
  t.same(
    played.map(({ worker }) => worker),
    [1],
  );
  await played[0]?.serve();
  t.same(
    played.map(({ worker }) => worker),
    [1, 2, 3],
  );
  await played[1]?.serve();
  let isUp = false;
  void started.then(() => (isUp = true));
  await settle();
  t.notOk(isUp, 'the third one has not said anything yet');
  await played[2]?.fail('no more connections');
  t.equal(await started, 'http://127.0.0.1:1', 'it is up when each serves or has failed once');
  t.same(
    crew.serving().map(({ worker }) => worker),
    [1, 2],
  );
});

t.test('where the first one cannot start none is tried again, and its reason is told', async (t) => {
  const clock = fakeClock();
  const { crew, played, lost } = playCrew(3, clock);
  const started = crew.start();
  const rejected = t.rejects(started, { message: 'the address is taken' });
  await played[0]?.fail('the address is taken');
  await rejected;
  clock.advance(60_000);
  t.equal(played.length, 1);
  t.same(lost, []);
});

t.test('a worker that dies is replaced at once, and ever later where it dies at its start', async (t) => {
  const clock = fakeClock();
  const { crew, played, lost } = playCrew(1, clock);
  const started = crew.start();
  await played[0]?.serve();
  await started;
  clock.advance(60_000);
  await newest(played).die();
  t.equal(played.length, 2, 'it had served for long');
  for (const pauseMs of [0, 250, 500, 1000]) {
    const before = played.length;
    await newest(played).die();
    if (pauseMs > 0) {
      clock.advance(pauseMs - 1);
      t.equal(played.length, before, `not before ${pauseMs} ms`);
      clock.advance(1);
    }
    t.equal(played.length, before + 1, `after ${pauseMs} ms`);
  }
  await newest(played).serve();
  clock.advance(10_001);
  await newest(played).die();
  t.same(lost, ['1: 0', '1: 0', '1: 250', '1: 500', '1: 1000', '1: 0'], 'one that has served is forgiven');
  t.equal(pauseAfter(1000), 30_000, 'it is never longer than that');
});

t.test('a crew that ends replaces nobody, and tells how many did not end well', async (t) => {
  const clock = fakeClock();
  const { crew, played } = playCrew(3, clock);
  const started = crew.start();
  await played[0]?.serve();
  await played[1]?.serve();
  await played[2]?.serve();
  await started;
  const now = new AbortController();
  const ended = crew.end(now.signal);
  t.same(
    played.map(({ told }) => told),
    [['end'], ['end'], ['end']],
  );
  await played[0]?.die({ code: 0, signal: null });
  now.abort();
  t.same(played[1]?.told, ['end', 'now'], 'a second signal cuts');
  await played[1]?.die({ code: 6, signal: null });
  await played[2]?.die();
  t.equal(await ended, 2);
  clock.advance(60_000);
  t.equal(played.length, 3);
});
