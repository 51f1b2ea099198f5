import type { Connection, RowDataPacket } from 'mysql2/promise';
import mysql from 'mysql2/promise';
import t from 'tap';
import type { Fence } from '../../src/session/lock.ts';
import { SessionRows } from '../../src/mysql/session-table.ts';
import { optionsFor, perlWithDb, useMariaDb } from './use-mariadb.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const dumper = Buffer.from("$D = {'_SESSION_ID' => 'a','name' => 'caf\u00e9 \\'x\\\\'};;$D", 'latin1');
/** Valid UTF-8 of characters that latin1 has too. */
const utf8Text = Buffer.from("$D = {'name' => 'caf\u00e9 \u20ac'};;$D", 'utf8');

t.test('a name that could not be put into SQL safely is refused', async (t) => {
  for (const charset of ['latin1; DROP TABLE x', "latin1'", '', 'LATIN1 ', 'utf8mb4--', '`']) {
    t.throws(() => new SessionRows({ table: 'sessions', charset }), RangeError, charset);
  }
});

t.test('on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const connection = await mysql.createConnection(optionsFor(mariadb));
  t.teardown(() => connection.destroy());

  await connection.query('CREATE TABLE guard (id INT)');
  const columns: Record<string, string> = {
    latin1_text: 'TEXT CHARACTER SET latin1',
    utf8_text: 'TEXT CHARACTER SET utf8mb4',
    long_blob: 'LONGBLOB',
  };
  for (const [table, type] of Object.entries(columns)) {
    await connection.query(
      `CREATE TABLE ${table} (id CHAR(32) PRIMARY KEY, a_session ${type} NOT NULL) ENGINE=InnoDB`,
    );
  }

  async function holdTurn(connection: Connection, lockName = 'bny:test'): Promise<Fence> {
    await connection.query('DO GET_LOCK(?, 0)', [lockName]);
    return { lockName, connectionId: connection.threadId ?? 0 };
  }
  const fence = await holdTurn(connection);

  /** What Perl reads over a connection of that charset. */
  function perlReads(table: string, charset: string, id: string): Buffer {
    const program = `my ($bytes) = $db->selectrow_array("SELECT a_session FROM ${table} WHERE id = ?", undef, @ARGV);
      print unpack 'H*', $bytes;`;
    return Buffer.from(perlWithDb(mariadb, charset, program, [id]), 'hex');
  }

  /** Perl writes over a connection of that charset, with the statement CGI::Session uses. */
  function perlWrites(table: string, charset: string, id: string, bytes: Buffer): void {
    const program = `my ($id, $hex) = @ARGV;
      $db->do("INSERT INTO ${table} (id, a_session) VALUES(?, ?) ON DUPLICATE KEY UPDATE a_session = ?", undef, $id, (pack 'H*', $hex) x 2);`;
    perlWithDb(mariadb, charset, program, [id, bytes.toString('hex')]);
  }

  /** The bytes that a legacy connection of this charset can keep in a column of this table. */
  const sane: [table: string, charset: string, bytes: Buffer[]][] = [
    ['latin1_text', 'latin1', [everyByte, dumper, utf8Text, Buffer.alloc(0)]],
    ['utf8_text', 'latin1', [everyByte, dumper, utf8Text, Buffer.alloc(0)]],
    ['long_blob', 'latin1', [everyByte, dumper, utf8Text, Buffer.alloc(0)]],
    ['latin1_text', 'utf8mb4', [utf8Text, Buffer.alloc(0)]],
    ['utf8_text', 'utf8mb4', [utf8Text, Buffer.from('\u{1f4bf}\u263a', 'utf8'), Buffer.alloc(0)]],
    ['long_blob', 'utf8mb4', [everyByte, dumper, utf8Text, Buffer.alloc(0)]],
  ];

  for (const [table, charset, samples] of sane) {
    await t.test(`${table} of a legacy that speaks ${charset}: bytes are exact both ways`, async (t) => {
      const rows = new SessionRows({ table, charset });
      for (const bytes of samples) {
        const what = `${bytes.length} bytes`;
        await connection.query(`DELETE FROM ${table}`);
        await rows.insert(connection, 'ours', bytes);
        t.same(perlReads(table, charset, 'ours'), bytes, `${what}: Perl reads what we added`);
        t.same(await rows.read(connection, 'ours', false), bytes, `${what}: so do we`);
        perlWrites(table, charset, 'theirs', bytes);
        t.same(await rows.read(connection, 'theirs', true), bytes, `${what}: we read what Perl wrote`);
        await rows.update(connection, 'theirs', dumper.subarray(0, 20), fence);
        await rows.update(connection, 'theirs', bytes, fence);
        t.same(perlReads(table, charset, 'theirs'), bytes, `${what}: Perl reads what we wrote over it`);
      }
    });
  }

  await t.test('a session that is not there is null, and one that is empty is not', async (t) => {
    const rows = new SessionRows({ table: 'latin1_text', charset: 'latin1' });
    t.equal(await rows.read(connection, 'nobody', true), null);
    await rows.insert(connection, 'empty', Buffer.alloc(0));
    t.same(await rows.read(connection, 'empty', true), Buffer.alloc(0));
    await rows.remove(connection, 'empty');
    t.equal(await rows.read(connection, 'empty', true), null);
  });

  await t.test('writing the same again is no loss of the turn', async () => {
    const rows = new SessionRows({ table: 'latin1_text', charset: 'latin1' });
    await rows.insert(connection, 'same', dumper);
    await rows.update(connection, 'same', dumper, fence);
  });

  await t.test('a write without the turn is refused, and changes nothing', async (t) => {
    const rows = new SessionRows({ table: 'latin1_text', charset: 'latin1' });
    await rows.insert(connection, 'fenced', dumper);
    const nobody = { lockName: 'bny:nobody', connectionId: fence.connectionId };
    const other = { ...fence, connectionId: fence.connectionId + 1000 };
    for (const lost of [nobody, other]) {
      await t.rejects(rows.update(connection, 'fenced', everyByte, lost), { code: 'LEASE_LOST' });
    }
    await t.rejects(
      rows.update(connection, 'absent', everyByte, nobody),
      { code: 'LEASE_LOST' },
      'whatever the row is',
    );
    t.same(await rows.read(connection, 'fenced', false), dumper);
  });

  await t.test('a row that is gone is not made again', async (t) => {
    const rows = new SessionRows({ table: 'latin1_text', charset: 'latin1' });
    await t.rejects(rows.update(connection, 'logged-out', dumper, fence), { code: 'SESSION_STALE' });
    t.equal(await rows.read(connection, 'logged-out', false), null);
  });

  const modes: [name: string, mode: string][] = [
    ['a strict server', 'STRICT_TRANS_TABLES'],
    ['a server of 2003', ''],
  ];
  for (const [name, mode] of modes) {
    await t.test(`what does not fit is not cut, on ${name}`, async (t) => {
      await connection.query('SET SESSION sql_mode = ?', [mode]);
      const rows = new SessionRows({ table: 'latin1_text', charset: 'latin1' });
      const [fits, tooLong] = [Buffer.alloc(65_535, 'x'), Buffer.alloc(65_536, 'x')];
      await connection.query("DELETE FROM latin1_text WHERE id IN ('big', 'new')");
      await rows.insert(connection, 'big', fits);
      for (const write of [
        () => rows.update(connection, 'big', tooLong, fence),
        () => rows.insert(connection, 'new', tooLong),
      ]) {
        await connection.query('START TRANSACTION');
        await t.rejects(write(), { code: 'SESSION_UNWRITABLE', message: /65536 bytes/ });
        await connection.query('ROLLBACK');
      }
      t.same(await rows.read(connection, 'big', false), fits);
      t.equal(await rows.read(connection, 'new', false), null);
    });

    await t.test(`what the column has no characters for is not replaced, on ${name}`, async (t) => {
      await connection.query('SET SESSION sql_mode = ?', [mode]);
      const rows = new SessionRows({ table: 'latin1_text', charset: 'utf8mb4' });
      await connection.query("DELETE FROM latin1_text WHERE id = 'wide'");
      await rows.insert(connection, 'wide', utf8Text);
      for (const bytes of [Buffer.from('\u263a', 'utf8'), everyByte]) {
        await connection.query('START TRANSACTION');
        await t.rejects(rows.update(connection, 'wide', bytes, fence), { code: 'SESSION_UNWRITABLE' });
        await connection.query('ROLLBACK');
      }
      t.same(await rows.read(connection, 'wide', false), utf8Text);
    });
  }
  await connection.query('SET SESSION sql_mode = DEFAULT');

  await t.test('a hostile name of a table is one name that does not exist', async (t) => {
    for (const table of [
      'x`; DROP TABLE guard; -- x',
      'latin1_text WHERE 1=1 -- x',
      "'; DROP TABLE guard; -- x",
    ]) {
      const rows = new SessionRows({ table, charset: 'latin1' });
      await t.rejects(rows.read(connection, 'a', false), { code: 'ER_NO_SUCH_TABLE' }, table);
    }
    const [rows] = await connection.query<RowDataPacket[]>("SHOW TABLES LIKE 'guard'");
    t.equal(rows.length, 1);
  });

  await t.test('hostile bytes and ids are only bytes and ids', async (t) => {
    const rows = new SessionRows({ table: 'latin1_text', charset: 'latin1' });
    const bytes = Buffer.from("'); DROP TABLE guard; -- \\' \u0000", 'latin1');
    await rows.insert(connection, "' OR 1=1 -- ", bytes);
    t.same(await rows.read(connection, "' OR 1=1 -- ", false), bytes);
    await rows.remove(connection, "' OR '1'='1");
    t.ok(await rows.read(connection, 'same', false), 'the others are still there');
  });

  await t.test('a table of another database is found', async (t) => {
    const rows = new SessionRows({ table: 'shop.latin1_text', charset: 'latin1' });
    t.same(await rows.read(connection, 'same', false), dumper);
  });
});
