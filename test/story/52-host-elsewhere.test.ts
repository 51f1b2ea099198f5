// `banyan host`: the ports run in a process that somebody else has started, here on a unix socket. The gateway asks it,
// and can neither end it nor see what it does.
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import { freeTcpPort } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { type Errand, errandHeaders } from '../../src/porting/wire.ts';
import { socketOf, useHostElsewhere } from '../helpers/port-host.ts';
import { logged, perlReads, until, useGatewayOn, useShop } from '../helpers/shop.ts';

const shop = await useShop(t);
const main = join(repository, 'src/cli/main.ts');
const fixture = (name: string): string => join(repository, 'test/fixtures/ports', name);

/** A routes.yaml, for the gateway and for the host, that says where the host listens. */
function place(routes: string) {
  const socketPath = socketOf(shop);
  const ports = `{ dir: ${repository}/ports, url: 'unix:${socketPath}' }`;
  return { socketPath, file: writeRoutes(shop, `${routes}\n  /**: legacy`, { ports }) };
}

const startHost = (t: Test, { socketPath, file }: { socketPath: string; file: string }) =>
  useHostElsewhere(t, shop, [process.execPath, main, 'host', file], socketPath);

/** A gateway and a host on one routes.yaml. */
async function useBoth(t: Test, routes: string) {
  const where = place(routes);
  const host = await startHost(t, where);
  const gateway = await useGatewayOn(t, shop, where.file);
  return { ...where, host, gateway, visitor: new Visitor(gateway.url) };
}

async function labelsLeft(): Promise<number> {
  const [rows] = await shop.db.query<RowDataPacket[]>("SELECT 1 FROM labels WHERE name LIKE 'left%'");
  return rows.length;
}

async function stock(): Promise<number> {
  const [rows] = await shop.db.query<RowDataPacket[]>('SELECT stock FROM records WHERE sku = 1001');
  return Number(rows[0]?.['stock']);
}

/** What a gateway would ask for, of a visitor without a session. */
const errand: Errand = {
  exchangeId: 'e',
  method: 'GET',
  route: 'office',
  file: '',
  sessionUse: 'none',
  effects: 'refused',
  sessionId: null,
  fence: null,
  timeoutMs: 60_000,
  clientAddress: '192.0.2.1',
  receivedAtMs: 1_795_400_413_763,
  tellsOfSession: false,
};

/** Closes a gate at which gated.ts waits; gives back what opens it. */
async function closeGate(): Promise<() => Promise<void>> {
  const gate = await shop.mariadb.connect('shop');
  await gate.query("SELECT GET_LOCK('gate', 0)");
  return () => gate.end();
}

const atGate = (): Promise<void> =>
  until('the port is at the gate', async () => {
    const [rows] = await shop.db.query<RowDataPacket[]>(
      "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'",
    );
    return rows.length > 0;
  });

t.test('a host serves the ports of its own routes.yaml', async (t) => {
  const { file, socketPath } = place('  view.pl: port\n  cart.pl: port');
  const host = await startHost(t, { file, socketPath });
  t.equal(statSync(socketPath).mode & 0o777, 0o660, 'only its owner and group may connect');
  await until('it has said so', () => host.said().includes(`ports are served at unix:${socketPath}\n`));
  const routes = `  view.pl: port\n  cart.pl: { to: port, port: ${fixture('throws.ts')} }\n  help.pl: port\n  /**: legacy`;
  const own = writeRoutes(shop, routes, { ports: `{ dir: /nowhere, url: 'unix:${socketPath}' }` });
  const gateway = await useGatewayOn(t, shop, own);
  const visitor = new Visitor(gateway.url);

  t.match(await visitor.get('view.pl?sku=1001'), { status: 200, body: /Add to cart/ });
  const added = await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '2' });
  t.match(added, { status: 200, body: /<B>Items: 2<\/B>/ });
  t.same((await perlReads(shop, String(visitor.sessionId)))['cart'], { 1001: 2 });
  t.same(
    gateway.log().flatMap((line) => line['fallback'] ?? []),
    [],
    'found by the name of the route: the file that the gateway names is not asked for',
  );
  const ports = (await (await fetch(`${gateway.adminUrl}/ports`)).json()) as unknown;
  t.match(ports, { hosts: [], url: `unix:${socketPath}` });

  t.equal((await visitor.get('help.pl')).status, 404, 'what it does not know is left to legacy');
  t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_MISSING'), {
    fallbackDetail: 'this host knows no route of the name "help"',
  });
});

