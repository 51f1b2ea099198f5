import { resolve } from 'node:path';
import t from 'tap';
import { matched } from '../helpers/routing.ts';
import { complaints, diskWith, read, settingsOf } from '../helpers/settings.ts';

const smallest = `legacy: http://127.0.0.1:8080
routes:
  /**: legacy
`;

t.test('the smallest file is enough', async (t) => {
  const settings = settingsOf(smallest);
  t.same(settings.legacy, {
    name: 'legacy',
    origin: 'http://127.0.0.1:8080',
    limits: { atOnce: 64, queue: 512, waitMs: 10_000 },
  });
  t.equal(settings.table.routes.length, 1);
  t.equal(settings.text, smallest);
});

t.test('what is left out has its default', async (t) => {
  const settings = settingsOf(smallest);
  t.same(settings.listen, { host: '127.0.0.1', tcpPort: 8000 });
  t.same(settings.admin, { host: '127.0.0.1', tcpPort: 9901 });
  t.same(settings.ports, {
    directory: resolve('ports'),
    hosts: 1,
    memoryBytes: 1024 ** 3,
    watchdogMs: 5_000,
    url: null,
    database: null,
  });
  t.equal(settings.session, null);
  t.match(settings.table.routes[0], {
    session: 'none',
    timeoutMs: 30_000,
    port: null,
    line: 3,
    name: 'rest',
  });
});

const full = `version: 1
base: /cgi-bin/
listen: 0.0.0.0:0
admin: "[::1]:9000"
legacy: http://127.0.0.1:8080
ports: { dir: ./ts, hosts: 2 }
session:
  format: cgi-session
  store: mysql://shop:p%40ss@db.example:3307/shop?table=sess&charset=utf8mb4
  cookie: SID
  lock: { wait: 5s, queue: 7 }
defaults:
  session: read
  timeout: 1m
routes:
  view.pl: port
  POST cart.pl:
    to: port 12.5%
    name: cart
    session: write
    port: ./ports/cart-add.ts
    timeout: 500ms
  old.pl: legacy
`;

t.test('every setting of a full file is read', async (t) => {
  const settings = settingsOf(full, { disk: diskWith('ts/view.ts', 'ports/cart-add.ts') });
  t.same(settings.listen, { host: '0.0.0.0', tcpPort: 0 });
  t.same(settings.admin, { host: '::1', tcpPort: 9000 });
  t.match(settings.ports, { directory: resolve('ts'), hosts: 2, database: null });
  t.match(settings.session, { format: 'cgi-session', cookie: 'SID', waitMs: 5000, queue: 7 });
  t.same(settings.session?.store, {
    kind: 'mysql',
    host: 'db.example',
    tcpPort: 3307,
    socketPath: null,
    user: 'shop',
    password: 'p@ss',
    database: 'shop',
    table: 'sess',
    idColumn: null,
    dataColumn: null,
    charset: 'utf8mb4',
  });
});

t.test('every setting of a route is read', async (t) => {
  const { table } = settingsOf(full, { disk: diskWith('ts/view.ts', 'ports/cart-add.ts') });
  t.match(matched(table, 'POST', '/cgi-bin/cart.pl'), {
    name: 'cart',
    key: 'POST cart.pl',
    methods: ['POST'],
    path: '/cgi-bin/cart.pl',
    target: { stage: 'split', portPercent: 12.5 },
    session: 'write',
    port: resolve('ports/cart-add.ts'),
    timeoutMs: 500,
    line: 17,
  });
  t.match(matched(table, 'GET', '/cgi-bin/view.pl'), { name: 'view', session: 'read', timeoutMs: 60_000 });
  t.match(matched(table, 'GET', '/else'), { name: '(unmatched)', session: 'read', timeoutMs: 60_000 });
});

t.test('the store has defaults, and a socket takes the place of the TCP port', async (t) => {
  const store = (url: string) => settingsOf(`session: { store: "${url}" }\n${smallest}`).session?.store;
  t.match(store('mysql://shop@db/shop'), {
    tcpPort: 3306,
    password: '',
    table: 'sessions',
    charset: 'latin1',
  });
  t.match(store('mysql://shop@localhost/shop?socket=/run/mysqld.sock'), {
    tcpPort: null,
    socketPath: '/run/mysqld.sock',
  });
});

t.test('sessions can be in files, and the ports then have a database of their own', async (t) => {
  const settings = settingsOf(
    `session: { store: "file:///var/lib/shop?name=s_%s&locks=/run/locks" }\n` +
      `ports: { database: "mysql://shop:pw@db/shop" }\n${smallest}`,
  );
  t.same(settings.session?.store, {
    kind: 'file',
    directory: '/var/lib/shop',
    fileName: 's_%s',
    lockDirectory: '/run/locks',
  });
  t.match(settings.ports.database, { kind: 'mysql', host: 'db', password: 'pw', database: 'shop' });
});

t.test('each kind of session has the serializer of its module', async (t) => {
  const session = (text: string) =>
    settingsOf(`session: { store: "mysql://a@b/c", ${text} }\n${smallest}`).session;
  t.match(session('format: cgi-session'), { serializer: 'dumper' });
  t.match(session('format: apache-session'), { serializer: 'storable' });
  t.match(session('format: apache-session, serializer: storable-base64'), { serializer: 'storable-base64' });
  t.match(session('format: rows'), { serializer: 'rows' });
});

