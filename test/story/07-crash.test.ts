import { join } from 'node:path';
import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, turnsHeld, until, useGateway, useGatewayOn, useShop } from '../helpers/shop.ts';

const gated = join(repository, 'test/fixtures/ports/gated.ts');
const routes = `  office.pl: { to: port, port: ${gated} }\n  account.pl: { to: port, port: ${gated}, session: none }\n  /**: legacy`;

async function stock(shop: Shop): Promise<number> {
  const [rows] = await shop.db.query<RowDataPacket[]>('SELECT stock FROM records WHERE sku = 1001');
  return Number(rows[0]?.['stock']);
}

/** The process of the port host of a gateway. */
function hostPid(gateway: { log(): Record<string, unknown>[] }): number {
  const line = gateway.log().findLast((one) => one['msg'] === 'port host started');
  return Number(/pid (\d+)/.exec(String(line?.['detail']))?.[1]);
}

/** Whether a connection waits in this state, or runs this statement. */
const inState = (shop: Shop, state: string) => async (): Promise<boolean> => {
  const [rows] = await shop.db.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.processlist WHERE (state = ? OR info = ?) AND id <> CONNECTION_ID()',
    [state, state],
  );
  return rows.length > 0;
};

t.test('kill -9 of a gateway that holds turns', async (t) => {
  const shop = await useShop(t);
  const one = await useGateway(t, shop, routes);
  const other = await useGatewayOn(t, shop, one.routesFile);
  const visitors = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const visitor = new Visitor(one.url);
      await visitor.get('cart.pl?action=show');
      return visitor;
    }),
  );
  const cutOff = visitors.map((visitor) =>
    visitor.get('report.pl?rows=2;pause=0.5').then(
      () => 'answered',
      () => 'cut off',
    ),
  );
  await until('it holds five turns', async () => (await turnsHeld(one)) === 5);

  const killedAtMs = performance.now();
  await one.stop('SIGKILL');
  for (const visitor of visitors) visitor.base = other.url;
  const pages = await Promise.all(
    visitors.map((visitor) => visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '1' })),
  );
  const tookMs = performance.now() - killedAtMs;
  t.same(
    pages.map((page) => page.status),
    [200, 200, 200, 200, 200],
    'the other gateway serves the same sessions',
  );
  const turns = () => other.log().filter((line) => line['route'] === 'rest' && 'waitedMs' in line);
  await until('each of them has taken its turn there', () => turns().length === 5);
  const longest = Math.max(...turns().map((line) => Number(line['waitedMs'])));
  t.comment(
    `five requests after the kill: ${Math.round(tookMs)} ms; the longest wait for a turn ${longest} ms`,
  );
  t.same(
    [...new Set(await Promise.all(cutOff))],
    ['cut off'],
    'the visitors of the dead one see a closed connection',
  );
});

t.test('kill -9 of the port host', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, routes);
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const gate = await shop.mariadb.connect('shop');
  t.teardown(() => gate.end());

  await t.test('mid-request, before any commit: legacy answers, and nothing is written twice', async (t) => {
    const before = await stock(shop);
    await gate.query("SELECT GET_LOCK('gate', 0)");
    const asked = visitor.get('office.pl?Action=OrderList;gate=gate;session=write');
    await until('the port is at the gate', inState(shop, 'User lock'));
    process.kill(hostPid(gateway), 'SIGKILL');
    const page = await asked;
    await gate.query("SELECT RELEASE_LOCK('gate')");
    t.notMatch(page.body, 'through the gate', 'it is not the port that answered');
    t.ok(page.status < 500, `legacy did, with ${page.status}`);
    t.equal(await stock(shop), before, 'what the port had done is undone');
    const line = await logged(gateway, (one) => one['route'] === 'office');
    t.match(line, { side: 'legacy', fallback: 'PORT_HOST_DOWN' }, 'the log says why');
    t.equal(await turnsHeld(gateway), 0, 'and the turn is free');
  });

  await t.test('while it commits: a clear 502, and nobody runs the request again', async (t) => {
    await until('a new host serves', async () =>
      (await visitor.get('office.pl?x=1')).body.includes('through the gate'),
    );
    const before = await stock(shop);
    await gate.query("SELECT GET_LOCK('gate', 0)");
    const asked = visitor.get('account.pl?gate=gate');
    await until('the port is at the gate', inState(shop, 'User lock'));
    await gate.query('FLUSH TABLES WITH READ LOCK'); // holds up every COMMIT of this server
    await gate.query("SELECT RELEASE_LOCK('gate')");
    await until('the port is at its COMMIT', inState(shop, 'COMMIT'));
    process.kill(hostPid(gateway), 'SIGKILL');
    const page = await asked;
    await gate.query('UNLOCK TABLES');
    t.equal(page.status, 502);
    t.match(
      page.body,
      /not certain whether your request was carried out/,
      'it says what is known, and what is not',
    );
    const line = await logged(gateway, (one) => one['route'] === 'account');
    t.match(line, { problem: 'COMMIT_UNCERTAIN', side: 'none' });
    t.notOk('fallback' in (line ?? {}), 'legacy was not asked');
    const after = await stock(shop);
    t.ok(after === before || after === before - 1, 'the order was placed once or not at all');
  });

  await t.test('and when there is none at all, legacy serves every route that it can', async (t) => {
    await until('a new host serves', async () =>
      (await visitor.get('office.pl?x=1')).body.includes('through the gate'),
    );
    process.kill(hostPid(gateway), 'SIGKILL');
    const pages = await Promise.all(
      Array.from({ length: 5 }, () => new Visitor(gateway.url).get('office.pl?Action=StockList')),
    );
    t.ok(
      pages.every((page) => page.status < 500),
      'nobody sees an error',
    );
  });
});