t.test('a host on a TCP port says which ports it cannot load, and serves the others', async (t) => {
  const folder = t.testdir({ 'broken.ts': 'export default 1;\n' });
  const tcpPort = await freeTcpPort();
  const routes = `  view.pl: port\n  cart.pl: { to: port, port: ${folder}/broken.ts }\n  /**: legacy`;
  const ports = `{ dir: ${repository}/ports, url: 'http://127.0.0.1:${tcpPort}' }`;
  const file = writeRoutes(shop, routes, { ports });
  const host = await useHostElsewhere(t, shop, [process.execPath, main, 'host', file], tcpPort);
  await until('it has said so', () => host.said().includes(`${tcpPort}, 1 of them broken\n`));
  await until('the log says which', () => /"route":"cart","reason":".*broken\.ts has no/.test(host.said()));
  const gateway = await useGatewayOn(t, shop, file);
  const visitor = new Visitor(gateway.url);
  await visitor.get('view.pl?sku=1001');
  await visitor.get('cart.pl?action=show');
  const cart = await logged(gateway, (line) => line['route'] === 'cart');
  t.match(cart, { fallback: 'PORT_MISSING', side: 'legacy', status: 200 });
  t.match(await logged(gateway, (line) => line['route'] === 'view'), { side: 'port', status: 200 });
});

t.test('a port that is too slow is not run a second time', async (t) => {
  const { gateway, visitor, host } = await useBoth(
    t,
    `  GET office.pl: { to: port, port: ${fixture('gated.ts')}, timeout: 4s }
  POST cart.pl: { to: port, port: ${fixture('busy.ts')}, timeout: 1s, session: none }`,
  );
  await visitor.get('cart.pl?action=show');

  await t.test('one that waits is rolled back by its host, which says so: legacy answers', async (t) => {
    const before = await stock();
    const open = await closeGate();
    t.equal((await visitor.get('office.pl?gate=gate')).status, 302);
    await open();
    t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_TIMEOUT'), { side: 'legacy' });
    t.equal(await stock(), before);
  });

  await t.test('one that keeps its thread is not heard of: nobody else may answer', async (t) => {
    const busy = { action: 'add', sku: '1001', qty: '1', busy: '3500' };
    t.match(await visitor.post('cart.pl', busy), { status: 502, body: /not certain/ });
    t.match(await logged(gateway, (line) => line['problem'] === 'COMMIT_UNCERTAIN'), { side: 'none' });
    t.equal(await visitor.items(), 0, 'legacy has not run it');
    const next = await visitor.post('cart.pl', { ...busy, busy: '0' });
    t.equal(next.body, 'busy no more', 'the same host serves on');
    t.equal(await labelsLeft(), 1, 'and has not committed what it was hung up on for');
    t.equal(host.child.exitCode, null);
  });
});

t.test('a promise that a port does not wait for costs its own request', async (t) => {
  const { visitor, host, gateway } = await useBoth(
    t,
    `  index.pl: { to: port, port: ${fixture('bad.ts')}, timeout: 20s }`,
  );
  t.match(await visitor.get('index.pl?deed=waits+for+no+promise'), { status: 200, body: /Black Plastic/ });
  t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_FAILED'), {
    fallbackDetail: /nobody waits for this/,
  });
  t.equal((await visitor.get('index.pl?deed=does+what+it+should')).body, `pid ${host.pid}`);
});

