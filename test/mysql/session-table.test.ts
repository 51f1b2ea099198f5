import type { Connection, RowDataPacket } from 'mysql2/promise';
import mysql from 'mysql2/promise';
import t from 'tap';
import type { Fence } from '../../src/session/lock.ts';
import { SessionRows, type SessionTable } from '../../src/mysql/session-table.ts';
import { optionsFor, perlWithDb, useMariaDb } from './use-mariadb.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const dumper = Buffer.from("$D = {'_SESSION_ID' => 'a','name' => 'caf\u00e9 \\'x\\\\'};;$D", 'latin1');
/** Valid UTF-8 of characters that latin1 has too. */
const utf8Text = Buffer.from("$D = {'name' => 'caf\u00e9 \u20ac'};;$D", 'utf8');

/** A table as CGI::Session has it. */
function tableOf(table: string, charset: string): SessionTable {
  return { format: 'cgi-session', table, idColumn: 'id', dataColumn: 'a_session', charset };
}

t.test('a name that could not be put into SQL safely is refused', async (t) => {
  for (const charset of ['latin1; DROP TABLE x', "latin1'", '', 'LATIN1 ', 'utf8mb4--', '`']) {
    t.throws(() => new SessionRows(tableOf('sessions', charset)), RangeError, charset);
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

  async function holdTurn(connection: Connection, lockName = 'bny:test') {
    await connection.query('DO GET_LOCK(?, 0)', [lockName]);
    return { kind: 'name', lockName, connectionId: connection.threadId ?? 0 } as const;
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
      const rows = new SessionRows(tableOf(table, charset));
      for (const bytes of samples) {
        const what = `${bytes.length} bytes`;
        await connection.query(`DELETE FROM ${table}`);
        await rows.insert(connection, 'ours', bytes);
        t.same(perlReads(table, charset, 'ours'), bytes, `${what}: Perl reads what we added`);
        t.same(await rows.read(connection, 'ours', false), bytes, `${what}: so do we`);
        perlWrites(table, charset, 'theirs', bytes);
        t.same(await rows.read(connection, 'theirs', true), bytes, `${what}: we read what Perl wrote`);
        const start = dumper.subarray(0, 20);
        await rows.update(connection, 'theirs', { read: bytes, bytes: start }, fence);
        await rows.update(connection, 'theirs', { read: start, bytes }, fence);
        t.same(perlReads(table, charset, 'theirs'), bytes, `${what}: Perl reads what we wrote over it`);
      }
    });
  }

  await t.test('a session that is not there is null, and one that is empty is not', async (t) => {
    const rows = new SessionRows(tableOf('latin1_text', 'latin1'));
    t.equal(await rows.read(connection, 'nobody', true), null);
    await rows.insert(connection, 'empty', Buffer.alloc(0));
    t.same(await rows.read(connection, 'empty', true), Buffer.alloc(0));
    await rows.remove(connection, 'empty', Buffer.alloc(0), fence);
    t.equal(await rows.read(connection, 'empty', true), null);
  });

  await t.test('writing the same again is no loss of the turn', async () => {
    const rows = new SessionRows(tableOf('latin1_text', 'latin1'));
    await rows.insert(connection, 'same', dumper);
    await rows.update(connection, 'same', { read: dumper, bytes: dumper }, fence);
  });

  await t.test('a write without the turn is refused, and changes nothing', async (t) => {
    const rows = new SessionRows(tableOf('latin1_text', 'latin1'));
    await rows.insert(connection, 'fenced', dumper);
    const nobody: Fence = { ...fence, lockName: 'bny:nobody' };
    const other: Fence = { ...fence, connectionId: fence.connectionId + 1000 };
    const change = { read: dumper, bytes: everyByte };
    for (const lost of [nobody, other, { kind: 'file' } as const]) {
      await t.rejects(rows.update(connection, 'fenced', change, lost), { code: 'LEASE_LOST' });
      await t.rejects(rows.remove(connection, 'fenced', dumper, lost), { code: 'LEASE_LOST' });
    }
    await t.rejects(
      rows.update(connection, 'absent', change, nobody),
      { code: 'LEASE_LOST' },
      'whatever the row is',
    );
    t.same(await rows.read(connection, 'fenced', false), dumper);
  });

  await t.test('a row that is gone is not made again', async (t) => {
    const rows = new SessionRows(tableOf('latin1_text', 'latin1'));
    const change = { read: dumper, bytes: everyByte };
    const gone = { code: 'SESSION_STALE', message: /deleted/ };
    await t.rejects(rows.update(connection, 'logged-out', change, fence), gone);
    await t.rejects(rows.remove(connection, 'logged-out', dumper, fence), gone);
    t.equal(await rows.read(connection, 'logged-out', false), null);
  });

  const modes: [name: string, mode: string][] = [
    ['a strict server', 'STRICT_TRANS_TABLES'],
    ['a server of 2003', ''],
  ];
  for (const [name, mode] of modes) {
    await t.test(`what does not fit is not cut, on ${name}`, async (t) => {
      await connection.query('SET SESSION sql_mode = ?', [mode]);
      const rows = new SessionRows(tableOf('latin1_text', 'latin1'));
      const [fits, tooLong] = [Buffer.alloc(65_535, 'x'), Buffer.alloc(65_536, 'y')];
      await connection.query("DELETE FROM latin1_text WHERE id IN ('big', 'new')");
      await rows.insert(connection, 'big', fits);
      for (const write of [
        () => rows.update(connection, 'big', { read: fits, bytes: tooLong }, fence),
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
      const rows = new SessionRows(tableOf('latin1_text', 'utf8mb4'));
      await connection.query("DELETE FROM latin1_text WHERE id = 'wide'");
      await rows.insert(connection, 'wide', utf8Text);
      for (const bytes of [Buffer.from('\u263a', 'utf8'), everyByte]) {
        await connection.query('START TRANSACTION');
        const change = { read: utf8Text, bytes };
        await t.rejects(rows.update(connection, 'wide', change, fence), { code: 'SESSION_UNWRITABLE' });
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
      const rows = new SessionRows(tableOf(table, 'latin1'));
      await t.rejects(rows.read(connection, 'a', false), { code: 'ER_NO_SUCH_TABLE' }, table);
    }
    const [rows] = await connection.query<RowDataPacket[]>("SHOW TABLES LIKE 'guard'");
    t.equal(rows.length, 1);
  });

  await t.test('hostile bytes and ids are only bytes and ids', async (t) => {
    const rows = new SessionRows(tableOf('latin1_text', 'latin1'));
    const bytes = Buffer.from("'); DROP TABLE guard; -- \\' \u0000", 'latin1');
    await rows.insert(connection, "' OR 1=1 -- ", bytes);
    t.same(await rows.read(connection, "' OR 1=1 -- ", false), bytes);
    await t.rejects(rows.remove(connection, "' OR '1'='1", dumper, fence), { code: 'SESSION_STALE' });
    t.ok(await rows.read(connection, 'same', false), 'the others are still there');
  });

  await t.test('a table of another database is found', async (t) => {
    const rows = new SessionRows(tableOf('shop.latin1_text', 'latin1'));
    t.same(await rows.read(connection, 'same', false), dumper);
  });

  await t.test('a row that somebody has changed since it was read is left as it is', async (t) => {
    for (const engine of ['InnoDB', 'MyISAM']) {
      await connection.query('DROP TABLE IF EXISTS changed');
      await connection.query(
        `CREATE TABLE changed (id CHAR(32) PRIMARY KEY, a_session TEXT NOT NULL) ENGINE=${engine}`,
      );
      const rows = new SessionRows(tableOf('changed', 'latin1'));
      await rows.insert(connection, 'a', dumper);
      await connection.query('START TRANSACTION');
      const read = (await rows.read(connection, 'a', true)) as Buffer;
      // Of InnoDB a row that is locked; of MyISAM nothing is.
      if (engine === 'MyISAM') perlWrites('changed', 'latin1', 'a', utf8Text);
      else await connection.query("UPDATE changed SET a_session = ? WHERE id = 'a'", [utf8Text]);
      const changed = { code: 'SESSION_STALE', message: /changed/ };
      await t.rejects(rows.update(connection, 'a', { read, bytes: everyByte }, fence), changed, engine);
      await t.rejects(rows.remove(connection, 'a', read, fence), changed, engine);
      t.same(await rows.read(connection, 'a', false), utf8Text, `${engine}: nothing of theirs is lost`);
      await connection.query('COMMIT');
    }
  });

  const small: [type: string, limit: number][] = [
    ['TINYTEXT CHARACTER SET latin1', 255],
    ['TINYBLOB', 255],
    ['VARBINARY(300)', 300],
    ['BLOB', 65_535],
    ['VARCHAR(100) CHARACTER SET utf8mb4', 100],
  ];
  for (const [name, mode] of modes) {
    for (const [type, limit] of small) {
      await t.test(`a MyISAM ${type} takes what fits and never a part of the rest, on ${name}`, async (t) => {
        await connection.query('DROP TABLE IF EXISTS small');
        await connection.query(
          `CREATE TABLE small (id CHAR(32) PRIMARY KEY, a_session ${type} NOT NULL) ENGINE=MyISAM`,
        );
        await connection.query('SET SESSION sql_mode = ?', [mode]);
        const rows = new SessionRows(tableOf('small', 'latin1'));
        const [fits, tooLong] = [Buffer.alloc(limit, 0xe9), Buffer.alloc(limit + 1, 0xea)];
        await rows.insert(connection, 'a', fits.subarray(1));
        await rows.update(connection, 'a', { read: fits.subarray(1), bytes: fits }, fence);
        const problem = { code: 'SESSION_UNWRITABLE', message: new RegExp(`${limit + 1} bytes`) };
        await t.rejects(rows.update(connection, 'a', { read: fits, bytes: tooLong }, fence), problem);
        t.same(await rows.read(connection, 'a', false), fits, 'not even where nothing is rolled back');
        await t.rejects(rows.insert(connection, 'b', tooLong), problem);
        t.equal(await rows.read(connection, 'b', false), null);
        const [[row]] = await connection.query<RowDataPacket[]>('SELECT @@SESSION.sql_mode AS mode');
        t.equal(row?.['mode'], mode, 'the mode of the port is its own');
        await connection.query('SET SESSION sql_mode = DEFAULT');
      });
    }
  }

  await t.test('other names of table and columns, and other columns, which stay as they are', async (t) => {
    await connection.query(`CREATE TABLE \`web sessions\` (
      \`order\` VARCHAR(64) PRIMARY KEY, note VARCHAR(20), \`a\`\`b\` MEDIUMBLOB NOT NULL, hits INT NOT NULL DEFAULT 7)`);
    const names = { table: 'web sessions', idColumn: 'order', dataColumn: 'a`b' };
    const rows = new SessionRows({ ...tableOf('', 'latin1'), ...names });
    await rows.insert(connection, 'a', dumper);
    await connection.query("UPDATE `web sessions` SET note = 'kept', hits = 8");
    await rows.update(connection, 'a', { read: dumper, bytes: everyByte }, fence);
    t.same(await rows.read(connection, 'a', true), everyByte);
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT note, hits FROM `web sessions`');
    t.match(row, { note: 'kept', hits: 8 });
    await rows.remove(connection, 'a', everyByte, fence);
    t.equal(await rows.read(connection, 'a', false), null);
  });

  for (const [name, mode] of modes) {
    await t.test(`a new row where another column must have a value, on ${name}`, async (t) => {
      await connection.query('DROP TABLE IF EXISTS wants_more');
      await connection.query(
        'CREATE TABLE wants_more (id CHAR(32) PRIMARY KEY, a_session TEXT NOT NULL, user_id INT NOT NULL) ENGINE=MyISAM',
      );
      await connection.query('SET SESSION sql_mode = ?', [mode]);
      const rows = new SessionRows(tableOf('wants_more', 'latin1'));
      const inserted = rows.insert(connection, 'a', dumper);
      if (mode === '') {
        await inserted;
        t.same(
          await rows.read(connection, 'a', false),
          dumper,
          'the server fills in a 0, as it does for Perl',
        );
      } else {
        await t.rejects(inserted, { code: 'SESSION_UNWRITABLE', message: /user_id/ });
      }
      await connection.query('SET SESSION sql_mode = DEFAULT');
    });
  }
});
