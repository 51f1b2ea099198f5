import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { SessionKeyRows } from '../../src/mysql/session-rows.ts';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import { mysqlStore } from '../../src/mysql/transaction.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { optionsFor, perlWithDb, useMariaDb } from './use-mariadb.ts';
import { ports, takeTurn } from './use-port.ts';

/** A ticket system's own way with its sessions: what it keeps is read into %s, and what it changes goes into %change. */
const ticketSystem = `
  use Storable (); use MIME::Base64; use JSON::PP;
  my $id = shift @ARGV; my (%s, %newest, %change);
  $db->{mysql_enable_utf8} = 1;
  for my $row (@{ $db->selectall_arrayref('SELECT id, data_key, data_value, serialized FROM sessions WHERE session_id = ? ORDER BY id', undef, $id) }) {
    my ($place, $key, $value, $serialized) = @$row;
    if ($serialized) { $value = Storable::thaw(decode_base64($value)); $value = $$value if ref $value eq 'SCALAR' }
    ($s{$key}, $newest{$key}) = ($value, $place);
  }
  sub save {
    for my $key (sort keys %change) {
      my ($value, $serialized) = ($change{$key}, ref $change{$key} ? 1 : 0);
      $value = encode_base64(Storable::nfreeze($value)) if $serialized;
      $db->do('INSERT INTO sessions (session_id, data_key, data_value, serialized) VALUES (?,?,?,?)', undef, $id, $key, $value, $serialized);
      $db->do('DELETE FROM sessions WHERE session_id = ? AND data_key = ? AND id <= ?', undef, $id, $key, $newest{$key} || 1);
    }
  }
  sub whole { print JSON::PP->new->canonical->ascii->allow_blessed->encode({ %s }) }
`;

const begin = `%change = (UserLogin => 'root', UserFirstname => "J\\x{f6}rg \\x{263a}", UserLastRequest => 1795409476, Empty => '',
  Nothing => undef, LastViews => [ 'AgentTicketZoom', { TicketID => 7 } ], Flags => { 'a' => { b => [1, 2] } }, Text => \\'scalar'); save()`;

