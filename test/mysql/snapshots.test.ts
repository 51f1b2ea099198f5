import mysql from 'mysql2/promise';
import t from 'tap';
import { systemClock } from '../../src/exchange/clock.ts';
import { presence } from '../../src/mysql/presence.ts';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import { sessionRecords } from '../../src/mysql/session-rows.ts';
import { snapshotReader } from '../../src/mysql/snapshots.ts';
import { codecCalled } from '../../src/perl/formats.ts';
import type { Sight } from '../../src/session/snapshot.ts';
import { fakeClock } from '../helpers/clock.ts';
import { statementsDuring } from './lock-contract.ts';
import { optionsFor, useMariaDb, usualTable } from './use-mariadb.ts';

const where = usualTable;

t.test('looking at sessions, on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const options = optionsFor(mariadb);
  const db = await mysql.createConnection(options);
  t.teardown(() => db.destroy());
  await db.query('CREATE TABLE sessions (id CHAR(32) PRIMARY KEY, a_session TEXT NOT NULL) ENGINE=InnoDB');
  await db.query("INSERT INTO sessions VALUES ('a', 'one')");

  await t.test('each look sees what is committed by then', async (t) => {
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    t.equal(String((await reader.look('a'))?.bytes), 'one');
    await db.query("UPDATE sessions SET a_session = 'two' WHERE id = 'a'");
    t.equal(String((await reader.look('a'))?.bytes), 'two');
    t.match(await reader.look('nobody'), { bytes: null }, 'no row is something that was seen');
  });

  await t.test('an id is an id, also on a server to which a backslash is nothing special', async (t) => {
    const admin = await mariadb.connect();
    await admin.query("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    t.match(await reader.look("' OR 1=1 -- "), { bytes: null });
    await admin.query('SET GLOBAL sql_mode = DEFAULT');
    admin.destroy();
  });

  await t.test('a row that is locked is read, and its lock not waited for', async (t) => {
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    await db.query('START TRANSACTION');
    await db.query("UPDATE sessions SET a_session = 'three' WHERE id = 'a'");
    t.equal(String((await reader.look('a'))?.bytes), 'two');
    await db.query('COMMIT');
  });

  await t.test('a session of a row for each key is seen whole, and the same twice', async (t) => {
    await db.query(`CREATE TABLE ticket_sessions (id BIGINT AUTO_INCREMENT PRIMARY KEY, session_id VARCHAR(100),
      data_key VARCHAR(100), data_value TEXT, serialized SMALLINT) ENGINE=InnoDB`);
    const rows = `INSERT INTO ticket_sessions (session_id, data_key, data_value, serialized)`;
    await db.query(`${rows} VALUES ('b', 'UserLogin', 'old', 0), ('b', 'Cart', NULL, 0)`);
    await db.query(`${rows} VALUES ('b', 'UserLogin', 'new', 0), ('c', 'UserLogin', 'another', 0)`);
    const columns = { idColumn: 'session_id', dataColumn: 'data_value' };
    const table: SessionTable = { ...where, ...columns, format: 'rows', table: 'ticket_sessions' };
    const reader = snapshotReader(options, table, systemClock);
    t.teardown(() => reader.close());
    const bytes = (await reader.look('b'))?.bytes ?? Buffer.alloc(0);
    t.same({ ...codecCalled('rows').decode(bytes) }, { Cart: null, UserLogin: 'new' });
    await db.query("DELETE FROM ticket_sessions WHERE data_value = 'old'");
    t.same((await reader.look('b'))?.bytes, bytes, 'what nobody could read any more is no change');
    t.match(await reader.look('nobody'), { bytes: null });
  });

  await t.test('a look that takes long is given up, and for a while nobody looks', async (t) => {
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    await db.query('LOCK TABLES sessions WRITE');
    const startedMs = performance.now();
    t.equal(await reader.look('a'), null);
    t.ok(performance.now() - startedMs < 2_000, 'it did not wait for the lock');
    await db.query('UNLOCK TABLES');
    t.equal(await reader.look('a'), null, 'a rest');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    t.equal(String((await reader.look('a'))?.bytes), 'three', 'and it goes on');
  });

  await t.test('as many late looks as there may be do not keep the next ones out for ever', async (t) => {
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    await db.query('LOCK TABLES sessions WRITE');
    const late = await Promise.all(Array.from({ length: 64 }, () => reader.look('a')));
    t.ok(late.every((sight) => sight === null));
    await db.query('UNLOCK TABLES');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const next = await Promise.all(Array.from({ length: 16 }, () => reader.look('a')));
    t.ok(next.every((sight) => String(sight?.bytes) === 'three'));
  });

  await t.test('a connection is given back after each look', async (t) => {
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    for (let look = 1; look <= 20; look++) t.equal(String((await reader.look('a'))?.bytes), 'three');
  });

  await t.test(
    'many looks at once are a few statements on one connection, and too many are left out',
    async (t) => {
      const reader = snapshotReader(options, where, fakeClock());
      t.teardown(() => reader.close());
      await reader.look('a');
      const admin = await mariadb.connect();
      let sights: (Sight | null)[] = [];
      const asked = await statementsDuring(admin, async () => {
        sights = await Promise.all(Array.from({ length: 600 }, () => reader.look('a')));
      });
      admin.destroy();
      t.equal(sights.filter((sight) => String(sight?.bytes) === 'three').length, 512);
      t.equal(sights.filter((sight) => sight === null).length, 88);
      t.equal(asked.length, 8, '64 a statement');
      t.equal(String((await reader.look('a'))?.bytes), 'three', 'and nobody rests for it');
    },
  );

  await t.test('each of many looks gets the session it asked for, as a look by itself would', async (t) => {
    const reader = snapshotReader(options, where, fakeClock());
    t.teardown(() => reader.close());
    await db.query("INSERT INTO sessions SELECT CONCAT('s', seq), CONCAT('of ', seq) FROM seq_1_to_150");
    const ids = Array.from({ length: 200 }, (_, at) => `s${at + 1}`);
    const sights = await Promise.all(ids.map((id) => reader.look(id)));
    t.same(
      sights.map((sight) => sight && sight.bytes && String(sight.bytes)),
      ids.map((_, at) => (at < 150 ? `of ${at + 1}` : null)),
    );
    const twice = await Promise.all(['s1', 's2', 's1'].map((id) => reader.look(id)));
    t.same(
      twice.map((sight) => String(sight?.bytes)),
      ['of 1', 'of 2', 'of 1'],
    );
  });

  for (const collation of ['latin1_swedish_ci', 'latin1_bin', 'utf8mb4_lithuanian_ci', 'utf8mb4_bin'])
    await t.test(`ids are told apart as ${collation} tells them apart`, async (t) => {
      const columns = `id CHAR(32) COLLATE ${collation} PRIMARY KEY, a_session BLOB NOT NULL`;
      await db.query(
        `CREATE OR REPLACE TABLE collated (${columns}) CHARACTER SET ${collation.split('_')[0]}`,
      );
      await db.query("INSERT INTO collated VALUES ('ABC', 'one'), ('y', 'two'), ('d', 'three')");
      const table = { ...where, table: 'collated' };
      const ids = ['abc', 'ABC', 'i', 'y', 'D', 'd', 'abc ', 'e'];
      const reader = snapshotReader(options, table, fakeClock());
      t.teardown(() => reader.close());
      const together = await Promise.all(ids.map((id) => reader.look(id)));
      const records = sessionRecords(table);
      for (const [at, id] of ids.entries())
        t.same(together[at]?.bytes, await records.read(db, id, false), `"${id}" of ${collation}`);
    });

  await t.test('when a statement fails, all who look see nothing, and the next ones look anew', async (t) => {
    await db.query('CREATE OR REPLACE TABLE breaking (id CHAR(32) PRIMARY KEY, a_session TEXT NOT NULL)');
    await db.query("INSERT INTO breaking VALUES ('a', 'one'), ('b', 'two')");
    const clock = fakeClock();
    const reader = snapshotReader(options, { ...where, table: 'breaking' }, clock);
    t.teardown(() => reader.close());
    t.equal(String((await reader.look('a'))?.bytes), 'one');
    await db.query('RENAME TABLE breaking TO broken');
    t.same(await Promise.all(['a', 'b', 'c'].map((id) => reader.look(id))), [null, null, null]);
    await db.query('RENAME TABLE broken TO breaking');
    t.equal(await reader.look('a'), null, 'a rest');
    clock.advance(1_001);
    const next = await Promise.all(['a', 'b'].map((id) => reader.look(id)));
    t.same(
      next.map((sight) => String(sight?.bytes)),
      ['one', 'two'],
    );
  });

  await t.test('a database that is not there is not seen, and nothing is thrown', async (t) => {
    const reader = snapshotReader({ ...options, port: 1 }, where, systemClock);
    t.teardown(() => reader.close());
    t.equal(await reader.look('a'), null);
  });

  await t.test('gateways see each other', async (t) => {
    const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
    const one = await presence(options, 'shop.sessions', systemClock);
    t.equal(await one.aloneSince(Date.now() - 60_000), false, 'who was there before it came, it cannot know');
    await soon();
    const sinceMs = Date.now();
    t.equal(await one.aloneSince(sinceMs), true);
    const elsewhere = await presence(options, 'shop.others', systemClock);
    t.equal(await one.aloneSince(sinceMs), true, 'a gateway of other sessions does not count');
    const other = await presence(options, 'shop.sessions', systemClock);
    t.equal(await one.aloneSince(sinceMs), false);
    t.equal(await other.aloneSince(sinceMs), false);
    await other.close();
    await elsewhere.close();
    await soon();
    t.equal(await one.aloneSince(sinceMs), false, 'it was there meanwhile');
    await soon();
    t.equal(await one.aloneSince(Date.now()), true, 'alone again');
    await one.close();
  });

  await t.test('a gateway that cannot ask does not say that it is alone', async (t) => {
    const lost = await presence({ ...options, port: 1 }, 'shop.sessions', systemClock);
    t.equal(await lost.aloneSince(Date.now() + 1_000), false);
    await lost.close();
  });
});
