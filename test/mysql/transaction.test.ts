import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { mysqlStore } from '../../src/mysql/transaction.ts';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import type { Fence } from '../../src/session/lock.ts';
import type { SessionStore } from '../../src/session/store.ts';
import { until } from '../helpers/shop.ts';
import { optionsFor, perlWithDb, useMariaDb } from './use-mariadb.ts';

t.test('on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  let admin = await mariadb.connect('shop');
  t.teardown(() => admin.destroy());
  await admin.query(`
    CREATE TABLE sessions (id CHAR(32) PRIMARY KEY, a_session TEXT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=latin1;
    CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=latin1`);

  function open(t: Test, more: { connectionLimit?: number; user?: string } = {}): SessionStore {
    const columns = { idColumn: 'id', dataColumn: 'a_session' };
    const where: SessionTable = { format: 'cgi-session', table: 'sessions', ...columns, charset: 'latin1' };
    const store = mysqlStore({ ...optionsFor(mariadb), ...more }, where);
    t.teardown(() => store.close());
    return store;
  }

  await admin.query("DO GET_LOCK('bny:turn', 0)");
  const fence: Fence = { kind: 'name', lockName: 'bny:turn', connectionId: admin.threadId ?? 0 };

  /** What everybody else sees. */
  async function orders(): Promise<string[]> {
    const [rows] = await admin.query<RowDataPacket[]>('SELECT name FROM orders ORDER BY id');
    return rows.map((row) => String(row['name']));
  }

  await t.test('what was committed is there for everybody', async (t) => {
    const transaction = await open(t).begin();
    const added = await transaction.query('INSERT INTO orders (name) VALUES (?)', ["O'Neill \u00e9"]);
    t.same(added, { rows: [], affectedRows: 1, insertId: 1 });
    await transaction.addSession('a', Buffer.from('caf\u00e9', 'latin1'));
    t.same(await orders(), [], 'not before');
    await transaction.commit();
    t.same(await orders(), ["O'Neill \u00e9"]);
    const later = await open(t).begin();
    t.same(await later.loadSession('a', false), Buffer.from('caf\u00e9', 'latin1'));
    t.same(await later.query('SELECT id, name FROM orders WHERE id = ?', [1]), {
      rows: [{ id: 1, name: "O'Neill \u00e9" }],
      affectedRows: 0,
      insertId: 0,
    });
    await later.rollBack();
  });

  await t.test('a prepared statement is sent values as they are, however often', async (t) => {
    const store = open(t, { connectionLimit: 1 }); // the same connection, reset in between
    for (const name of ["D'Arcy", '\u00e9\\', "x' OR '1'='1"]) {
      const transaction = await store.begin();
      await transaction.execute('INSERT INTO orders (name) VALUES (?)', [name]);
      const { rows } = await transaction.execute('SELECT name, ? AS number FROM orders WHERE name = ?', [
        7,
        name,
      ]);
      t.same(rows, [{ name, number: 7 }]);
      await t.rejects(transaction.execute('COMMIT', []), TypeError);
      await t.rejects(transaction.execute('SELECT ?', [[1, 2]]), /takes no lists/);
      await t.rejects(transaction.execute('SELECT ?', [{ id: 1 }]), TypeError);
      await transaction.rollBack();
    }
  });

  await t.test('after a deadlock that the port has caught, nothing more is let through', async (t) => {
    await admin.query("INSERT INTO orders (id, name) VALUES (901, 'one'), (902, 'two')");
    const transaction = await open(t).begin();
    const other = await mariadb.connect('shop');
    t.teardown(() => other.destroy());
    await other.query('START TRANSACTION');
    // InnoDB undoes whoever has changed less.
    await other.query(`INSERT INTO orders (name) VALUES ${Array(50).fill("('heavy')").join(', ')}`);
    await other.query("UPDATE orders SET name = 'theirs' WHERE id = 902");
    await transaction.query("UPDATE orders SET name = 'ours' WHERE id = 901", []);
    const theirs = other.query("UPDATE orders SET name = 'theirs' WHERE id = 901");
    const caught = await transaction.query("UPDATE orders SET name = 'ours' WHERE id = 902", []).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    t.match(caught, { errno: 1213 });
    await theirs;
    await t.rejects(transaction.query("INSERT INTO orders (name) VALUES ('outside of any')", []), {
      code: 'PORT_FAILED',
    });
    t.throws(() => transaction.mustBeOpen(), { code: 'PORT_FAILED' });
    await transaction.rollBack();
    await other.query('ROLLBACK');
    t.notOk((await orders()).includes('outside of any'));
    await admin.query('DELETE FROM orders WHERE id > 900');
  });

  await t.test('with a statement still under way nothing is committed, and nothing stays open', async (t) => {
    const transaction = await open(t).begin();
    await transaction.query("INSERT INTO orders (name) VALUES ('too early')", []);
    transaction.query('SELECT SLEEP(30)', []).catch(() => undefined);
    await t.rejects(transaction.commit(), { code: 'PORT_FAILED' });
    await until('nothing is open at the server', async () => {
      const [open] = await admin.query<RowDataPacket[]>('SELECT 1 FROM information_schema.innodb_trx');
      return open.length === 0;
    });
    t.same(await orders(), ["O'Neill \u00e9"]);
  });

  await t.test('columns are what a page of Perl prints', async (t) => {
    const transaction = await open(t).begin();
    const sql = `SELECT DATE '2003-11-21' AS day, TIMESTAMP '2003-11-21 18:30:00' AS moment, CAST('18:30' AS TIME) AS time,
      YEAR(DATE '2003-11-21') AS year, CAST(9223372036854775807 AS UNSIGNED) AS large, CAST(12.50 AS DECIMAL(7,2)) AS price,
      JSON_OBJECT('a', 1) AS json, 7 AS number, NULL AS nothing`;
    const text = {
      day: '2003-11-21',
      moment: '2003-11-21 18:30:00',
      time: '18:30:00',
      large: '9223372036854775807',
      price: '12.50',
      json: '{"a": 1}',
    };
    for (const ask of ['query', 'execute'] as const) {
      const { rows } = await transaction[ask](sql, []);
      t.same(rows, [{ ...text, year: 2003, number: 7, nothing: null }], ask);
    }
    await transaction.rollBack();
  });

  await t.test('the first requests of all may come at once', async (t) => {
    const store = open(t, { connectionLimit: 4 });
    const begun = await Promise.all(Array.from({ length: 4 }, () => store.begin()));
    for (const transaction of begun) await transaction.commit();
  });

  await t.test('a value that would become SQL is refused', async (t) => {
    const transaction = await open(t).begin();
    for (const value of [{ id: 1 }, [{ id: 1 }], new Map()]) {
      await t.rejects(transaction.query('SELECT name FROM orders WHERE id = ?', [value]), TypeError);
    }
    const { rows } = await transaction.query('SELECT name FROM orders WHERE id IN (?)', [[1, 2]]);
    t.equal(rows.length, 1, 'a list of plain values is a list');
    await transaction.rollBack();
  });

  await t.test('what was rolled back was never there', async (t) => {
    const store = open(t, { connectionLimit: 1 });
    const transaction = await store.begin();
    await transaction.query("INSERT INTO orders (name) VALUES ('ghost')", []);
    await transaction.query("UPDATE orders SET name = 'changed'", []);
    await transaction.addSession('ghost', Buffer.from('x'));
    await transaction.loadSession('a', true);
    await transaction.removeSession('a', fence);
    t.equal(await transaction.loadSession('a', true), null);
    await transaction.rollBack();
    const next = await store.begin(); // the same connection
    t.equal(await next.loadSession('ghost', false), null);
    t.ok(await next.loadSession('a', false));
    await next.commit();
    t.same(await orders(), ["O'Neill \u00e9"]);
  });

  await t.test('a failed statement undoes nothing by itself, and the rest can be rolled back', async (t) => {
    const transaction = await open(t).begin();
    await transaction.query("INSERT INTO orders (name) VALUES ('half')", []);
    await t.rejects(transaction.query('SELECT nonsense', []), { code: 'ER_BAD_FIELD_ERROR' });
    await t.rejects(transaction.addSession('a', Buffer.from('y')), { code: 'ER_DUP_ENTRY' });
    await transaction.rollBack();
    t.notOk((await orders()).includes('half'));
  });

  await t.test('values are values, never SQL; nor are several statements one', async (t) => {
    const transaction = await open(t).begin();
    const hostile = "x'); DROP TABLE orders; -- ";
    t.same((await transaction.query('SELECT ? AS echo', [hostile])).rows, [{ echo: hostile }]);
    await t.rejects(transaction.query('SELECT 1; DROP TABLE orders', []), { code: 'ER_PARSE_ERROR' });
    await transaction.rollBack();
  });

  await t.test('values are values on a server to which a backslash is nothing special, too', async (t) => {
    await admin.query("SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES,ANSI_QUOTES'");
    const store = open(t, { connectionLimit: 1 });
    for (const use of ['first', 'again']) {
      const transaction = await store.begin();
      const hostile = "' OR 1=1 -- ";
      const { rows } = await transaction.query('SELECT name FROM orders WHERE name = ?', [hostile]);
      t.same(rows, [], use);
      t.equal(await transaction.loadSession(hostile, true), null);
      const [mode] = (await transaction.query('SELECT @@SESSION.sql_mode AS mode', [])).rows;
      t.match(mode?.['mode'], /ANSI_QUOTES.*STRICT_TRANS_TABLES|STRICT_TRANS_TABLES.*ANSI_QUOTES/);
      await transaction.commit();
    }
    await admin.query('SET GLOBAL sql_mode = DEFAULT');
  });

  await t.test(
    'a transaction sees what others have committed meanwhile, as an old script does',
    async (t) => {
      const store = open(t, { connectionLimit: 1 });
      for (const [use, before] of [
        ['first', 1],
        ['again', 2],
      ] as const) {
        const transaction = await store.begin();
        const ask = async (what: string): Promise<unknown> =>
          (await transaction.query(`SELECT ${what} AS it FROM orders LIMIT 1`, [])).rows[0]?.['it'];
        t.equal(await ask('COUNT(*)'), before, use);
        await admin.query("INSERT INTO orders (name) VALUES ('meanwhile')");
        t.equal(await ask('COUNT(*)'), before + 1, use);
        t.equal(await ask('@@character_set_client'), 'latin1', use);
        await transaction.rollBack();
      }
    },
  );

  await t.test('a session that is loaded to be changed cannot be changed by anybody else', async (t) => {
    const transaction = await open(t).begin();
    await transaction.loadSession('a', true);
    await admin.query('SET SESSION innodb_lock_wait_timeout = 0');
    await t.rejects(admin.query("UPDATE sessions SET a_session = 'z'"), { code: 'ER_LOCK_WAIT_TIMEOUT' });
    await transaction.rollBack();
    await admin.query("UPDATE sessions SET a_session = 'z'");
  });

  await t.test('a session is changed only by who has loaded it', async (t) => {
    const transaction = await open(t).begin();
    await t.rejects(transaction.saveSession('a', Buffer.from('y'), fence), TypeError);
    await t.rejects(transaction.removeSession('a', fence), TypeError);
    const read = await transaction.loadSession('a', true);
    await transaction.saveSession('a', Buffer.from('y'), fence);
    await transaction.saveSession('a', Buffer.from('z'), fence);
    t.same(read, Buffer.from('z'));
    await transaction.commit();
  });

  await t.test('a turn that is a row must be held when the session is written', async (t) => {
    await admin.query(`CREATE TABLE banyan_locks (name CHAR(44) PRIMARY KEY, owner CHAR(36), token BIGINT, writes BIGINT);
      INSERT INTO banyan_locks VALUES ('bny:row', 'we', 7, 0)`);
    const save = async (turn: Fence): Promise<void> => {
      const transaction = await open(t).begin();
      await transaction.loadSession('a', true);
      try {
        await transaction.saveSession('a', Buffer.from('by a row'), turn);
        await transaction.commit();
      } catch (thrown) {
        await transaction.rollBack();
        throw thrown;
      }
    };
    const held: Fence = { kind: 'row', lockName: 'bny:row', owner: 'we', token: 7 };
    for (const lost of [
      { ...held, token: 6 },
      { ...held, owner: 'they' },
    ]) {
      await t.rejects(save(lost), { code: 'LEASE_LOST' });
    }
    await save(held);
    await save(held);
    t.same(await (await open(t).begin()).loadSession('a', false), Buffer.from('by a row'));
  });

  await t.test('two new visitors at once do not lock each other out', async (t) => {
    const store = open(t);
    const [one, other] = [await store.begin(), await store.begin()];
    t.equal(await one.loadSession('new1', true), null);
    t.equal(await other.loadSession('new2', true), null);
    await one.addSession('new1', Buffer.from('1'));
    await other.addSession('new2', Buffer.from('2'));
    await Promise.all([one.commit(), other.commit()]);
    const [rows] = await admin.query<RowDataPacket[]>(
      "SELECT id FROM sessions WHERE id LIKE 'new%' ORDER BY id",
    );
    t.same(
      rows.map((row) => String(row['id'])),
      ['new1', 'new2'],
    );
  });

  await t.test(
    'a connection that is lost during the work loses the work, and the next one begins anew',
    async (t) => {
      const store = open(t, { connectionLimit: 1 });
      const transaction = await store.begin();
      await transaction.query("INSERT INTO orders (name) VALUES ('lost')", []);
      const [own] = (await transaction.query('SELECT CONNECTION_ID() AS id', [])).rows;
      await admin.query(`KILL ${Number(own?.['id'])}`);
      await t.rejects(transaction.query('SELECT 1', []));
      await t.rejects(transaction.commit());
      await transaction.rollBack();
      const next = await store.begin();
      t.notOk((await orders()).includes('lost'));
      await next.query('SELECT 1', []);
      await next.commit();
    },
  );

  await t.test('a connection that was lost while idle is not handed out', async (t) => {
    const store = open(t, { connectionLimit: 1 });
    const first = await store.begin();
    const [own] = (await first.query('SELECT CONNECTION_ID() AS id', [])).rows;
    await first.commit();
    // Perl kills it while this thread stands still, so that the store cannot have heard of it when it is asked.
    perlWithDb(mariadb, 'latin1', '$db->do("KILL $ARGV[0]")', [String(own?.['id'])]);
    const next = await store.begin();
    t.not((await next.query('SELECT CONNECTION_ID() AS id', [])).rows[0]?.['id'], own?.['id']);
    await next.rollBack();
  });

  await t.test('a wrong user is a database that cannot be used', async (t) => {
    await t.rejects(open(t, { user: 'nobody' }).begin(), { code: 'DATABASE_DOWN', message: /Access denied/ });
  });

  await t.test('a database that is down is said at once, and found again when it is back', async (t) => {
    const store = open(t);
    const transaction = await store.begin();
    admin.on('error', () => undefined);
    await mariadb.kill();
    await t.rejects(transaction.query('SELECT 1', []));
    await transaction.rollBack();
    await t.rejects(store.begin(), { code: 'DATABASE_DOWN' });
    await mariadb.restart();
    admin = await mariadb.connect('shop');
    const next = await store.begin();
    await next.query("INSERT INTO orders (name) VALUES ('back')", []);
    await next.commit();
    t.ok((await orders()).includes('back'));
  });
});
