import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import mysql from 'mysql2/promise';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/exchange/clock.ts';
import { lockName } from '../../src/mysql/asker.ts';
import { fenceCondition, mustHold } from '../../src/mysql/fence.ts';
import type { LockParts } from '../../src/mysql/asker.ts';
import { LockTable } from '../../src/mysql/lock-table.ts';
import type { Fence, HeldLock } from '../../src/session/lock.ts';
import { fakeClock, settle, type FakeClock } from '../helpers/clock.ts';
import { isAborted, keepsItsPromises, stays, take } from './lock-contract.ts';
import { optionsFor, useMariaDb } from './use-mariadb.ts';

const leaseMs = 10_000;
const beatMs = leaseMs / 3;

t.test('on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const admin = await mariadb.connect('shop');
  t.teardown(() => admin.destroy());

  function open(t: Test, more: Partial<LockParts> = {}): LockTable {
    const lock = new LockTable({
      options: optionsFor(mariadb),
      scope: t.name,
      clock: systemClock,
      random: () => 0.5,
      onLost: () => undefined,
      ...more,
    });
    t.teardown(() => lock.close());
    return lock;
  }

  async function rows(): Promise<{ name: string; owner: string; token: number }[]> {
    const [all] = await admin.query<RowDataPacket[]>('SELECT name, owner, token FROM banyan_locks');
    return all as { name: string; owner: string; token: number }[];
  }

  async function connect(t: Test): Promise<Connection> {
    const connection = await mysql.createConnection(optionsFor(mariadb));
    t.teardown(() => connection.destroy());
    return connection;
  }

  /**
   * Moves a clock on until it is so, each time after everything that was asked of the server has been answered: then
   * so many timers are set, two for each gateway and one where somebody waits.
   */
  async function beatUntil(
    { clock, timers }: { clock: FakeClock; timers: number },
    isSo: () => boolean | Promise<boolean>,
  ): Promise<void> {
    while (!(await isSo())) {
      if (clock.pending >= timers) clock.advance(beatMs / 4);
      await settle();
    }
  }

  await t.test('the table is made when it is first needed, and by nobody without that right', async (t) => {
    await admin.query(
      `CREATE USER poor@'127.0.0.1' IDENTIFIED BY 'poor'; GRANT SELECT ON shop.* TO poor@'127.0.0.1'`,
    );
    const options = { ...optionsFor(mariadb), user: 'poor', password: 'poor' };
    await t.rejects(open(t, { options }).acquire('a', 0, stays), { code: 'LOCK_DOWN', message: /denied/ });
    await take(open(t), 'a');
    await admin.query(`GRANT INSERT, UPDATE, DELETE ON shop.banyan_locks TO poor@'127.0.0.1'`);
    t.ok(await take(open(t, { options }), 'b'), 'who finds it there needs no right to make it');
  });

  await t.test('it keeps what every lock promises', async (t) => {
    keepsItsPromises(t, admin, (_, order) => new LockTable({ ...order, options: optionsFor(mariadb) }));
  });

  await t.test('nothing is left of turns that are over, nor of a gateway that has ended', async (t) => {
    await admin.query('DELETE FROM banyan_locks');
    const lock = open(t);
    const held = await Promise.all(Array.from({ length: 30 }, (_, session) => take(lock, `s${session}`)));
    t.equal((await rows()).length, 31);
    await Promise.all(held.slice(1).map((each) => each.release()));
    await held[1]?.release();
    t.equal((await rows()).length, 2);
    await lock.close();
    t.same(await rows(), []);
    t.ok(held[0]?.lost.aborted);
    await t.rejects(lock.acquire('a', 0, stays), { code: 'LOCK_DOWN' });
    await t.rejects(lock.ping(), { code: 'LOCK_DOWN' });
  });

  await t.test('a lease that is renewed is not taken over, however long a turn takes', async (t) => {
    const clock = fakeClock();
    const [one, other] = [open(t, { clock }), open(t, { clock })];
    const held = await take(one, 'a');
    let had: HeldLock | null = null;
    void other.acquire('a', 600_000, stays).then((next) => (had = next));
    await beatUntil({ clock, timers: 5 }, () => clock.nowMs() >= 60_000);
    t.equal(had, null);
    t.equal(held.lost.aborted, false);
    await held.release();
    await beatUntil({ clock, timers: 5 }, () => had !== null);
  });

  await t.test(
    'what a gateway held that was killed is had by others after its lease, and not before',
    async (t) => {
      const arguments_ = [JSON.stringify(optionsFor(mariadb)), t.name, 'a', 'b'];
      const child = spawn(process.execPath, [
        join(import.meta.dirname, 'lock-table-holder.ts'),
        ...arguments_,
      ]);
      t.teardown(() => child.kill('SIGKILL'));
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const [fence] = JSON.parse(line.toString()) as [Fence];
      const clock = fakeClock();
      const lock = open(t, { clock });
      child.kill('SIGKILL');
      await once(child, 'exit');
      let had: HeldLock | null = null;
      void lock.acquire('a', 600_000, stays).then((next) => (had = next));
      await beatUntil({ clock, timers: 3 }, () => had !== null);
      t.ok(clock.nowMs() >= leaseMs && clock.nowMs() <= leaseMs + 2 * beatMs, `after ${clock.nowMs()} ms`);
      const connection = await connect(t);
      await t.rejects(mustHold(connection, fence), { code: 'LEASE_LOST' }, 'its port cannot write any more');
      await mustHold(connection, (had as unknown as HeldLock).fence);
      t.same(
        (await rows()).filter(({ name }) => name === lockName(t.name, 'b')),
        [],
        'what nobody waits for is removed, too',
      );
    },
  );

  await t.test(
    'who is sure of the turn in a transaction has it until COMMIT, whoever takes over',
    async (t) => {
      const clock = fakeClock();
      const [one, other] = [open(t, { clock: fakeClock() }), open(t, { clock })];
      const { fence } = await take(one, 'a'); // its clock stands still: it renews nothing, and knows of nothing
      const port = await connect(t);
      await port.query('START TRANSACTION');
      await mustHold(port, fence);
      let had: HeldLock | null = null;
      void other.acquire('a', 600_000, stays).then((next) => (had = next));
      const waitsForIt = async (): Promise<boolean> => {
        const [[status]] = await admin.query<RowDataPacket[]>(
          "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'",
        );
        return status?.['Value'] !== '0';
      };
      await beatUntil({ clock, timers: 3 }, waitsForIt);
      t.equal(had, null);
      t.ok(
        (await rows()).some(({ name }) => name === lockName(t.name, 'a')),
        'the row is there still',
      );
      await port.query('COMMIT');
      await beatUntil({ clock, timers: 3 }, () => had !== null);
      await t.rejects(mustHold(port, fence), { code: 'LEASE_LOST' });
    },
  );

  await t.test('mustHold changes the row each time: Galera certifies nothing else', async (t) => {
    const { fence } = await take(open(t), 'a');
    const connection = await connect(t);
    const writes = async (): Promise<unknown> =>
      (
        await admin.query<RowDataPacket[]>('SELECT writes FROM banyan_locks WHERE name = ?', [
          lockName(t.name, 'a'),
        ])
      )[0][0]?.['writes'];
    await mustHold(connection, fence);
    await mustHold(connection, fence);
    t.equal(await writes(), 2);
    t.same(fenceCondition(fence), { sql: 'TRUE', values: [] });
  });

  await t.test('a gateway that is buried loses everything at its next beat, and begins anew', async (t) => {
    const told: number[] = [];
    const clock = fakeClock();
    const lock = open(t, { clock, onLost: (locks) => told.push(locks) });
    const held = await Promise.all(['a', 'b'].map((id) => take(lock, id)));
    await admin.query("DELETE FROM banyan_locks WHERE name LIKE 'gateway:%'");
    await beatUntil({ clock, timers: 2 }, () => held.every(({ lost }) => lost.aborted));
    t.ok(clock.nowMs() <= beatMs + 1);
    t.same(told, [2]);
    const again = await take(lock, 'a');
    await held[0]?.release();
    const connection = await connect(t);
    await mustHold(connection, again.fence);
    await t.rejects(mustHold(connection, held[0]?.fence as Fence), { code: 'LEASE_LOST' });
  });

  await t.test('connections that are killed take no turn with them', async (t) => {
    const lock = open(t);
    const held = await take(lock, 'a');
    const [list] = await admin.query<RowDataPacket[]>(
      "SELECT id FROM information_schema.processlist WHERE user = 'shop'",
    );
    for (const { id } of list as { id: number }[]) await admin.query(`KILL ${id}`);
    await mustHold(await connect(t), held.fence);
    t.equal(held.lost.aborted, false);
    const answers = (): Promise<boolean> =>
      lock.ping().then(
        () => true,
        () => false,
      );
    while (!(await answers()));
    await held.release();
    t.equal((await take(lock, 'a')).contended, false);
  });

  await t.test('a row that nobody wants any more is removed: of a question that had no answer', async (t) => {
    const clock = fakeClock();
    const lock = open(t, { clock });
    const { fence } = await take(lock, 'a');
    if (fence.kind !== 'row') throw new Error('no row');
    await admin.query('INSERT INTO banyan_locks (name, owner, token) VALUES (?, ?, 999)', [
      lockName(t.name, 'b'),
      fence.owner,
    ]);
    t.equal(await lock.acquire('b', 0, stays), null);
    await beatUntil({ clock, timers: 2 }, async () => (await rows()).every(({ token }) => token !== 999));
    await mustHold(await connect(t), fence);
  });

  // The real thing takes a cluster of Galera's: there a COMMIT fails with 1213 when another node was first.
  await t.test(
    'a deadlock, a locked row and a node that is not ready are asked again within patience',
    async (t) => {
      const lock = open(t);
      await take(lock, 'the table');
      await admin.query(`CREATE TABLE failures (code INT) ENGINE=MyISAM;
      CREATE TRIGGER fails BEFORE INSERT ON banyan_locks FOR EACH ROW BEGIN
        DECLARE next INT DEFAULT (SELECT MIN(code) FROM failures);
        IF next IS NOT NULL THEN
          DELETE FROM failures WHERE code = next;
          SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = next;
        END IF;
      END; INSERT INTO failures VALUES (1213), (1205), (1047)`);
      t.ok(await take(lock, 'a', 10_000));
      const [left] = await admin.query<RowDataPacket[]>('SELECT * FROM failures');
      t.same(left, []);
      await admin.query('INSERT INTO failures VALUES (1213)');
      t.equal(await lock.acquire('b', 0, stays), null, 'whose patience is over does not ask again');
      await admin.query('DROP TRIGGER fails');
    },
  );

  await t.test(
    'a database that is gone longer than the lease: everything is lost, to the millisecond',
    async (t) => {
      const clock = fakeClock();
      const told: number[] = [];
      const lock = open(t, { clock, onLost: (locks) => told.push(locks) });
      const held = await take(lock, 'a');
      admin.on('error', () => undefined);
      await mariadb.kill();
      await t.rejects(lock.acquire('b', 60_000, stays), { code: 'LOCK_DOWN', message: /ECONNREFUSED/ });
      clock.advance(leaseMs - 1);
      t.equal(held.lost.aborted, false);
      clock.advance(1);
      t.equal(held.lost.aborted, true);
      await isAborted(held.lost);
      t.same(told, [1]);
      await held.release();
      await mariadb.restart();
      t.equal((await take(lock, 'a')).contended, false, "what it held before is in nobody's way");
    },
  );
});
