// What the old page sends to the database is recorded beside what visitors do, and no line of Perl is changed for it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { format } from 'prettier';
import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import type { Capture } from '../../src/exchange/capture.ts';
import { shopEnvironment, writeRoutes } from '../../scripts/shop/gateway.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { banyan } from '../helpers/cli.ts';
import { until, useGatewayOn, useShop } from '../helpers/shop.ts';

const shop = await useShop(t);
const routes = writeRoutes(
  shop,
  `  cart.pl: legacy
  login.pl: legacy
  go.pl: { to: legacy, session: none }
  view.pl: port
  /**: legacy`,
);
const gateway = await useGatewayOn(t, shop, routes);
const env = shopEnvironment(shop) as Record<string, string>;
const folder = t.testdir(); // inside of this repository, so that tests there find their packages

const root = await shop.mariadb.connect();
t.teardown(() => root.end());
const { tcpPort, password } = shop.mariadb;
await root.query(`
  CREATE USER recorder@'127.0.0.1' IDENTIFIED BY 'r', onlooker@'127.0.0.1' IDENTIFIED BY 'r';
  GRANT SUPER ON *.* TO recorder@'127.0.0.1';
  GRANT SELECT ON mysql.general_log TO recorder@'127.0.0.1', onlooker@'127.0.0.1'`);
const sqlAs = (user: string): string => `mysql://${user}:r@127.0.0.1:${tcpPort}/`;
const recorder = sqlAs('recorder');

const run = (...args: string[]) => banyan(shop.scratch, [...args, '--file', routes], env);
const recordArgs = (route: string, count: number, to: string): string[] => [
  'record',
  route,
  '-n',
  String(count),
  '--to',
  to,
  '--admin',
  gateway.adminUrl,
];

async function logSettings(): Promise<unknown> {
  const [[row]] = await root.query<RowDataPacket[]>('SELECT @@general_log AS isOn, @@log_output AS output');
  return { ...row };
}

function readCaptures(to: string): Capture[] {
  const names = readdirSync(to).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => JSON.parse(readFileSync(join(to, name), 'utf8')) as Capture);
}

/** Records with SQL while something is done, over and over until enough has come. */
async function record(route: string, count: number, deed: () => Promise<unknown>, ...more: string[]) {
  const to = join(folder, route);
  const recording = run(...recordArgs(route, count, to), '--sql', recorder, ...more);
  let isOver = false;
  void recording.finally(() => {
    isOver = true;
  });
  await until('all is recorded', async () => {
    if (!isOver) await deed();
    return isOver;
  });
  return { ran: await recording, captures: readCaptures(to) };
}

t.test(
  'two visitors at once: each with what the script sent for him, and nobody learns their ids',
  async (t) => {
    const visitors = [new Visitor(gateway.url), new Visitor(gateway.url)];
    await Promise.all(visitors.map((visitor) => visitor.get('cart.pl?action=show')));
    const { ran, captures } = await record('cart.pl', 8, () =>
      Promise.all(visitors.map((visitor, at) => visitor.get(`cart.pl?action=add;sku=100${at + 1}`))),
    );
    t.match(ran, {
      code: 0,
      stderr: /general_log of 127\.0\.0\.1 is on until this ends.*8 exchanges of cart/s,
    });
    t.notMatch(ran.stderr, /not certain/);
    for (const { request, sql, receivedAtMs, endedAtMs } of captures) {
      const sku = /sku=(\d+)/.exec(request.target)?.[1];
      t.match(
        sql?.join('\n').replaceAll(/\s+/g, ' '),
        new RegExp(
          `^SET NAMES latin1 SELECT a_session FROM sessions WHERE id='f00dcafe[f0dcae]+' SELECT r\\.sku.* WHERE r\\.sku = '${sku}'`,
        ),
      );
      t.notMatch(sql?.join('\n'), sku === '1001' ? "'1002'" : "'1001'");
      t.match(sql?.at(-1), /^INSERT INTO sessions \(id, a_session\) VALUES\('f00dcafe[f0dcae]+', '…'\)/);
      t.ok(endedAtMs >= receivedAtMs);
    }
    const all = JSON.stringify(captures);
    for (const { sessionId } of visitors) t.notMatch(all, sessionId);
    t.notMatch(all, 'sealed');
    t.same(await logSettings(), { isOn: 0, output: 'FILE' }, 'and the log is as it was');
  },
);

t.test('without a session it is the one who works meanwhile', async (t) => {
  const { captures } = await record('go.pl', 1, () =>
    new Visitor(gateway.url).get('go.pl?to=labelsite;id=1'),
  );
  t.match(captures, [
    { session: null, sql: ['SET NAMES latin1', "SELECT homepage FROM labels WHERE id = '1'"] },
  ]);
});

