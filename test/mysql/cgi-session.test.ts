import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import { mysqlStore } from '../../src/mysql/transaction.ts';
import type { SessionData } from '../../src/session/session.ts';
import { optionsFor, perlWithDb, useMariaDb } from './use-mariadb.ts';
import { ports, takeTurn } from './use-port.ts';

const ofItsOwn =
  "sid VARCHAR(64) NOT NULL PRIMARY KEY, note VARCHAR(20) DEFAULT 'new', hits INT NOT NULL DEFAULT 1";

/** The tables that a shop of CGI::Session may have. */
const tables: { name: string; columns: string; engine: 'InnoDB' | 'MyISAM' }[] = [
  {
    name: 'as its manual says',
    columns: 'id CHAR(32) NOT NULL PRIMARY KEY, a_session TEXT NOT NULL',
    engine: 'InnoDB',
  },
  { name: 'of other names', columns: `${ofItsOwn}, payload LONGBLOB NOT NULL`, engine: 'InnoDB' },
  {
    name: 'of other names, in MyISAM',
    columns: `${ofItsOwn}, payload MEDIUMTEXT NOT NULL`,
    engine: 'MyISAM',
  },
];

t.test('sessions of CGI::Session 4.48, on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const admin = await mariadb.connect('shop');
  t.teardown(() => admin.destroy());
  const fence = await takeTurn(admin);

  for (const { name, columns, engine } of tables) {
    const isPlain = columns.startsWith('id');
    const [idColumn, dataColumn] = isPlain ? ['id', 'a_session'] : ['sid', 'payload'];
    const names = { table: 'web_sessions', idColumn, dataColumn };

    /** Runs Perl with `$s`, the session of this id; a new one where it is ''. */
    const perl = (id: string, code: string): string => {
      const program = `use CGI::Session; use JSON::PP; my $id = shift @ARGV;
        my $s = CGI::Session->new('driver:mysql', $id || undef, { Handle => $db,
          TableName => 'web_sessions', IdColName => '${idColumn}', DataColName => '${dataColumn}' }) or die CGI::Session->errstr;
        ${code}; $s->flush;`;
      return perlWithDb(mariadb, 'latin1', program, [id]);
    };
    const begin = `$s->param(cart => { 1001 => 2 }); $s->param(name => "Bj\\xf6rk"); $s->expire('cart', 600); print $s->id`;
    const whole = `print JSON::PP->new->canonical->latin1->encode({ id => $s->id, map { $_ => $s->param($_) } $s->param })`;

    const port = (t: Test, laterMs = 0) => {
      const where: SessionTable = { format: 'cgi-session', ...names, charset: 'latin1' };
      const store = mysqlStore(optionsFor(mariadb), where);
      t.teardown(() => store.close());
      return ports({
        store,
        fence,
        format: 'cgi-session',
        serializer: 'dumper',
        cookieName: 'CGISESSID',
        laterMs,
      });
    };

    await t.test(`in a table ${name}`, async (t) => {
      await admin.query('DROP TABLE IF EXISTS web_sessions');
      await admin.query(`CREATE TABLE web_sessions (${columns}) ENGINE=${engine} DEFAULT CHARSET=latin1`);

      await t.test('Perl begins, a port goes on, Perl reads it whole', async (t) => {
        const id = perl('', begin);
        if (!isPlain) await admin.query("UPDATE web_sessions SET note = 'kept'");
        await port(t)(id, (session) => {
          t.same(session.keys().sort(), ['cart', 'name']);
          (session.get('cart') as SessionData)['1002'] = 1;
          session.set('user', "O'Neill \\");
        });
        const read = JSON.parse(perl(id, whole)) as object;
        t.match(read, { id, cart: { 1001: '2', 1002: '1' }, name: 'Bj\u00f6rk', user: "O'Neill \\" });
        const [rows] = await admin.query<RowDataPacket[]>('SELECT * FROM web_sessions');
        t.equal(rows.length, 1);
        if (!isPlain) t.match(rows[0], { note: 'kept' });
      });

      await t.test('a port begins and renews, and Perl knows the new id only', async (t) => {
        const { id } = await port(t)(null, (session) => session.set('cart', ['1001']));
        t.match(JSON.parse(perl(id, whole)), { id, cart: ['1001'] });
        const renewed = await port(t)(id, (session) => session.renew());
        t.match(JSON.parse(perl(renewed.id, whole)), { id: renewed.id, cart: ['1001'] });
        t.equal(renewed.cookie(), `CGISESSID=${renewed.id}; path=/`);
        t.not((JSON.parse(perl(id, whole)) as { id: string }).id, id, 'of the old one it begins another');
      });

      await t.test('a port that ends the session leaves none, nor of a visitor who had none', async (t) => {
        const id = perl('', begin);
        const count = async (): Promise<unknown> =>
          (await admin.query<RowDataPacket[]>('SELECT COUNT(*) AS sessions FROM web_sessions'))[0][0];
        const before = (await count()) as { sessions: number };
        const ended = await port(t)(id, (session) => session.remove());
        t.match(ended.cookie(), /^CGISESSID=; path=\/; expires=\w{3}, \d\d-\w{3}-\d{4} [\d:]{8} GMT$/);
        await port(t)(null, (session) => session.remove());
        t.same(await count(), { sessions: before.sessions - 1 });
        t.not((JSON.parse(perl(id, whole)) as { id: string }).id, id, 'Perl begins another');
      });

      await t.test('what has expired is removed, and begun anew', async (t) => {
        const id = perl('', `${begin}; $s->expire(60)`);
        const { id: next } = await port(t, 60_000)(id, (session) => t.ok(session.isNew));
        const [rows] = await admin.query<RowDataPacket[]>(
          `SELECT ${idColumn} AS id FROM web_sessions WHERE ${idColumn} IN (?)`,
          [[id, next]],
        );
        t.same(
          rows.map((row) => String(row['id'])),
          [next],
        );
      });

      if (engine === 'InnoDB') return; // there the row is locked, and they wait
      await t.test('a write of somebody without a turn is never written over', async (t) => {
        const id = perl('', begin);
        const work = port(t)(id, (session) => {
          session.set('name', 'ours');
          perl(id, "$s->param(name => 'theirs')");
        });
        await t.rejects(work, { code: 'SESSION_STALE', mayFallBack: true });
        t.match(JSON.parse(perl(id, whole)), { name: 'theirs', cart: { 1001: '2' } });
      });
    });
  }
});
