import t from 'tap';
import { banyan } from '../helpers/cli.ts';
import { useMariaDb } from '../mysql/use-mariadb.ts';

const routes = (store: string | null): string => `legacy: http://127.0.0.1:8080
${store === null ? '' : `session: { store: '${store}' }\n`}routes:
  /view.pl: legacy
`;

t.test('banyan check --database', async (t) => {
  const mariadb = await useMariaDb(t);
  const db = await mariadb.connect('shop');
  t.teardown(() => db.destroy());
  await db.query(
    'CREATE TABLE sessions (id CHAR(32) PRIMARY KEY, a_session LONGBLOB NOT NULL) ENGINE=InnoDB',
  );
  const store = `mysql://shop:${mariadb.password}@127.0.0.1:${mariadb.tcpPort}/shop`;
  const checked = (text: string, ...args: string[]) =>
    banyan(t.testdir({ 'routes.yaml': text }), ['check', '--database', ...args]);

  await t.test('says what was looked at, a line each, and exits 0 where all is well', async (t) => {
    const { code, stdout, stderr } = await checked(routes(store));
    t.equal(code, 0);
    t.equal(stderr, '');
    t.match(stdout, /^routes\.yaml: ok, 1 route/m);
    t.match(stdout, /^table sessions of shop at 127\.0\.0\.1:\d+$/m);
    t.match(stdout, /^✔ MariaDB \d/m);
    t.match(stdout, /: 0 errors, 0 warnings\n$/);
    t.comment(stdout);
  });

  await t.test('exits 1 with errors, each with a way out', async (t) => {
    const { code, stdout } = await checked(routes(`${store}?table=sesions`));
    t.equal(code, 1);
    t.match(stdout, '✖ error: there is no table sesions [no-table]\n    = help: did you mean "sessions"?\n');
    t.match(stdout, /: 1 error, 0 warnings\n$/);
  });

  await t.test('exits 3 where nobody answers, and never shows the password', async (t) => {
    const nobody = routes(`mysql://shop:hunter2hunter2@127.0.0.1:1/shop`);
    const text = await checked(nobody);
    t.equal(text.code, 3);
    t.match(text.stdout, '[database-unreachable]');
    const json = await checked(nobody, '--json');
    t.equal(json.code, 3);
    t.match(JSON.parse(json.stdout), {
      schema: 1,
      ok: true,
      database: { findings: [{ severity: 'error', code: 'database-unreachable' }] },
    });
    t.notMatch(text.stdout + text.stderr + json.stdout, 'hunter2');
  });

  await t.test(
    'names the routes whose ports write what does not roll back, with either kind of session',
    async (t) => {
      await db.query('CREATE TABLE hits (n INT) ENGINE=MyISAM');
      const port =
        "import { definePort } from 'banyan';\nexport default definePort(({ db }) => db.query('INSERT INTO hits VALUES (1)'));\n";
      const sessions = t.testdir();
      const inFiles = `file://${sessions}' }\nports: { dir: ./ports, database: '${store}`;
      for (const kept of [store, inFiles]) {
        const text = routes(kept).replace(
          'view.pl: legacy',
          'view.pl: port\n  /hit.pl: { to: port, port: ports/view.ts, effects: accepted }',
        );
        const folder = t.testdir({ 'routes.yaml': text, ports: { 'view.ts': port } });
        const { code, stdout } = await banyan(folder, ['check', '--database']);
        t.equal(code, 1);
        t.match(
          stdout,
          /^✖ error: refused: the port of view would write hits \(MyISAM\), .* \[writes-refused\]$/m,
        );
        t.match(stdout, /= help: ALTER TABLE hits ENGINE=InnoDB .*"effects: accepted"/);
        t.match(stdout, /^✔ the port of hit may write hits \(MyISAM\)/m);
      }
      await db.query('DROP TABLE hits');
    },
  );

  await t.test('a file with errors comes first, and the database is left alone', async (t) => {
    const { code, stdout } = await checked(routes(store).replace('legacy\n', 'lagacy\n'));
    t.equal(code, 1);
    t.notMatch(stdout, 'MariaDB');
  });

  await t.test('a file without sessions has nothing to look at', async (t) => {
    const { code, stdout } = await checked(routes(null));
    t.equal(code, 0);
    t.match(stdout, 'no session store');
  });

  await t.test('symbols are words where the terminal is not UTF-8', async (t) => {
    const folder = t.testdir({ 'routes.yaml': routes(store) });
    const { stdout } = await banyan(folder, ['check', '--database'], { LC_ALL: 'C', LANG: 'C' });
    t.match(stdout, /^ok MariaDB \d/m);
    t.notMatch(stdout, /[^\n -~]/);
  });
});
