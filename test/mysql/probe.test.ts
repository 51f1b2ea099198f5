import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import mysql from 'mysql2/promise';
import t, { type Test } from 'tap';
import { probeDatabase } from '../../src/mysql/probe.ts';
import type { DatabaseUse } from '../../src/mysql/probe-ask.ts';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import { codecCalled } from '../../src/perl/formats.ts';
import type { ProbeFinding } from '../../src/session/probe.ts';
import { optionsFor, useMariaDb, usualTable } from './use-mariadb.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/perl');
const use: DatabaseUse = {
  codec: codecCalled('dumper'),
  lockKind: 'auto',
  keepsTimeline: false,
  hasPorts: true,
  writes: [],
  connections: 75,
};
const where = usualTable;
const goodTable =
  'CREATE TABLE sessions (id CHAR(32) PRIMARY KEY, a_session MEDIUMTEXT NOT NULL) ENGINE=InnoDB CHARSET=latin1';

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at}`.padStart(32, 'a'));
const session = (id: string): string => `$D = {'_SESSION_ID' => '${id}','cart' => [1]};;$D`;
const troubles = (found: readonly ProbeFinding[]): string[] =>
  found.filter(({ severity }) => severity !== 'ok').map(({ severity, code }) => `${severity} ${code}`);

t.test('a database is looked at before traffic finds out', async (t) => {
  const mariadb = await useMariaDb(t);
  const options = optionsFor(mariadb);
  const db = await mariadb.connect('shop');
  t.teardown(() => db.destroy());
  const globals = new Map<string, string>([
    ['sql_mode', 'STRICT_TRANS_TABLES'],
    ['max_connections', '300'],
  ]);

  /** A database that holds what these statements make, and nothing else. */
  async function shopWith(...statements: string[]): Promise<void> {
    await db.query('DROP DATABASE IF EXISTS shop; CREATE DATABASE shop CHARACTER SET latin1; USE shop');
    for (const [name, value] of globals)
      await db.query(`SET GLOBAL ${name} = ?`, [/^\d+$/.test(value) ? Number(value) : value]);
    for (const statement of statements) await db.query(statement);
  }
  const addRows = async (rows: readonly (readonly [string, string | Buffer])[]): Promise<void> => {
    await db.query('INSERT INTO sessions (id, a_session) VALUES ?', [rows]);
  };
  const probe = (table: Partial<SessionTable> = {}, more: Partial<DatabaseUse> = {}, other = {}) =>
    probeDatabase({ ...options, ...other }, { ...where, ...table }, { ...use, ...more });
  const finding = (t: Test, found: readonly ProbeFinding[], what: string): ProbeFinding => {
    t.ok(troubles(found).includes(what), `${what} is among: ${troubles(found).join(', ')}`);
    return found.find(({ severity, code }) => `${severity} ${code}` === what) as ProbeFinding;
  };

  await t.test('a good one: every look is one line, and nothing is changed', async (t) => {
    await shopWith(goodTable);
    await addRows(ids(3).map((id) => [id, session(id)]));
    const [[before]] = await db.query<mysql.RowDataPacket[][]>('CHECKSUM TABLE sessions');
    const found = await probe();
    t.same(troubles(found), []);
    t.same(
      found.map(({ code }) => code),
      [
        'server',
        'locks',
        'connections',
        'table',
        'rights',
        'index',
        'id',
        'data',
        'charset',
        'engine',
        'rows',
      ],
    );
    t.match(found.at(-1)?.message, '3 of 3 rows looked at can be read as dumper');
    const [[after]] = await db.query<mysql.RowDataPacket[][]>('CHECKSUM TABLE sessions');
    t.same(after, before);
  });

  await t.test('nobody answers, or not to us: one finding, without the password', async (t) => {
    await shopWith(goodTable);
    const cases: [string, object][] = [
      ['database-unreachable', { port: 1 }],
      ['access-denied', { password: 'not-the-password' }],
      ['unknown-database', { user: 'root', database: 'shopp' }],
      ['access-denied', { database: 'shopp' }],
      ['access-denied', { database: 'mysql' }],
    ];
    for (const [code, other] of cases) {
      const found = await probe({}, {}, other);
      t.same(troubles(found), [`error ${code}`]);
      t.notMatch(JSON.stringify(found), /not-the-password|\bat \w+.*:\d+:\d+/);
    }
  });

  await t.test('a table or a column that is not there, and what it may be called', async (t) => {
    await shopWith(goodTable);
    t.match(finding(t, await probe({ table: 'session' }), 'error no-table').help, 'did you mean "sessions"?');
    const id = finding(t, await probe({ idColumn: 'idd' }), 'error no-column');
    t.match(id.help, 'did you mean "id"?');
    const data = finding(t, await probe({ dataColumn: 'a_sesion' }), 'error no-column');
    t.match(data, { message: /a_sesion/, help: /did you mean "a_session"\? .*\?data=/ });
  });

  await t.test('an id that is not unique', async (t) => {
    await shopWith(goodTable.replace(' PRIMARY KEY', ''));
    t.match(finding(t, await probe(), 'error no-unique-id').help, 'ADD PRIMARY KEY (id)');
    await shopWith(goodTable.replace(' PRIMARY KEY', ''), 'CREATE INDEX i ON sessions (id)');
    finding(t, await probe(), 'error no-unique-id');
    t.same(
      troubles(await probe({ format: 'rows' }, { codec: null })),
      [],
      'one row for each key is meant so',
    );
    await shopWith(goodTable.replace(' PRIMARY KEY', ''), 'CREATE UNIQUE INDEX i ON sessions (id)');
    t.same(troubles(await probe()), []);
    await shopWith(goodTable.replace(' PRIMARY KEY', ''));
    finding(t, await probe({ format: 'rows' }, { codec: null }), 'warning no-index');
  });

  await t.test('an id column that cuts ids, or minds their capitals', async (t) => {
    await shopWith(goodTable.replace('CHAR(32)', 'CHAR(16)'));
    finding(t, await probe(), 'error id-short');
    await shopWith(goodTable.replace('CHAR(32)', 'CHAR(36)'));
    await addRows([['a'.repeat(36), session('x')]]);
    finding(t, await probe(), 'warning id-short');
    await shopWith(goodTable.replace('CHAR(32)', 'CHAR(32) COLLATE latin1_bin'));
    finding(t, await probe(), 'warning id-case');
    await addRows([['ABC', session('ABC')]]);
    finding(t, await probe(), 'error id-capitals');
    await shopWith(goodTable.replace('CHAR(32)', 'VARBINARY(32)'));
    finding(t, await probe(), 'warning id-case');
  });

  await t.test('sessions that outgrow their column', async (t) => {
    const text = goodTable.replace('MEDIUMTEXT', 'TEXT');
    const large = (bytes: number): string => `$D = {'x' => '${'x'.repeat(bytes)}'};;$D`;
    await shopWith(text);
    t.same(troubles(await probe()), []);
    await addRows([['a', large(40_000)]]);
    t.match(finding(t, await probe(), 'warning data-short'), {
      message: /40,0\d\d bytes; the script .* dies/,
    });
    await addRows([['b', large(60_000)]]);
    t.match(finding(t, await probe(), 'error data-short').help, 'MODIFY a_session MEDIUMTEXT');
    globals.set('sql_mode', '');
    await shopWith(text);
    t.match(finding(t, await probe(), 'warning data-cut').message, 'cut without a word');
    await shopWith(goodTable);
    t.same(troubles(await probe()), [], 'a MEDIUMTEXT is large enough');
    globals.set('sql_mode', 'STRICT_TRANS_TABLES');
  });

  await t.test('character sets that lose bytes', async (t) => {
    const kept = { latin1: ['latin1'], utf8mb4: ['latin1'], binary: ['latin1', 'utf8mb4'] };
    for (const [column, charsets] of Object.entries(kept)) {
      const type = column === 'binary' ? 'LONGBLOB' : `MEDIUMTEXT CHARACTER SET ${column}`;
      await shopWith(goodTable.replace('MEDIUMTEXT', type));
      for (const charset of ['latin1', 'utf8mb4']) {
        const isKept = charsets.includes(charset);
        const expected = (finding: string): string[] => (isKept ? [] : [finding]);
        const what = `${charset} in ${column}`;
        t.same(troubles(await probe({ charset })), expected('warning charset-loses'), what);
        const [native, base64] = ['storable-native', 'storable-base64'].map((name) => codecCalled(name));
        t.same(
          troubles(await probe({ charset }, { codec: native ?? null })),
          expected('error charset-loses'),
          what,
        );
        t.same(troubles(await probe({ charset }, { codec: base64 ?? null })), [], `${what}, in ASCII`);
      }
    }
    await shopWith(goodTable);
    finding(t, await probe({ charset: 'latin9' }), 'error charset-unknown');
  });

  await t.test('rows that were written over a connection of another character set', async (t) => {
    await shopWith(goodTable.replace('MEDIUMTEXT', 'MEDIUMTEXT CHARACTER SET utf8mb4'));
    await db.query(
      "SET NAMES utf8mb4; INSERT INTO sessions VALUES ('a', '$D = {\\'x\\' => \\'Łódź\\'};;$D')",
    );
    finding(t, await probe({ charset: 'latin1' }), 'error charset-other');
    await shopWith(goodTable.replace('MEDIUMTEXT', 'MEDIUMTEXT CHARACTER SET utf8mb4'));
    const utf8 = Buffer.from("$D = {'x' => 'caf\u00e9'};;$D").toString('hex');
    await db.query(`INSERT INTO sessions VALUES ('a', _latin1 X'${utf8}')`);
    finding(t, await probe({ charset: 'utf8mb4' }), 'warning charset-doubled');
    t.same(troubles(await probe({ charset: 'latin1' })), []);
  });

  await t.test('rows in another format than the serializer', async (t) => {
    await shopWith(goodTable);
    await addRows(ids(3).map((id) => [id, session(id)]));
    await addRows(ids(47).map((id) => [id.replaceAll('a', 'b'), `---\n_SESSION_ID: ${id}\n`]));
    t.match(finding(t, await probe(), 'error serializer'), {
      message: '47 of 50 rows look like yaml-xs, and the serializer is dumper',
      help: 'write "serializer: yaml-xs"',
    });
    const mixed = finding(t, await probe({}, { codec: codecCalled('yaml-pm') }), 'warning rows-unread');
    t.match(mixed, { message: '3 of 50 rows cannot be read as yaml-pm', help: /3 look like dumper/ });
    t.same(troubles(await probe({}, { codec: codecCalled('auto') })), []);
    await shopWith(goodTable.replace('MEDIUMTEXT', 'MEDIUMBLOB'));
    const native = readFileSync(join(fixtures, 'cart.cgisession-storable.bin'));
    await addRows(ids(3).map((id) => [id, native]));
    t.equal(finding(t, await probe(), 'error serializer').help, 'write "serializer: storable-native"');
    t.same(troubles(await probe({}, { codec: codecCalled('storable-native') })), []);
    await shopWith(goodTable);
    await addRows([['a', 'no session at all']]);
    t.match(finding(t, await probe(), 'error rows-unread').help, /byte 0/);
  });

  await t.test('the newest rows are looked at, where a column tells which those are', async (t) => {
    await shopWith(goodTable.replace('TEXT NOT NULL', 'TEXT NOT NULL, at TIMESTAMP NOT NULL'));
    await db.query('INSERT INTO sessions (id, a_session, at) VALUES ?', [
      [
        ...ids(60).map((id) => [id, 'from long ago', '2003-01-01']),
        ...ids(60).map((id) => [id.replaceAll('a', 'b'), session(id), '2026-01-01']),
      ],
    ]);
    t.match((await probe()).at(-1)?.message, '50 of 50 rows looked at can be read as dumper');
  });

  await t.test('tables without transactions', async (t) => {
    await shopWith(goodTable.replace('InnoDB', 'MyISAM'), 'CREATE TABLE hits (n INT) ENGINE=Aria');
    finding(t, await probe(), 'error engine');
    finding(t, await probe({}, { hasPorts: false }), 'warning engine');
    t.match(finding(t, await probe(), 'warning other-engines').message, 'hits;');
  });

  await t.test('tables without transactions that ports are seen to write', async (t) => {
    const tables = ['hits (n INT) ENGINE=Aria', 'log (n INT) ENGINE=MyISAM', 'ok (n INT) ENGINE=InnoDB'];
    await shopWith(goodTable, ...tables.map((table) => `CREATE TABLE ${table}`));
    const table = (name: string, schema: string | null = null) => ({ schema, name });
    const route = {
      route: 'view',
      isServed: true,
      effects: 'refused',
      tables: [table('HITS'), table('hits')],
    } as const;
    const refused = [route, { ...route, route: 'cart' }, { ...route, route: 'late', isServed: false }];
    // On Linux HITS and hits are two tables.
    const found = await probe({}, { writes: refused });
    t.match(finding(t, found, 'error writes-refused'), {
      message: 'refused: the ports of view, cart would write hits (Aria), which does not roll back',
      help: /ALTER TABLE hits ENGINE=InnoDB .*, or write "effects: accepted" into the route/,
    });
    t.match(finding(t, found, 'warning writes-refused').message, /^to be refused: the port of late would/);
    t.match(finding(t, found, 'warning other-engines').message, 'transactions: log;');
    const writes = [
      { ...route, effects: 'accepted', tables: [table('log', 'shop'), table('ok'), table('gone')] } as const,
    ];
    const accepted = await probe({}, { writes });
    t.match(
      accepted.find(({ code }) => code === 'writes-accepted')?.message,
      /^the port of view may write shop.log/,
    );
    t.match(finding(t, accepted, 'warning other-engines').message, 'transactions: hits;');
  });

  await t.test('rights that are missing', async (t) => {
    await shopWith(goodTable);
    await db.query("CREATE OR REPLACE USER narrow@'127.0.0.1' IDENTIFIED BY 'narrow'");
    await db.query("GRANT SELECT, UPDATE ON shop.sessions TO narrow@'127.0.0.1'");
    const narrow = { user: 'narrow', password: 'narrow' };
    t.match(finding(t, await probe({}, {}, narrow), 'error no-right').message, 'may not INSERT, DELETE');
    finding(t, await probe({}, { lockKind: 'table' }, narrow), 'warning no-create');
    finding(t, await probe({}, { keepsTimeline: true }, narrow), 'warning no-create');
    t.same(
      troubles(await probe({}, { lockKind: 'table', keepsTimeline: true })),
      [],
      'shop may do everything',
    );
    await db.query('CREATE TABLE banyan_timeline (id INT)');
    await db.query("GRANT SELECT ON shop.banyan_timeline TO narrow@'127.0.0.1'");
    t.notOk(troubles(await probe({}, { keepsTimeline: true }, narrow)).includes('warning no-create'));
    await db.query("REVOKE SELECT, UPDATE ON shop.sessions FROM narrow@'127.0.0.1'");
    t.match(finding(t, await probe({}, {}, narrow), 'error no-right').message, 'may not read');
  });

  await t.test('a server that takes no writes', async (t) => {
    await shopWith(goodTable);
    await db.query('SET GLOBAL read_only = 1');
    finding(t, await probe(), 'error read-only');
    await db.query('SET GLOBAL read_only = 0');
  });

  await t.test('too few connections, or such as end while they rest', async (t) => {
    globals.set('max_connections', '60').set('wait_timeout', '5');
    await shopWith(goodTable);
    t.match(finding(t, await probe(), 'warning connections').message, 'up to 75 of 60 connections');
    finding(t, await probe(), 'warning wait-timeout');
    globals.set('max_connections', '300').set('wait_timeout', '28800');
  });

  await t.test('another column that nobody gives a value', async (t) => {
    await shopWith(goodTable, 'ALTER TABLE sessions ADD COLUMN shop INT NOT NULL');
    finding(t, await probe(), 'warning no-default');
  });

  await t.test('a look that is refused keeps nobody from the others', async (t) => {
    await shopWith('CREATE VIEW sessions AS SELECT 1 AS id, 2 AS a_session');
    const found = await probe();
    t.ok(found.some(({ code }) => code === 'server'));
    t.ok(found.some(({ severity }) => severity === 'error'));
  });
});
