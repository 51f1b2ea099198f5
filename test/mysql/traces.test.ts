import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { fileStore } from '../../src/files/file-store.ts';
import { mysqlStore } from '../../src/mysql/transaction.ts';
import type { SessionStore, Transaction, TransactionTerms } from '../../src/session/store.ts';
import { fakeClock } from '../helpers/clock.ts';
import { optionsFor, useMariaDb, usualTable } from './use-mariadb.ts';

t.test('what does not roll back, on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const admin = await mariadb.connect('shop');
  t.teardown(() => admin.destroy());
  await admin.query(`
    CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB;
    CREATE TABLE hits (n INT) ENGINE=MyISAM;
    CREATE TABLE cache (n INT) ENGINE=MEMORY;
    CREATE TABLE notes (n INT) ENGINE=Aria;
    CREATE TABLE fires (n INT) ENGINE=InnoDB;
    CREATE TRIGGER logs AFTER INSERT ON fires FOR EACH ROW INSERT INTO hits VALUES (NEW.n);
    CREATE PROCEDURE hit(x INT) INSERT INTO hits VALUES (x);
    CREATE PROCEDURE orders_only(x INT) BEGIN INSERT INTO orders (n) VALUES (x); SELECT x; END;
    CREATE PROCEDURE commits(x INT) BEGIN INSERT INTO orders (n) VALUES (x); COMMIT; END;
    CREATE FUNCTION counted(x INT) RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO hits VALUES (x); RETURN x; END;
    CREATE VIEW seen AS SELECT n FROM hits;
    CREATE VIEW seen_again AS SELECT n FROM seen;
    CREATE VIEW ordered AS SELECT id, n FROM orders;
    CREATE DATABASE other;
    CREATE TABLE other.hits (n INT) ENGINE=InnoDB;
    CREATE TABLE other.orders (n INT) ENGINE=MyISAM;
    GRANT ALL ON other.* TO shop@'127.0.0.1';
    CREATE USER clerk@'127.0.0.1' IDENTIFIED BY '${mariadb.password}';
    GRANT SELECT, INSERT ON shop.* TO clerk@'127.0.0.1'`);

  interface Opened extends Transaction {
    /** How often a trace was announced. */
    announced(): number;
  }
  async function begin(store: SessionStore, effects: TransactionTerms['effects']): Promise<Opened> {
    let announced = 0;
    const transaction = await store.begin({
      effects,
      beforeTrace: async () => {
        announced++;
      },
    });
    return Object.assign(transaction, { announced: () => announced });
  }
  function open(t: Test, { user = 'shop', clock = fakeClock() } = {}): SessionStore {
    const store = mysqlStore({ ...optionsFor(mariadb), user, connectionLimit: 4 }, usualTable, clock);
    t.teardown(() => store.close());
    return store;
  }
  async function rows(table: string): Promise<number[]> {
    const [found] = await admin.query<RowDataPacket[]>(`SELECT n FROM ${table} ORDER BY n`);
    return found.map(({ n }) => Number(n));
  }
  t.beforeEach(() =>
    admin.query('DELETE FROM orders; DELETE FROM hits; DELETE FROM fires; DELETE FROM other.orders'),
  );
  /** The statement is refused, and nothing of it is there after the rollback, which says so. */
  async function refuses(t: Test, store: SessionStore, sql: string, what: RegExp): Promise<void> {
    const transaction = await begin(store, 'refused');
    const refused = transaction.query(sql, []);
    await t.rejects(refused, { code: 'TABLE_NOT_TRANSACTIONAL', message: what, mayFallBack: true }, sql);
    t.equal(transaction.announced(), 0);
    t.equal(await transaction.rollBack(), null);
  }

  await t.test('a write to it is refused before it is sent, under whatever name', async (t) => {
    const store = open(t);
    await refuses(
      t,
      store,
      'INSERT INTO hits VALUES (1)',
      /^hits \(MyISAM\) does not roll back: ALTER TABLE/,
    );
    await refuses(t, store, 'INSERT INTO hits VALUES (2)', /say `effects: accepted` on the route/);
    await refuses(t, store, 'UPDATE orders, hits AS h SET h.n = 1', /^hits \(MyISAM\)/);
    await refuses(t, store, 'DELETE FROM cache', /^cache \(MEMORY\)/);
    await refuses(t, store, 'REPLACE INTO notes VALUES (1)', /^notes \(Aria\)/);
    await refuses(t, store, 'INSERT INTO other.orders VALUES (1)', /^other\.orders \(MyISAM\)/);
    await refuses(t, store, 'INSERT INTO seen VALUES (1)', /^seen, a view of shop\.hits \(MyISAM\)/);
    await refuses(t, store, 'INSERT INTO seen_again VALUES (1)', /^seen_again, a view of shop\.seen, a view/);
    t.same([await rows('hits'), await rows('other.orders')], [[], []]);
  });

  await t.test('what rolls back is written as ever, and nothing is announced', async (t) => {
    const transaction = await begin(open(t), 'refused');
    const writes = [
      'INSERT INTO orders (n) VALUES (1)',
      'INSERT INTO other.hits VALUES (1)',
      'UPDATE ordered, hits SET ordered.n = 2',
      'INSERT INTO orders (n) SELECT n FROM hits',
    ];
    for (const sql of writes) await transaction.query(sql, []);
    await t.rejects(transaction.query('INSERT INTO nowhere VALUES (1)', []), { code: 'ER_NO_SUCH_TABLE' });
    t.equal(transaction.announced(), 0);
    t.equal(await transaction.rollBack(), null);
    t.same(await rows('orders'), []);
  });

  await t.test('where it is accepted it is written, and the rollback says what stays', async (t) => {
    const store = open(t);
    const failing = await begin(store, 'accepted');
    await failing.query('INSERT INTO orders (n) VALUES (1)', []);
    t.equal(failing.announced(), 0);
    await failing.query('INSERT INTO hits VALUES (1)', []);
    await failing.query('INSERT INTO hits VALUES (2)', []);
    t.equal(failing.announced(), 1, 'it was announced once');
    t.equal(await failing.rollBack(), 'what was written to hits (MyISAM) stays');
    t.same([await rows('orders'), await rows('hits')], [[], [1, 2]]);

    const sound = await begin(store, 'accepted');
    await sound.query('INSERT INTO hits VALUES (3)', []);
    await sound.commit();
    t.same(await rows('hits'), [1, 2, 3]);

    const harmless = await begin(store, 'accepted');
    await harmless.query('INSERT INTO orders (n) VALUES (4)', []);
    t.equal(await harmless.rollBack(), null);
  });

  await t.test('a delayed insert stays too, of which the server does not warn', async (t) => {
    const transaction = await begin(open(t), 'accepted');
    await transaction.query('INSERT DELAYED INTO hits VALUES (1)', []);
    t.match(await transaction.rollBack(), /hits \(MyISAM\) stays/);
  });

  await t.test('a write that cannot be announced is not sent', async (t) => {
    const refusing = {
      effects: 'accepted',
      beforeTrace: () => Promise.reject(new Error('hung up')),
    } as const;
    const transaction = await open(t).begin(refusing);
    await t.rejects(transaction.query('INSERT INTO hits VALUES (1)', []), { message: 'hung up' });
    t.equal(await transaction.rollBack(), null);
    t.same(await rows('hits'), []);
  });

  await t.test('of what nobody can see in a statement the server tells at the rollback', async (t) => {
    const store = open(t);
    const cases: [string, number][] = [
      ['INSERT INTO fires VALUES (1)', 1], // announced: that it has triggers can be seen
      ['CALL hit(1)', 1],
      ["EXECUTE IMMEDIATE 'INSERT INTO hits VALUES (1)'", 1],
      ['SELECT counted(1)', 0],
    ];
    for (const [sql, announced] of cases) {
      const transaction = await begin(store, 'refused');
      await transaction.query(sql, []);
      t.equal(transaction.announced(), announced, sql);
      t.match(await transaction.rollBack(), /^the server says: Some non-transactional changed tables/, sql);
    }
    const innocent = await begin(store, 'refused');
    await innocent.query('CALL orders_only(1)', []);
    t.equal(innocent.announced(), 1);
    t.equal(await innocent.rollBack(), null, 'and of what left nothing it says so');
    t.same(await rows('orders'), []);
  });

  await t.test('after a deadlock, too, when it has rolled back before we asked for it', async (t) => {
    await admin.query('INSERT INTO orders (id, n) VALUES (1, 1), (2, 2)');
    const transaction = await begin(open(t), 'refused');
    const other = await mariadb.connect('shop');
    t.teardown(() => other.destroy());
    // Whoever has changed less is undone; but of two of which one has changed what cannot be undone, the other.
    await other.query('START TRANSACTION');
    await other.query('INSERT INTO hits VALUES (9)');
    await other.query('INSERT INTO orders (n) SELECT seq FROM seq_100_to_200');
    await other.query('UPDATE orders SET n = 9 WHERE id = 2');
    await transaction.query('INSERT INTO fires VALUES (1)', []);
    await transaction.query('UPDATE orders SET n = 8 WHERE id = 1', []);
    const theirs = other.query('UPDATE orders SET n = 9 WHERE id = 1');
    await t.rejects(transaction.query('UPDATE orders SET n = 8 WHERE id = 2', []), {
      code: 'ER_LOCK_DEADLOCK',
    });
    await theirs;
    t.match(await transaction.rollBack(), /^the server says: Some non-transactional/);
    await other.query('ROLLBACK');
  });

  await t.test('where the server cannot be asked, what may stay is said to stay', async (t) => {
    const store = open(t);
    for (const [sql, left] of [
      ['CALL hit(1)', 'what was done by a procedure may stay'],
      ['INSERT INTO fires VALUES (1)', 'what was done by fires, which has triggers, may stay'],
      ['INSERT INTO orders (n) VALUES (1)', null],
    ] as const) {
      const transaction = await begin(store, 'refused');
      await transaction.query(sql, []);
      transaction.query('SELECT SLEEP(30)', []).catch(() => undefined); // ROLLBACK would wait behind it
      t.equal(await transaction.rollBack(), left, sql);
    }
  });

  await t.test('a view that may not be looked into is waited for, not refused', async (t) => {
    const transaction = await begin(open(t, { user: 'clerk' }), 'refused');
    await transaction.query('INSERT INTO seen VALUES (1)', []);
    t.equal(transaction.announced(), 1);
    t.match(await transaction.rollBack(), /^the server says/);
  });

  await t.test('a procedure that commits is a failure, and what it did stays', async (t) => {
    const transaction = await begin(open(t), 'refused');
    await t.rejects(transaction.query('CALL commits(1)', []), { code: 'PORT_FAILED' });
    t.throws(() => transaction.mustBeOpen(), { code: 'PORT_FAILED' }, 'also where the port has caught that');
    await t.rejects(transaction.query('INSERT INTO orders (n) VALUES (2)', []), { code: 'PORT_FAILED' });
    t.match(await transaction.rollBack(), /^a statement ended the transaction/);
    t.same(await rows('orders'), [1]);
  });

  await t.test('statements are sent in the order in which they were asked for', async (t) => {
    const transaction = await begin(open(t), 'refused');
    const [, { rows: found }] = await Promise.all([
      transaction.query('INSERT INTO orders (n) VALUES (7)', []), // its table has to be asked for first
      transaction.query('SELECT n FROM orders', []),
    ]);
    t.match(found, [{ n: 7 }]);
    await transaction.rollBack();
  });

  await t.test('a table that was altered is known to be half a minute later', async (t) => {
    const clock = fakeClock();
    const store = open(t, { clock });
    await admin.query('CREATE TABLE altered (n INT) ENGINE=MyISAM');
    await refuses(t, store, 'INSERT INTO altered VALUES (1)', /^altered \(MyISAM\)/);
    await admin.query('ALTER TABLE altered ENGINE=InnoDB');
    await refuses(t, store, 'INSERT INTO altered VALUES (1)', /^altered \(MyISAM\)/);
    clock.advance(30_000);
    const transaction = await begin(store, 'refused');
    await transaction.query('INSERT INTO altered VALUES (1)', []);
    t.equal(await transaction.rollBack(), null);
  });

  await t.test('a port cannot leave its database, in which its tables are known', async (t) => {
    const transaction = await begin(open(t), 'refused');
    await t.rejects(transaction.query('USE other', []), { message: /write database\.table/ });
    await transaction.rollBack();
  });

  await t.test('it is the same where sessions are in files', async (t) => {
    const directory = t.testdir();
    const folder = { format: 'cgi-session', directory, fileName: null, lockDirectory: directory } as const;
    const store = fileStore(folder, mysqlStore(optionsFor(mariadb), usualTable));
    t.teardown(() => store.close());
    await refuses(t, store, 'INSERT INTO hits VALUES (1)', /^hits \(MyISAM\)/);
    const transaction = await begin(store, 'accepted');
    await transaction.query('INSERT INTO hits VALUES (1)', []);
    t.match(await transaction.rollBack(), /hits \(MyISAM\) stays/);
  });
});
