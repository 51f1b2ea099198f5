import { readdirSync, readFileSync } from 'node:fs';
import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import type { Problem } from '../../src/errors.ts';
import { systemClock } from '../../src/exchange/clock.ts';
import { lockName } from '../../src/mysql/asker.ts';
import { NamedLock, type NamedLockParts } from '../../src/mysql/named-lock.ts';
import { flagNames } from '../../src/mysql/waiting-flag.ts';
import type { HeldLock } from '../../src/session/lock.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { isAborted, keepsItsPromises, statementsDuring, stays, take } from './lock-contract.ts';
import { optionsFor, useMariaDb } from './use-mariadb.ts';

/** The connection that a lock is on. */
function connectionOf({ fence }: HeldLock): number {
  if (fence.kind !== 'name') throw new Error(`a fence of kind ${fence.kind}`);
  return fence.connectionId;
}

t.test('a lock has a name that every MySQL takes and Perl never uses', async (t) => {
  const ids = ['5f3a9c', 'Apache-Session-5f3a9c', '', '\u00ff'.repeat(500), "'; DROP TABLE sessions"];
  for (const id of ids) {
    t.match(lockName('shop.sessions', id), /^bny:[0-9a-f]{40}$/);
    t.not(lockName('shop.sessions', id), id);
  }
  t.equal(new Set(ids.map((id) => lockName('shop.sessions', id))).size, ids.length);
});

t.test('a lock has the same name for every gateway of a table, and for no other table', async (t) => {
  t.equal(lockName('shop.sessions', '5f3a9c'), 'bny:ecf85369e736e39afab0d0839178047836ade09a');
  t.not(lockName('shop.sessions', 'a'), lockName('office.sessions', 'a'));
  t.not(lockName('shop', 'a'), lockName('sho', 'pa'));
});

