import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import type { SessionTable } from '../../src/mysql/session-table.ts';
import { mysqlStore } from '../../src/mysql/transaction.ts';
import type { SessionData } from '../../src/session/session.ts';
import { optionsFor, perlWithDb, useMariaDb } from './use-mariadb.ts';
import { perlInSteps, ports, takeTurn, untilWaiting } from './use-port.ts';

/** How each is tied in Perl, and what routes.yaml calls what it writes. */
const flavours: [name: string, serializer: string, perlClass: string, more: string][] = [
  ['Apache::Session::MySQL', 'storable', 'Apache::Session::MySQL', ''],
  ...(['Storable', 'Base64', 'UUEncode'] as const).map((word): [string, string, string, string] => [
    `Apache::Session::Flex with ${word}`,
    word === 'Storable' ? 'storable' : `storable-${word.toLowerCase()}`,
    'Apache::Session::Flex',
    `, Store => 'MySQL', Lock => 'MySQL', Generate => 'MD5', Serialize => '${word}'`,
  ]),
];

t.test('sessions of Apache::Session, on a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const admin = await mariadb.connect('shop');
  t.teardown(() => admin.destroy());
  const columns =
    '(id CHAR(32) NOT NULL PRIMARY KEY, a_session LONGBLOB, LastUpdated TIMESTAMP, note VARCHAR(20))';
  await admin.query(`CREATE TABLE sessions ${columns}; CREATE TABLE rt_sessions ${columns}`);
  const fence = await takeTurn(admin);

  function port(t: Test, serializer = 'storable', table = 'sessions') {
    const names = { table, idColumn: 'id', dataColumn: 'a_session' };
    const where: SessionTable = { format: 'apache-session', ...names, charset: 'latin1' };
    const store = mysqlStore({ ...optionsFor(mariadb), connectionLimit: 2 }, where);
    t.teardown(() => store.close());
    return ports({ store, fence, format: 'apache-session', serializer });
  }

  /** Runs Perl with `%s` tied to a session; a new one where the id is ''. */
  function perl(id: string, code: string, perlClass = 'Apache::Session::MySQL', more = ''): string {
    const program = `use Apache::Session::MySQL; use Apache::Session::Flex; use JSON::PP;
      tie my %s, '${perlClass}', $ARGV[0] || undef, { Handle => $db, LockHandle => $db ${more} };
      ${code}; untie %s;`;
    return perlWithDb(mariadb, 'latin1', program, [id]);
  }
  const whole = `print JSON::PP->new->canonical->latin1->encode({ %s })`;
  const begin = `$s{cart} = { 1001 => 2 }; $s{name} = "Bj\\xf6rk"; $s{none} = undef; print $s{_session_id}`;

  for (const [name, serializer, perlClass, more] of flavours) {
    await t.test(`${name}: Perl begins, a port goes on, Perl reads it whole`, async (t) => {
      const id = perl('', begin, perlClass, more);
      const draft = await port(t, serializer)(id, (session) => {
        t.same(session.keys().sort(), ['cart', 'name', 'none']);
        t.equal(session.get('name'), 'Bj\u00f6rk');
        (session.get('cart') as SessionData)['1002'] = 1;
        session.set('wide', '\u263a');
        session.delete('none');
      });
      t.match(draft, { id, isNew: false });
      t.equal(draft.cookie(), `SID=${id}; path=/`);
      const read = JSON.parse(perl(id, whole, perlClass, more)) as object;
      t.same(read, { _session_id: id, cart: { 1001: 2, 1002: 1 }, name: 'Bj\u00f6rk', wide: '\u263a' });
    });

    await t.test(`${name}: a port begins, Perl goes on, and the port reads it whole`, async (t) => {
      const run = port(t, serializer);
      const { id } = await run(null, (session) => session.set('cart', ['1001']));
      t.match(id, /^[0-9a-f]{32}$/);
      t.equal(perl(id, `$s{cart} = [@{ $s{cart} }, 1002]; print 'ok'`, perlClass, more), 'ok');
      await run(id, (session) => t.same(session.get('cart'), ['1001', 1002]));
    });
  }

  await t.test('a table of another name, whose other columns stay as they are', async (t) => {
    const id = perl('', begin, 'Apache::Session::MySQL', ", TableName => 'rt_sessions'");
    await admin.query("UPDATE rt_sessions SET note = 'kept'");
    await port(t, 'storable', 'rt_sessions')(id, (session) => session.set('user', 'root'));
    t.match(perl(id, whole, 'Apache::Session::MySQL', ", TableName => 'rt_sessions'"), /"user":"root"/);
    const [rows] = await admin.query<RowDataPacket[]>('SELECT id, note FROM rt_sessions');
    t.match(rows, [{ id, note: 'kept' }]);
  });

  await t.test('a session that a port renews is there under its new id only', async (t) => {
    const id = perl('', begin);
    const draft = await port(t)(id, (session) => {
      session.set('user', 'holger');
      session.renew();
      session.renew();
    });
    t.not(draft.id, id);
    t.equal(draft.cookie(), `SID=${draft.id}; path=/`);
    t.match(JSON.parse(perl(draft.id, whole)), { _session_id: draft.id, name: 'Bj\u00f6rk', user: 'holger' });
    t.throws(() => perl(id, whole), /does not exist/);
    const fresh = await port(t)(null, (session) => session.renew());
    t.match(JSON.parse(perl(fresh.id, whole)), { _session_id: fresh.id }, 'as is one that was new anyway');
  });

  await t.test(
    'an id that Perl would die of names no session, or one that a port leaves alone',
    async (t) => {
      t.throws(() => perl("x' OR 1=1", whole), /Invalid session ID/);
      const id = perl('', begin);
      for (const odd of ["x' OR 1=1 -- ", `${id.slice(0, 31)}g`, `${id.slice(0, 31)}\n`, '../etc/passwd']) {
        await admin.query(
          'REPLACE INTO sessions (id, a_session) SELECT ?, a_session FROM sessions WHERE id = ?',
          [odd.slice(0, 32), id],
        );
        const draft = await port(t)(`${odd}?`, (session) => t.same(session.keys(), [], odd));
        t.match(draft, { isNew: true, id: /^[0-9a-f]{32}$/ }, 'nothing is there');
        await t.rejects(
          port(t)(odd.slice(0, 32)),
          { code: 'SESSION_UNREADABLE', mayFallBack: true },
          'a session of a generator of the site’s own is not replaced by an empty one',
        );
      }
    },
  );

  await t.test('a port that wants an expiry is told that there is none', async (t) => {
    await t.rejects(
      port(t)(perl('', begin), (session) => session.expire(60)),
      { name: 'TypeError', message: /knows no expiry/ },
    );
  });

  /** Perl with a connection for the lock, as where a script says only where its database is. */
  const steps = `use Apache::Session::MySQL;
    my @to = ("dbi:mysql:database=shop;host=127.0.0.1;port=$ENV{DB_PORT}", 'shop', $ENV{DB_PASSWORD});
    my %args; @args{qw(DataSource UserName Password LockDataSource LockUserName LockPassword)} = (@to, @to);
    tie my %s, 'Apache::Session::MySQL', $ARGV[0], \\%args; print "tied with $s{seen}\\n"; <STDIN>;
    $s{seen} = 'by Perl'; untie %s; print "done\\n"`;

  await t.test('who ties a session that a port has waits until the port is done', async (t) => {
    const id = perl('', begin);
    let script: ReturnType<typeof perlInSteps> | null = null;
    await port(t)(id, async (session) => {
      script = perlInSteps(mariadb, steps, [id]);
      await untilWaiting(admin, 1);
      session.set('seen', 'by a port');
      t.equal(script.printed(), '');
    });
    const going = script as unknown as ReturnType<typeof perlInSteps>;
    await going.says('tied with by a port');
    going.goOn();
    await going.over;
    await port(t)(id, (session) => t.equal(session.get('seen'), 'by Perl'));
  });

  await t.test(
    'a port waits while a script has the session tied, and nothing of either is lost',
    async (t) => {
      const id = perl('', begin);
      const script = perlInSteps(mariadb, steps, [id]);
      await script.says('tied');
      await port(t)(id, (session) => t.equal(session.get('seen'), null), 'read'); // whoever only reads does not wait
      const done = port(t)(id, (session) => {
        t.equal(session.get('seen'), 'by Perl');
        session.set('also', 'by a port');
      });
      await untilWaiting(admin, 1);
      script.goOn();
      await done;
      t.match(JSON.parse(perl(id, whole)), { seen: 'by Perl', also: 'by a port', cart: { 1001: 2 } });
    },
  );

  await t.test('a script that keeps a session tied is not waited for without end', async (t) => {
    const id = perl('', begin);
    const script = perlInSteps(mariadb, steps, [id]);
    await script.says('tied');
    await t.rejects(port(t)(id), { code: 'SESSION_LOCKED', message: /own lock/, mayFallBack: true });
    script.goOn();
    await script.over;
    await port(t)(id);
  });

  await t.test('an id that is too long for a lock is said to be', async (t) => {
    await t.rejects(port(t)('a'.repeat(200)), { code: 'SESSION_UNREADABLE', message: /215 characters/ });
    await port(t)('a'.repeat(64), (session) => t.ok(session.isNew), 'write');
  });
});