t.test('an id in a path, a timeline that is kept, leases, and scripts that ask for pages', async (t) => {
  const session = (text: string) =>
    settingsOf(`session: { store: "mysql://a@b/c", ${text} }\n${smallest}`).session;
  t.match(session('path: "/sid={id};"'), { path: { before: '/sid=', after: ';' } });
  t.match(session('keep: 7d'), { keepMs: 7 * 24 * 3600_000 });
  t.match(session('lock: { kind: table }'), { lock: 'table' });
  t.match(session('nested: refuse, nested-from: "10.0.0.5, ::1"'), {
    nested: { byOrigin: 'refuse', hosts: ['10.0.0.5', '::1'] },
  });
  const legacyAt = (url: string) =>
    settingsOf(`legacy: ${url}\nsession: { store: "mysql://a@b/c" }\nroutes: { /**: legacy }\n`).session
      ?.nested.hosts;
  t.same(legacyAt('http://10.0.0.9:8080'), ['10.0.0.9'], 'requests of the legacy host are nested ones');
  t.same(legacyAt('http://127.0.0.1:8080'), [], 'not those of this machine: visitors may come from here');
});

t.test('with a session map, routes lock the session unless they say otherwise', async (t) => {
  const settings = settingsOf(`session: { store: "mysql://a@b/c" }\n${smallest}`);
  t.equal(settings.table.routes[0]?.session, 'write');
  t.match(settings.session, { cookie: 'CGISESSID', trace: 'keys', waitMs: 10_000, queue: 50 });
});

t.test('a route on legacy knows its port where the file exists already', async (t) => {
  const text = 'legacy: http://a\nroutes:\n  /view.pl: legacy\n  /other.pl: legacy\n';
  const { routes } = settingsOf(text).table;
  t.equal(routes[0]?.port, resolve('ports/view.ts'));
  t.equal(routes[1]?.port, null);
});

t.test('words that YAML would turn into something else stay words', async (t) => {
  const { routes } = settingsOf(
    'legacy: http://a\nroutes:\n  /a: { to: legacy, name: no }\n  /b: { to: legacy, name: 1e3 }\n',
  ).table;
  t.same(
    routes.map((route) => route.name),
    ['no', '1e3'],
  );
});

t.test('Windows line ends and a byte order mark are no problem', async (t) => {
  const settings = settingsOf(`\uFEFF${smallest.replaceAll('\n', '\r\n')}`);
  t.equal(settings.table.routes[0]?.line, 3);
});

t.test('variables are filled in from the environment, with or without a default', async (t) => {
  const text =
    'legacy: http://${HOST}:${PORT:-8080}\nlisten: "${LISTEN:-127.0.0.1:1}"\nroutes:\n  /**: legacy\n';
  const settings = settingsOf(text, { env: { HOST: 'perl', LISTEN: '' } });
  t.equal(settings.legacy.origin, 'http://perl:8080');
  t.equal(settings.listen.tcpPort, 1, 'an empty variable takes the default, as in a shell');
});

t.test('what is in settings cannot be changed', async (t) => {
  t.ok(Object.isFrozen(settingsOf(smallest)));
});

t.test(
  'no beginning of a file crashes the reader, and none without a newline is taken on a reload',
  async (t) => {
    for (let end = 0; end < full.length; end++) {
      const text = full.slice(0, end);
      const { settings, findings } = read(text, {
        mustBeComplete: true,
        disk: diskWith('ts/view.ts', 'ports/cart-add.ts'),
      });
      if (settings === null ? findings.length === 0 : !text.endsWith('\n'))
        t.fail(`cut after ${end} characters`);
    }
    t.pass('all beginnings were read');
  },
);

t.test('nor does a file with one character taken out, or a bracket put in', async (t) => {
  for (let at = 0; at < full.length; at++) {
    for (const put of ['', '[', '{', '"', '\t', ':', '*']) read(full.slice(0, at) + put + full.slice(at + 1));
  }
  t.pass('all of them were read');
});

t.test('ports run in processes of ours, or in a host that somebody else has started', async (t) => {
  const ports = (text: string) => settingsOf(`${smallest}ports: ${text}\n`).ports;
  t.match(ports('{ hosts: 4, memory: 512mb, watchdog: 2s }'), {
    hosts: 4,
    memoryBytes: 512 * 1024 ** 2,
    watchdogMs: 2_000,
  });
  t.same(ports('{ url: http://127.0.0.1:9000 }').url, { origin: 'http://127.0.0.1:9000' });
  t.same(ports('{ url: unix:/run/ports.sock }').url, { socketPath: '/run/ports.sock' });
  for (const wrong of ['https://a', 'unix:run/x', `unix:/${'x'.repeat(107)}`, '127.0.0.1:9000'])
    t.match(complaints(`${smallest}ports: { url: '${wrong}' }\n`), /\[bad-url\]/);
});

t.test('of ports that run elsewhere no file is looked for: they may be in another language', async (t) => {
  const routes = `legacy: http://127.0.0.1:8080
ports: { dir: ./ts, url: unix:/run/ports.sock }
routes:
  /wish.pl: port
  /reports/**: port 10%
  /view.pl: { to: port, port: ./other/view.ts }
  /old.pl: legacy
`;
  const { table } = settingsOf(routes, { disk: diskWith() });
  t.same(
    table.routes.map(({ port }) => port),
    ['ts/wish.ts', 'ts/reports.rest.ts', 'other/view.ts', 'ts/old.ts'].map((file) => resolve(file)),
  );
});