t.test('on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const admin = await mariadb.connect();
  t.teardown(() => admin.destroy());

  function open(t: Test, more: Partial<NamedLockParts> = {}): NamedLock {
    const lock = new NamedLock({
      options: optionsFor(mariadb),
      scope: t.name, // a table of its own for each test: a server frees what a closed connection held in its own time
      clock: systemClock,
      random: () => 0.5,
      onLost: () => undefined,
      ...more,
    });
    t.teardown(() => lock.close());
    return lock;
  }

  /** The connection that holds a lock at the server, or null. */
  async function holder(t: Test, id: string, place = ''): Promise<number | null> {
    const [rows] = await admin.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [
      `${lockName(t.name, id)}${place}`,
    ]);
    return rows[0]?.['holder'] as number | null;
  }

  async function serverPid(): Promise<number> {
    const [rows] = await admin.query<RowDataPacket[]>(
      'SELECT CONCAT(@@datadir, @@pid_file) AS file, @@pid_file AS own',
    );
    const { file, own } = rows[0] as { file: string; own: string };
    return Number(readFileSync(own.startsWith('/') ? own : file, 'utf8'));
  }

  await t.test('it keeps what every lock promises', async (t) => {
    keepsItsPromises(t, admin, (_, order) => new NamedLock({ ...order, options: optionsFor(mariadb) }));
  });

  await t.test('one gateway has the lock, the other has not', async (t) => {
    const [one, other] = [open(t), open(t)];
    const held = await take(one, 'a');
    t.equal(held.contended, false);
    t.equal(await holder(t, 'a'), connectionOf(held));
    t.match(held.fence, { kind: 'name', lockName: lockName(t.name, 'a') });
    t.equal(await other.acquire('a', 0, stays), null);
    t.equal((await take(other, 'b')).contended, false, 'another session is free');
    await held.release();
    t.equal(await holder(t, 'a'), null);
    await take(other, 'a');
  });

  await t.test('patience has an end, counted on the clock', async (t) => {
    const clock = fakeClock();
    const [one, other] = [open(t), open(t, { clock })];
    await take(one, 'a');
    await other.ping();
    let had: HeldLock | null | undefined;
    const waiting = other.acquire('a', 100, stays).then((lock) => (had = lock));
    while (had === undefined) {
      clock.advance(1);
      await other.ping(); // answered after the question of the waiter, on the same connection
    }
    t.equal(await waiting, null);
    t.ok(clock.nowMs() >= 60 && clock.nowMs() <= 102, `after ${clock.nowMs()} of 100 ms`);
  });

  await t.test('who is gone does not wait on', async (t) => {
    const [one, other] = [open(t), open(t)];
    await take(one, 'a');
    const gone = new AbortController();
    const waiting = other.acquire('a', 60_000, gone.signal);
    gone.abort();
    t.equal(await waiting, null);
  });

  await t.test('releasing twice is releasing once', async (t) => {
    const [one, other] = [open(t), open(t)];
    const held = await take(one, 'a');
    await Promise.all([held.release(), held.release()]);
    const next = await take(one, 'a');
    await held.release();
    t.equal(await holder(t, 'a'), connectionOf(next), 'the next turn is not given away');
    t.equal(await other.acquire('a', 0, stays), null);
  });

  await t.test('one connection holds the locks of 500 sessions', async (t) => {
    const [one, other] = [open(t), open(t)];
    const ids = Array.from({ length: 500 }, (_, i) => `s${i}`);
    const held = await Promise.all(ids.map((id) => take(one, id)));
    t.equal(new Set(held.map(connectionOf)).size, 1);
    const refused = await Promise.all(ids.map((id) => other.acquire(id, 0, stays)));
    t.ok(refused.every((each) => each === null));
    await Promise.all(held.map((each) => each.release()));
    t.ok((await Promise.all(ids.map((id) => other.acquire(id, 0, stays)))).every((each) => each !== null));
  });

  await t.test('a gateway that vanishes silently keeps its locks for 30 s, not 8 hours', async (t) => {
    const asked = await statementsDuring(admin, async () => void (await take(open(t), 'a')));
    t.match(asked[0], /^SET SESSION wait_timeout = 30$/);
  });

  await t.test(
    'what is asked at once is asked in a few statements, and everybody gets their own answer',
    async (t) => {
      const [one, other] = [open(t), open(t)];
      const taken = await Promise.all([take(other, 's7'), take(other, 's90')]);
      await take(one, 'the connection');
      const ids = Array.from({ length: 200 }, (_, i) => `s${i}`);
      let answers: (HeldLock | null)[] = [];
      const asked = await statementsDuring(admin, async () => {
        answers = await Promise.all(ids.map((id) => one.acquire(id, 0, stays)));
      });
      t.same(
        ids.filter((_, i) => answers[i] === null),
        ['s7', 's90'],
      );
      t.ok(asked.length <= 10, `${asked.length} statements for 200 questions`);
      await Promise.all(taken.map((each) => each.release()));
    },
  );

  await t.test('nobody gets past a gateway that stands at any place and has its flag up', async (t) => {
    const lock = open(t);
    const somebody = await mariadb.connect();
    t.teardown(() => somebody.destroy());
    const taking = async (name: string): Promise<void> =>
      void (await somebody.query('SELECT GET_LOCK(?, 0)', [name]));
    const flag = flagNames(t.name)[3] as string;
    await taking(flag);
    for (const place of [1, 4, 7]) {
      const id = `s${place}`;
      await taking(`${lockName(t.name, id)}:${place}`);
      t.equal(await lock.acquire(id, 0, stays), null, `somebody stands at place ${place}`);
      await take(lock, `another than ${id}`);
      await somebody.query('SELECT RELEASE_LOCK(?)', [`${lockName(t.name, id)}:${place}`]);
      const had = await take(lock, id);
      t.equal(had.contended, false);
      await had.release();
    }
  });

  await t.test(
    'a flag is up while somebody waits, before there is a place to be passed, and then no more',
    async (t) => {
      const [one, other] = [open(t), open(t)];
      const [held, alsoHeld] = [await take(one, 'a'), await take(one, 'b')];
      const up = async (): Promise<number> => {
        const sql = flagNames(t.name).map((name) => `(IS_USED_LOCK('${name}') IS NOT NULL)`);
        const [rows] = await admin.query<RowDataPacket[]>(`SELECT ${sql.join(' + ')} AS up`);
        return Number(rows[0]?.['up']);
      };
      t.equal(await up(), 0);
      let waiting: Promise<(HeldLock | null)[]> | undefined;
      const asked = await statementsDuring(admin, async () => {
        waiting = Promise.all(['a', 'b'].map((id) => other.acquire(id, 60_000, stays)));
        while ((await up()) === 0) await other.ping();
      });
      const first = asked.findIndex((sql) => sql.includes(`GET_LOCK('${flagNames(t.name)[0]}'`));
      const place = asked.findIndex((sql) => sql.includes(`GET_LOCK('${lockName(t.name, 'a')}:7'`));
      t.ok(first !== -1 && (place === -1 || first <= place), 'the flag goes up first');
      if (first === place) t.ok((asked[first] ?? '').indexOf('waits') < (asked[first] ?? '').indexOf(':7'));
      t.equal(await up(), 1, 'one for all who wait');
      await held.release();
      await alsoHeld.release();
      const had = await waiting;
      t.ok(had?.every((each) => each?.contended === true));
      await other.ping(); // answered after the flag is given back, on the same connection
      t.equal(await up(), 0);
    },
  );

  await t.test('a herd of gateways finds a flag, or all are up', async (t) => {
    const somebody = await mariadb.connect();
    t.teardown(() => somebody.destroy());
    for (const name of flagNames(t.name)) await somebody.query('SELECT GET_LOCK(?, 0)', [name]);
    const [one, other] = [open(t), open(t)];
    const held = await take(one, 'a');
    const waiting = other.acquire('a', 60_000, stays);
    while ((await holder(t, 'a', ':1')) === null) await other.ping();
    await held.release();
    t.equal((await waiting)?.contended, true, 'it waits and has its turn without one');
  });

  await t.test('the connection is kept alive by a question now and then', async (t) => {
    const clock = fakeClock();
    const lock = open(t, { clock });
    const held = await take(lock, 'a');
    const asked = await statementsDuring(admin, async () => {
      for (let beat = 0; beat < 3; beat++) {
        clock.advance(10_000);
        await lock.ping(); // answered after the beat, on the same connection
        await settle();
      }
    });
    t.equal(asked.filter((statement) => statement.includes('heartbeat')).length, 3);
    t.equal(held.lost.aborted, false);
    t.equal(await holder(t, 'a'), connectionOf(held));
  });

  await t.test(
    'when the connection is killed, every lock on it is lost at once and the next one is had anew',
    async (t) => {
      const told: number[] = [];
      const lock = open(t, { onLost: (locks) => told.push(locks) });
      const held = await Promise.all(['a', 'b', 'c'].map((id) => take(lock, id)));
      const released = await take(lock, 'd');
      await released.release();
      await admin.query(`KILL ${connectionOf(held[0] as HeldLock)}`);
      await Promise.all(held.map((each) => isAborted(each.lost)));
      t.same(told, [3]);
      t.equal(released.lost.aborted, false, 'what was given back cannot be lost');
      const again = await take(lock, 'a', 10_000);
      t.not(connectionOf(again), connectionOf(held[0] as HeldLock));
      await held[0]?.release();
      t.equal(await holder(t, 'a'), connectionOf(again), 'a lost lock gives nothing away');
    },
  );

  await t.test('a lock that was lost is taken again, for whoever works on without it', async (t) => {
    const [one, other] = [open(t), open(t)];
    const held = await take(one, 'a');
    await admin.query(`KILL ${connectionOf(held)}`);
    await isAborted(held.lost);
    while ((await holder(t, 'a')) === null) await settle();
    t.equal(await other.acquire('a', 20, stays), null, 'another gateway waits for it');
    const next = take(other, 'a', 10_000);
    await held.release();
    await (await next).release();
    t.equal(await holder(t, 'a'), null, 'and it is given back');
  });

  await t.test('closing frees everything, and there is nothing to be had afterwards', async (t) => {
    const [one, other] = [open(t), open(t)];
    await Promise.all(['a', 'b'].map((id) => take(one, id)));
    await one.close();
    await one.close();
    t.ok(await other.acquire('a', 10_000, stays));
    t.ok(await other.acquire('b', 10_000, stays));
    await t.rejects(one.acquire('c', 0, stays), { code: 'LOCK_DOWN' });
    await t.rejects(one.ping(), { code: 'LOCK_DOWN' });
  });

  await t.test('a wrong password is said, without the password', async (t) => {
    const lock = open(t, { options: { ...optionsFor(mariadb), password: 'wrong-secret' } });
    const problem = await lock.acquire('a', 60_000, stays).catch((thrown: unknown) => thrown);
    t.match(problem, { code: 'LOCK_DOWN', message: /Access denied/ });
    t.notMatch((problem as Problem).message, /wrong-secret/);
  });

  await t.test('a server that stalls: nobody waits for it for ever, and what it held is lost', async (t) => {
    const lock = open(t, { answerTimeoutMs: 200 });
    const held = await Promise.all(['a', 'b', 'c', 'd'].map((id) => take(lock, id)));
    const pid = await serverPid();
    process.kill(pid, 'SIGSTOP');
    const threads = readdirSync(`/proc/${pid}/task`);
    const stands = (thread: string): boolean =>
      // another core may take a moment to see it
      /\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1'));
    while (!threads.every(stands)) await settle();
    try {
      const questions = ['e', 'f', 'g'].map((id) =>
        lock.acquire(id, 60_000, stays).catch((thrown: unknown) => thrown),
      );
      const releases = held.slice(0, 2).map((each) => each.release());
      for (const answer of await Promise.all(questions)) t.match(answer, { code: 'LOCK_DOWN' });
      await Promise.all(releases);
      t.ok(held[2]?.lost.aborted);
      t.ok(held[3]?.lost.aborted);
      await t.rejects(lock.acquire('a', 60_000, stays), { code: 'LOCK_DOWN' }, 'nor can it be connected to');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    t.equal((await take(lock, 'c', 10_000)).lost.aborted, false, 'all is well once it goes on');
  });

  await t.test('a server that is down is said at once, and found again when it is back', async (t) => {
    const lock = open(t);
    const held = await take(lock, 'a');
    admin.on('error', () => undefined);
    await mariadb.kill();
    await isAborted(held.lost);
    await t.rejects(lock.acquire('a', 60_000, stays), { code: 'LOCK_DOWN', message: /ECONNREFUSED/ });
    await held.release();
    await mariadb.restart();
    t.ok(await take(lock, 'a'));
  });
});