t.test('what is masked in a request is masked in its SQL', async (t) => {
  const deed = () => new Visitor(gateway.url).post('login.pl', { login: "pe'te", password: 'vinyl-secret' });
  const { captures } = await record('login.pl', 1, deed, '--mask', 'login');
  t.match(captures[0]?.sql?.join('\n'), String.raw`SELECT * FROM users WHERE login = 'xx\'xx'`);
  t.notMatch(JSON.stringify(captures), /pe(?:\\*'|%27)te|vinyl-secret/);
});

t.test('what ports send is not looked at', async (t) => {
  const { ran, captures } = await record('view.pl', 1, () =>
    new Visitor(gateway.url).get('view.pl?sku=1001'),
  );
  t.match(captures, [{ side: 'port' }]);
  t.notOk(captures[0] !== undefined && 'sql' in captures[0]);
  t.notMatch(ran.stderr, /not certain/);
});

t.test('port test says which statements a port sends otherwise', async (t) => {
  const from = join(folder, 'cart.pl');
  t.match(await run('port', 'test', 'cart.pl', '--from', from, '--strict-sql'), {
    code: 0,
    stderr: /8 same/,
  });
  const file = join(from, '0001.json');
  const before = readFileSync(file, 'utf8');
  const capture = JSON.parse(before) as Capture;
  writeFileSync(
    file,
    JSON.stringify({ ...capture, sql: [...(capture.sql ?? []), "DELETE FROM carts WHERE id = '7'"] }),
  );
  const other = await run('port', 'test', 'cart.pl', '--from', from);
  t.match(other, { code: 0, stderr: /8 same, 0 differ; 1 sent other SQL/ });
  t.match(other.stdout, /✔ \S+0001\.json.*\n {4}SQL:\n {4}- DELETE FROM carts WHERE id = '7'\n/);
  t.match(await run('port', 'test', 'cart.pl', '--from', from, '--strict-sql', '--json'), { code: 1 });
  writeFileSync(file, before);
});

t.test('a test is written beside the recordings, once, and it is green', async (t) => {
  const file = join(folder, 'cart.recorded.test.ts');
  const source = readFileSync(file, 'utf8');
  const options = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../.prettierrc.json'), 'utf8'),
  ) as object;
  t.equal(await format(source, { ...options, parser: 'typescript' }), source, 'laid out as everything here');
  const ran = spawnSync('env', ['-u', 'NODE_OPTIONS', process.execPath, file], {
    encoding: 'utf8',
    env: { ...Object.fromEntries(Object.entries(env).filter(([name]) => !/^_?TAP/.test(name))), TAP: '1' },
  });
  t.equal(ran.status, 0, ran.stdout + ran.stderr);
  t.match(ran.stdout, /^ok 1 - \S+0001\.json GET \/cgi-bin\/cart\.pl\?action=add;sku=100\d$/m);
  t.match(ran.stdout, /^1\.\.8$/m);
  writeFileSync(file, '// mine\n');
  await record('cart.pl', 1, () => new Visitor(gateway.url).get('cart.pl'));
  t.equal(readFileSync(file, 'utf8'), '// mine\n');
  const elsewhere = join(folder, 'elsewhere/cart');
  const recording = run(...recordArgs('cart.pl', 1, elsewhere), '--no-test');
  await until('it is recorded', async () => {
    await new Visitor(gateway.url).get('cart.pl');
    return existsSync(join(elsewhere, '0001.json'));
  });
  t.match(await recording, { code: 0 });
  t.same(readdirSync(join(folder, 'elsewhere')), ['cart']);
});

t.test('the log is set back at ^C, and keeps its file meanwhile where it has one', async (t) => {
  await root.query('SET GLOBAL general_log = ON');
  const args = [...recordArgs('cart.pl', 50, join(folder, 'stopped')), '--sql', '--file', routes];
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../src/cli/main.ts'), ...args], {
    env: { ...env, BANYAN_SQL: recorder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, closed] = [text(child.stderr), new Promise((done) => child.on('close', done))];
  await until('the log is written', async () => JSON.stringify(await logSettings()).includes('TABLE'));
  t.match(await logSettings(), { isOn: 1, output: /^(?:FILE,TABLE|TABLE,FILE)$/ });
  const second = await run(...recordArgs('go.pl', 1, join(folder, 'second')), '--sql', recorder);
  t.match(second, { code: 5, stderr: /somebody else records SQL of this server now/ });
  child.kill('SIGINT');
  child.kill('SIGINT');
  t.equal(await closed, 130, await said);
  t.same(await logSettings(), { isOn: 1, output: 'FILE' });
  await root.query('SET GLOBAL general_log = OFF');
});

t.test('where the table is written already nothing is set, and who may read it is enough', async (t) => {
  await root.query("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON");
  const deed = () => new Visitor(gateway.url).get('go.pl?to=labelsite;id=2');
  const { ran, captures } = await record('go.pl', 1, deed, '--sql', sqlAs('onlooker'));
  t.match(ran, { code: 0, stderr: /^recording go: .*\n1 exchange of go/ });
  t.match(captures.at(-1)?.sql, ['SET NAMES latin1', "SELECT homepage FROM labels WHERE id = '2'"]);
  t.same(await logSettings(), { isOn: 1, output: 'TABLE' });
  await root.query("SET GLOBAL log_output = 'FILE', GLOBAL general_log = OFF");
});

t.test('and where it fails', async (t) => {
  const to = join(folder, 'failed');
  t.match(await run('record', 'cart', '--to', to, '--sql', recorder, '--admin', 'http://127.0.0.1:1'), {
    code: 3,
  });
  t.same(await logSettings(), { isOn: 0, output: 'FILE' });
  t.match(await run(...recordArgs('cart', 1, to), '--sql', sqlAs('onlooker')), {
    code: 5,
    stderr: /may not have the server's log.*nothing was recorded\n.*SUPER/s,
  });
  t.match(await run(...recordArgs('cart', 1, to), '--sql', `mysql://shop:${password}@127.0.0.1:${tcpPort}`), {
    code: 5,
    stderr: /nothing was recorded/,
  });
  t.match(await run(...recordArgs('cart', 1, to), '--sql', 'localhost'), { code: 2 });
  t.match(await run(...recordArgs('cart', 1, to), '--sql', 'mysql://x:y@127.0.0.1:1/'), { code: 3 });
  t.same(await logSettings(), { isOn: 0, output: 'FILE' });
  t.same(existsSync(to) ? readdirSync(to) : [], []);
});