t.test('a line that breaks leaves nothing held, also of a request that stood in line on it', async (t) => {
  const waits = `import { definePort, html } from 'banyan';
export default definePort(async ({ db }) => {
  await db.query("SELECT GET_LOCK('gate', 30)");
  return html('');
});
`;
  const folder = t.testdir({ 'waits.ts': waits });
  const { socketPath } = await useBoth(
    t,
    `  view.pl: { to: port, port: ${folder}/waits.ts }\n  office.pl: { to: port, port: ${fixture('gated.ts')} }`,
  );
  const before = await stock();
  const open = await closeGate();
  const line = connect(socketPath).on('error', () => undefined);
  const order = (route: string): string =>
    `GET /cgi-bin/${route}.pl HTTP/1.1\r\nHost: shop\r\n${errandHeaders({ ...errand, route }).join(': ')}\r\n\r\n`;
  line.write(order('view'));
  await atGate();
  line.write(order('office'));
  await until('the second has all but committed', () =>
    shop.db.query('SELECT 1 FROM records WHERE sku = 1001 FOR UPDATE NOWAIT').then(
      () => false,
      () => true,
    ),
  );
  line.destroy();
  await shop.db.query('SET SESSION innodb_lock_wait_timeout = 10');
  await shop.db.query('UPDATE records SET stock = stock WHERE sku = 1001'); // waits for who holds the row
  t.equal(await stock(), before, 'it was rolled back');
  await open();
});

t.test('while a host is not there legacy answers', async (t) => {
  const { visitor, host, gateway, socketPath, file } = await useBoth(
    t,
    `  view.pl: port\n  office.pl: { to: port, port: ${fixture('gated.ts')} }`,
  );
  await visitor.get('view.pl?sku=1001');
  const before = await stock();
  const open = await closeGate();
  const underWay = visitor.get('office.pl?gate=gate');
  await atGate();
  await host.stop('SIGKILL');
  t.equal((await underWay).status, 302, 'also a request that it had, but not committed');
  await open();
  t.equal(await stock(), before);
  t.match(await visitor.get('view.pl?sku=1001'), { status: 200, body: /Add to cart/ });
  t.match(await logged(gateway, (line) => line['route'] === 'view' && 'fallback' in line), {
    fallback: 'PORT_HOST_DOWN',
    side: 'legacy',
  });
  t.ok(existsSync(socketPath), 'it has left its socket behind');
  await startHost(t, { socketPath, file });
  await visitor.get('view.pl?sku=1002');
  const views = () => gateway.log().filter((line) => line['route'] === 'view');
  await until('the third is logged', () => views().length === 3);
  t.same(
    views().map((line) => line['side']),
    ['port', 'legacy', 'port'],
  );
});

t.test('a host that is told to end finishes what it has', async (t) => {
  const folder = mkdtempSync(join(shop.scratch, 'ports-')); // in no project that has banyan installed
  const mark = join(folder, 'mark');
  const late = `import { writeFileSync } from 'node:fs';
import { definePort, html } from 'banyan';
export default definePort(async ({ afterCommit, db }) => {
  await db.query("SELECT GET_LOCK('gate', 30)");
  afterCommit(() => new Promise((done) => setTimeout(() => done(writeFileSync('${mark}', 'done')), 500)));
  return html('answered');
});
`;
  writeFileSync(join(folder, 'late.ts'), late);
  const { visitor, host, socketPath, gateway } = await useBoth(
    t,
    `  office.pl: { to: port, port: ${folder}/late.ts }\n  view.pl: port`,
  );
  await visitor.get('view.pl?sku=1001');
  const open = await closeGate();
  const underWay = visitor.get('office.pl');
  await atGate();
  host.child.kill('SIGTERM');
  await until('it has stopped to listen', () => !existsSync(socketPath));
  const bystander = new Visitor(gateway.url);
  t.match(await bystander.get('view.pl?sku=1001'), { status: 200, body: /Add to cart/ });
  await open();
  t.equal((await underWay).body, 'answered');
  t.equal(await host.ended, 0);
  t.equal(readFileSync(mark, 'utf8'), 'done', 'what the port has left for after its commit, too');
  t.match(await visitor.get('view.pl?sku=1001'), { status: 200 });
});