t.test('sessions of a row for each key, on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const admin = await mariadb.connect('shop');
  t.teardown(() => admin.destroy());
  const columns = `(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, session_id VARCHAR(100) NOT NULL,
    data_key VARCHAR(100) NOT NULL, data_value TEXT, serialized SMALLINT NOT NULL, INDEX (session_id, data_key))`;
  await admin.query(
    `CREATE TABLE sessions ${columns} ENGINE=InnoDB AUTO_INCREMENT=100 DEFAULT CHARSET=utf8mb4`,
  );
  const fence = await takeTurn(admin);
  const where: SessionTable = {
    format: 'rows',
    table: 'sessions',
    idColumn: 'session_id',
    dataColumn: 'data_value',
    charset: 'utf8mb4',
  };

  function port(t: Test, more: Partial<SessionTable> = {}) {
    const options = { ...optionsFor(mariadb), charset: 'utf8mb4_general_ci' };
    const store = mysqlStore(options, { ...where, ...more });
    t.teardown(() => store.close());
    return ports({ store, fence, format: 'rows', serializer: 'rows' });
  }

  const perl = (id: string, code: string): string =>
    perlWithDb(mariadb, 'utf8mb4', `${ticketSystem}; ${code}`, [id]);
  const read = (id: string): Record<string, unknown> =>
    JSON.parse(perl(id, 'whole()')) as Record<string, unknown>;

  /** Every row there is, as it stands. */
  async function rowsOf(id: string): Promise<Record<string, unknown>[]> {
    const [rows] = await admin.query<RowDataPacket[]>(
      'SELECT * FROM sessions WHERE session_id = ? ORDER BY id',
      [id],
    );
    return rows.map((row) => ({ ...row }));
  }

  await t.test('a port reads what the application wrote', async (t) => {
    perl('Abc1', begin);
    const draft = await port(t)('abc1', (session) => {
      const all = Object.fromEntries(session.keys().map((key) => [key, session.get(key)]));
      t.same(JSON.parse(JSON.stringify(all)), {
        UserLogin: 'root',
        UserFirstname: 'J\u00f6rg \u263a',
        UserLastRequest: '1795409476',
        Empty: '',
        Nothing: null,
        LastViews: ['AgentTicketZoom', { TicketID: 7 }],
        Flags: { a: { b: [1, 2] } },
        Text: 'scalar',
      });
    });
    t.match(draft, { id: 'Abc1', isNew: false }, 'the id is spelled as in the table');
    t.equal(draft.cookie(), 'SID=Abc1; path=/');
  });

  await t.test(
    'the application reads what a port wrote, and only rows of changed keys are written',
    async (t) => {
      perl('Abc2', begin);
      const before = await rowsOf('Abc2');
      await port(t)('abc2', (session) => {
        session.set('UserFirstname', 'S\u00f8ren \u2603');
        session.set('UserLastRequest', 1795409999);
        session.set('UserLogin', 'root');
        ((session.get('LastViews') as SessionValue[])[1] as SessionData)['Queue'] = 'Raw \u263a';
        session.set('New', ['x', null]);
        session.set('Ratio', 0.1 + 0.2);
        session.delete('Empty');
      });
      const views = ['AgentTicketZoom', { TicketID: 7, Queue: 'Raw \u263a' }];
      const { UserFirstname, UserLastRequest, LastViews, New, Ratio, Empty, ...others } = read('Abc2');
      t.same(
        { UserFirstname, UserLastRequest, LastViews, New, Ratio, Empty },
        {
          UserFirstname: 'S\u00f8ren \u2603',
          UserLastRequest: '1795409999',
          LastViews: views,
          New: ['x', null],
          Ratio: '0.3',
          Empty: undefined,
        },
      );
      t.same(others, { UserLogin: 'root', Nothing: null, Flags: { a: { b: [1, 2] } }, Text: 'scalar' });
      const after = await rowsOf('Abc2');
      const untouched = ['UserLogin', 'Nothing', 'Flags', 'Text'];
      const still = (rows: Record<string, unknown>[]) =>
        rows.filter((row) => untouched.includes(String(row['data_key'])));
      t.same(still(after), still(before), 'the other rows are the very same');
      t.equal(after.length, 9, 'and of each key there is one');
      t.ok(after.every((row) => row['session_id'] === 'Abc2'));
    },
  );

  await t.test('the newest row of a key counts, and the older ones go when it is written', async (t) => {
    perl('dup', begin);
    await admin.query(
      "INSERT INTO sessions (session_id, data_key, data_value, serialized) VALUES ('dup', 'UserLogin', 'newer', 0)",
    );
    await port(t)('dup', (session) => t.equal(session.get('UserLogin'), 'newer'));
    t.equal((await rowsOf('dup')).length, 9, 'who changes nothing writes nothing');
    await port(t)('dup', (session) => session.set('UserLogin', 'newest'));
    const logins = (await rowsOf('dup')).filter((row) => row['data_key'] === 'UserLogin');
    t.match(logins, [{ data_value: 'newest' }]);
    t.equal(logins.length, 1);
  });

  await t.test('what a port cannot understand it carries, and never drops', async (t) => {
    const knot = `my $shared = [1]; %change = (Shared => { a => $shared, b => $shared },
      Object => bless({ secret => 1 }, 'My::Cart'), Ref => \\\\'x', Plain => 1); save()`;
    perl('odd', knot);
    const before = await rowsOf('odd');
    await port(t)('odd', (session) => {
      for (const key of ['Shared', 'Object', 'Ref']) t.match(session.get(key), { opaque: true }, key);
      session.set('Plain', 2);
    });
    t.same(
      (await rowsOf('odd')).slice(0, 2),
      before.filter((row) => row['data_key'] !== 'Plain').slice(0, 2),
    );
    t.equal(
      perl('odd', "print $s{Shared}{a} == $s{Shared}{b} && ref $s{Object} eq 'My::Cart' && $s{Plain}"),
      '2',
    );
    await t.rejects(
      port(t)('odd', (session) => session.set('Elsewhere', session.get('Object'))),
      { code: 'SESSION_UNWRITABLE', message: /key "Elsewhere"/ },
    );
    await port(t)('odd', (session) => session.set('Shared', { a: [2] }));
    t.equal(perl('odd', 'print $s{Shared}{a}[0]'), '2', 'it may be replaced');
  });

  await t.test(
    'a value that cannot be thawed makes the session unreadable, and is still there',
    async (t) => {
      for (const [id, value] of [
        ['bad1', "'not base64!'"],
        ['bad2', 'encode_base64("\\5\\13garbage")'],
        ['bad3', 'undef'],
      ]) {
        perl(
          id as string,
          `${begin}; $db->do('UPDATE sessions SET data_value = ? WHERE session_id = ? AND data_key = ?', undef, ${value}, $id, 'Flags')`,
        );
        const before = await rowsOf(id as string);
        await t.rejects(port(t)(id as string), { code: 'SESSION_UNREADABLE', message: /key "Flags"/ });
        t.same(await rowsOf(id as string), before);
      }
    },
  );

  await t.test('only the application begins a session', async (t) => {
    const message = /only the application/;
    const draft = await port(t)('nobody', (session) => t.same(session.keys(), []));
    t.ok(draft.isNew, 'who comes with none has an empty one');
    t.throws(() => draft.cookie(), { code: 'SESSION_UNWRITABLE', message });
    await t.rejects(
      port(t)('nobody', (session) => session.set('a', 1)),
      { code: 'SESSION_UNWRITABLE', message },
    );
    await t.rejects(
      port(t)(null, (session) => session.set('a', 1)),
      { code: 'SESSION_UNWRITABLE', message },
    );
    perl('keeps', begin);
    for (const wish of ['renew', 'expire'] as const) {
      await t.rejects(
        port(t)('keeps', (session) => session[wish](60)),
        { name: 'TypeError', message },
      );
    }
    t.same(await rowsOf('nobody'), []);
  });

  await t.test(
    'a port that ends a session leaves no row of it, and a cookie that is forgotten',
    async (t) => {
      perl('ends', begin);
      for (const id of ['ends', 'nobody', null]) {
        const draft = await port(t)(id, (session) => session.remove());
        t.match(draft.cookie(), /^SID=; path=\/; expires=/);
      }
      t.same(await rowsOf('ends'), []);
    },
  );

  await t.test('without the turn nothing is written, and after somebody else neither', async (t) => {
    for (const engine of ['InnoDB', 'MyISAM']) {
      await admin.query(`ALTER TABLE sessions ENGINE=${engine}`);
      const id = `fence${engine}`;
      perl(id, begin);
      const rows = new SessionKeyRows(where);
      const bytes = (await rows.read(admin, id, true)) as Buffer;
      const change = { read: bytes, bytes: Buffer.from(String(bytes).replace('"root"', '"toor"')) };
      const lost = { ...fence, lockName: 'bny:nobody' } as typeof fence;
      const before = await rowsOf(id);
      for (const no of [lost, { kind: 'file' } as const]) {
        await t.rejects(rows.update(admin, id, change, no), { code: 'LEASE_LOST' }, engine);
        await t.rejects(rows.remove(admin, id, bytes, no), { code: 'LEASE_LOST' }, engine);
      }
      t.same(await rowsOf(id), before, engine);
      perl(id, "%change = (UserLogin => 'theirs'); save()");
      await t.rejects(
        rows.update(admin, id, change, fence),
        { code: 'SESSION_STALE', message: /changed/ },
        engine,
      );
      t.equal(read(id)['UserLogin'], 'theirs', engine);
      const now = (await rows.read(admin, id, true)) as Buffer;
      await rows.remove(admin, id, now, fence);
      t.same(await rowsOf(id), []);
      await t.rejects(
        rows.update(admin, id, change, fence),
        { code: 'SESSION_STALE', message: /deleted/ },
        engine,
      );
    }
  });

  await t.test('what does not fit is not cut, whatever the engine and the mode', async (t) => {
    for (const mode of ['', 'STRICT_TRANS_TABLES']) {
      await admin.query('SET GLOBAL sql_mode = ?', [mode]);
      perl('big', 'print 1');
      await admin.query("DELETE FROM sessions WHERE session_id = 'big'");
      perl('big', begin);
      const before = await rowsOf('big');
      const write = port(t)('big', (session) => session.set('UserLogin', 'x'.repeat(65_536)));
      await t.rejects(write, { code: 'SESSION_UNWRITABLE', message: /65536 bytes/ }, mode);
      t.same(await rowsOf('big'), before);
      await port(t)('big', (session) => session.set('UserLogin', 'x'.repeat(65_535)));
      t.equal(String(read('big')['UserLogin']).length, 65_535);
    }
  });

  await t.test(
    'other names, bytes instead of characters, and a table that cannot tell what is newer',
    async (t) => {
      await admin.query(`CREATE TABLE old (n INT AUTO_INCREMENT PRIMARY KEY, sid VARCHAR(50), data_key VARCHAR(50),
      \`a value\` BLOB, serialized INT) DEFAULT CHARSET=latin1`);
      await admin.query("INSERT INTO old VALUES (NULL, 'a', 'name', X'42F6', 0)");
      const old = { table: 'old', idColumn: 'sid', dataColumn: 'a value', charset: 'latin1' };
      await port(t, old)('a', (session) => {
        t.equal(session.get('name'), 'B\u00f6');
        session.set('name', '\u00e4');
      });
      const [rows] = await admin.query<RowDataPacket[]>('SELECT HEX(`a value`) AS hex FROM old');
      t.match(rows, [{ hex: 'E4' }]);
      await t.rejects(
        port(t, old)('a', (session) => session.set('name', '\u263a')),
        { code: 'SESSION_UNWRITABLE', message: /U\+00FF/ },
      );
      await admin.query('ALTER TABLE old MODIFY n INT NOT NULL, DROP PRIMARY KEY');
      await t.rejects(port(t, old)('a'), { code: 'SESSION_UNREADABLE', message: /AUTO_INCREMENT/ });
    },
  );
});
