import { setImmediate } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Test } from 'tap';
import { systemClock, type Clock } from '../../src/exchange/clock.ts';
import type { HeldLock, KeptLock, Loss } from '../../src/session/lock.ts';
import { fakeClock, settle } from '../helpers/clock.ts';

/** What every lock of ours is opened with. */
export interface LockOrder {
  readonly scope: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onLost: (locks: number) => void;
}

/** Never aborted. */
export const stays = new AbortController().signal;

/** Takes a lock, or throws. */
export async function take(lock: KeptLock, id: string, patienceMs = 0): Promise<HeldLock> {
  const held = await lock.acquire(id, patienceMs, stays);
  if (held === null) throw new Error(`the lock of ${id} was not had`);
  return held;
}

/** Resolves when the signal is aborted. */
export async function isAborted(loss: Loss): Promise<void> {
  while (!loss.aborted) await setImmediate();
}

/** The statements of ports and gateways that a server was given while `work` went on. */
export async function statementsDuring(admin: Connection, work: () => Promise<void>): Promise<string[]> {
  await admin.query(
    "SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1",
  );
  await work();
  await admin.query('SET GLOBAL general_log = 0');
  const [rows] = await admin.query<RowDataPacket[]>(
    "SELECT CAST(argument AS CHAR) AS statement FROM mysql.general_log WHERE command_type = 'Query' AND user_host LIKE 'shop%'",
  );
  return rows.map((row) => String(row['statement']));
}

/** A clock that says when somebody who waits for a turn begins to pause. */
export interface PausingClock extends Clock {
  /** Resolves when the next pause begins. */
  pause(): Promise<void>;
}

/** The real time, and pauses that are told. */
export function pausingClock(): PausingClock {
  let next = Promise.withResolvers<void>();
  return {
    ...systemClock,
    pause: () => next.promise,
    after: (milliseconds, callback) => {
      if (milliseconds < 100) {
        next.resolve();
        next = Promise.withResolvers();
      }
      return systemClock.after(milliseconds, callback); // longer ones are heartbeats
    },
  };
}

/** What every lock promises, whatever keeps it: each open() is another gateway on the same sessions. */
export function keepsItsPromises(
  t: Test,
  admin: Connection,
  make: (t: Test, order: LockOrder) => KeptLock,
): void {
  function open(t: Test, clock: Clock = systemClock): KeptLock {
    const lock = make(t, { scope: t.name, clock, random: Math.random, onLost: () => undefined });
    t.teardown(() => lock.close());
    return lock;
  }

  void t.test('two gateways that both want a session alternate strictly', async (t) => {
    const clocks = [pausingClock(), pausingClock()];
    const turnsLeft = [25, 25];
    const order: number[] = [];
    let inside = 0;
    const work = async (gateway: number): Promise<void> => {
      const [clock, other] = [clocks[gateway] as PausingClock, clocks[1 - gateway] as PausingClock];
      const lock = open(t, clock);
      while (turnsLeft[gateway] !== 0) {
        const held = await take(lock, 'a', 10_000);
        t.equal(++inside, 1, 'nobody else has the turn');
        order.push(gateway);
        if (turnsLeft[1 - gateway] !== 0) await other.pause(); // it stands at a place then
        inside--;
        turnsLeft[gateway] = (turnsLeft[gateway] ?? 0) - 1;
        await held.release();
      }
    };
    await Promise.all([work(0), work(1)]);
    const repeated = order.filter((gateway, at) => gateway === order[at - 1]);
    t.same(repeated, [], order.join(' '));
  });

  void t.test('of three that wait, the first has it first', async (t) => {
    const holder = open(t);
    const held = await take(holder, 'a');
    const order: number[] = [];
    const waits: Promise<void>[] = [];
    const refused = Promise.withResolvers<void>();
    for (const gateway of [1, 2, 3]) {
      const clock = pausingClock();
      const lock = open(t, clock);
      const pause = clock.pause();
      waits.push(
        take(lock, 'a', 10_000).then(async (next) => {
          order.push(gateway);
          await refused.promise;
          return next.release();
        }),
      );
      await pause;
    }
    await held.release();
    t.equal(await holder.acquire('a', 0, stays), null, 'nor does the one that had it come before them');
    refused.resolve();
    await Promise.all(waits);
    t.same(order, [1, 2, 3]);
  });

  void t.test('who waits has it soon after it was given back, and knows it waited', async (t) => {
    const clock = pausingClock();
    const held = await take(open(t), 'a');
    const pause = clock.pause();
    const next = open(t, clock).acquire('a', 10_000, stays);
    await pause;
    await held.release();
    t.equal((await next)?.contended, true);
  });

  void t.test('a place is free again when patience is over, or its client is gone', async (t) => {
    const clock = pausingClock();
    const [one, other, third] = [open(t), open(t), open(t, clock)];
    const held = await take(one, 'a');
    t.equal(await other.acquire('a', 20, stays), null);
    const gone = new AbortController();
    const pause = clock.pause();
    const waiting = third.acquire('a', 60_000, gone.signal);
    await pause;
    gone.abort();
    t.equal(await waiting, null);
    await held.release();
    t.equal((await take(other, 'a')).contended, false, 'had at once: nobody stands at any place');
  });

  void t.test('sessions that wait hold up no other session', async (t) => {
    const clock = pausingClock();
    const [one, other] = [open(t), open(t, clock)];
    const ids = Array.from({ length: 200 }, (_, session) => `s${session}`);
    const held = await Promise.all(ids.map((id) => take(one, id)));
    const pause = clock.pause();
    const waiting = ids.map((id) => other.acquire(id, 10_000, stays));
    await pause;
    const free = await Promise.all(ids.map((id) => other.acquire(`free ${id}`, 0, stays)));
    t.ok(
      free.every((each) => each?.contended === false),
      '200 turns were had while 200 waited',
    );
    await Promise.all(held.map((each) => each.release()));
    t.ok((await Promise.all(waiting)).every((each) => each?.contended === true));
  });

  void t.test('a turn that nobody else wants costs two statements', async (t) => {
    const lock = open(t);
    await (await take(lock, 'the connection')).release();
    const asked = await statementsDuring(admin, async () => {
      for (let turn = 0; turn < 20; turn++) await (await take(lock, `s${turn}`)).release();
    });
    t.equal(asked.length, 40);
  });

  void t.test('fifty that wait cost one statement a millisecond at most, on the clock', async (t) => {
    const clock = fakeClock();
    const [one, other] = [open(t), open(t, clock)];
    const ids = Array.from({ length: 50 }, (_, session) => `s${session}`);
    await Promise.all(ids.map((id) => take(one, id)));
    await take(other, 'the connection');
    let answers = 0;
    const asked = await statementsDuring(admin, async () => {
      for (const id of ids) void other.acquire(id, 1_000, stays).then(() => answers++);
      while (answers < ids.length) {
        clock.advance(1);
        await settle();
        await other.ping(); // an answer of the server's: time for those of the others
      }
    });
    const questions = asked.filter((statement) => /GET_LOCK\(.*RELEASE|^SELECT name/.test(statement));
    t.ok(clock.nowMs() >= 1_000);
    t.ok(questions.length > 0, `${questions.length} questions in ${clock.nowMs()} ms`);
    t.ok(questions.length <= clock.nowMs(), `${questions.length} questions in ${clock.nowMs()} ms`);
  });
}
