import mysql from 'mysql2/promise';
import t from 'tap';
import { systemClock } from '../../src/exchange/clock.ts';
import { presence } from '../../src/mysql/presence.ts';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import { snapshotReader } from '../../src/mysql/snapshots.ts';
import { codecCalled } from '../../src/perl/formats.ts';
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

  await t.test('many looks at once are done on a few connections, and too many are left out', async (t) => {
    const reader = snapshotReader(options, where, systemClock);
    t.teardown(() => reader.close());
    await reader.look('a');
    const sights = await Promise.all(Array.from({ length: 100 }, () => reader.look('a')));
    const left = sights.filter((sight) => sight === null).length;
    t.ok(left >= 36, `${left} of 100 left out, 64 at most looked`);
    const [rows] = await db.query<mysql.RowDataPacket[]>('SHOW PROCESSLIST');
    t.ok(rows.length <= 12, `${rows.length} connections`);
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
