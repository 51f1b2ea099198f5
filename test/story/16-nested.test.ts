import t from 'tap';
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import {
  allTurnsOver,
  logged,
  metricsOf,
  perlReads,
  turnsHeld,
  until,
  useGatewayOn,
  useShop,
} from '../helpers/shop.ts';

/** Scripts ask from 127.0.0.1, where Apache is; visitors come from here. */
const outside = '127.0.0.2';
const session = ['  store: ${BANYAN_SESSIONS}'];

/** Adds a script of the tests' to the shop. */
function install(shop: Shop, script: string): void {
  const place = join(shop.root, 'cgi-bin', script);
  cpSync(join(repository, 'test/fixtures/cgi', script), place);
  chmodSync(place, 0o755);
}

async function visitorOf(gateway: GatewayProcess): Promise<Visitor> {
  const visitor = new Visitor(gateway.url, outside);
  await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '2' });
  await allTurnsOver(gateway);
  return visitor;
}

t.test('a script that asks for another page with its visitor’s session', async (t) => {
  const shop = await useShop(t);
  install(shop, 'nest.pl');
  const asks = join(repository, 'test/fixtures/ports/asks.ts');
  const routes = `  account.pl: { to: port, port: ${asks} }\n  /**: legacy`;
  const use = (...settings: string[]): Promise<GatewayProcess> =>
    useGatewayOn(
      t,
      shop,
      writeRoutes(shop, routes, { wait: '2s', session: [...session, ...settings.map((s) => `  ${s}`)] }),
    );
  const allowing = await use('nested-from: 127.0.0.1');

  await t.test('is let through, known by where it comes from, and reported', async (t) => {
    const visitor = await visitorOf(allowing);
    const page = await visitor.get('giftlist.py');
    t.equal(page.status, 200);
    t.match(page.body, /<LI>2 x /, 'the list shows the cart');
    const line = await logged(
      allowing,
      ({ path, nestedBy }) => path === '/cgi-bin/cart.pl' && nestedBy === 'origin',
    );
    t.match(line, { level: 'warn', within: { route: 'rest' }, status: 200 });
    t.match(
      await metricsOf(allowing),
      'banyan_session_nested_total{route="rest",by="origin",result="joined"} 1',
    );
    await allTurnsOver(allowing);
    t.equal(await turnsHeld(allowing), 0);
  });

  await t.test('joins with the lease token it was given, wherever it comes from', async (t) => {
    const gateway = await use();
    const visitor = await visitorOf(gateway);
    const page = await visitor.get('nest.pl?to=cart.pl%3Faction%3Dshow;token=1');
    t.match(page.body, /^inner 200\n/);
    t.match(page.body, /<B>Items: 2<\/B>/);
    t.match(await logged(gateway, ({ nestedBy }) => nestedBy === 'token'), { level: 'info', status: 200 });
    t.match((await perlReads(shop, visitor.sessionId as string))['cart'], { 1001: '2' }, 'nothing was lost');
    await gateway.stop();
  });

  await t.test('and through another gateway, which asks whether the turn is still held', async (t) => {
    const gateway = await use();
    const other = await use();
    const visitor = await visitorOf(gateway);
    const page = await visitor.get(
      `nest.pl?to=cart.pl%3Faction%3Dshow;token=1;host=${new URL(other.url).host}`,
    );
    t.match(page.body, /^inner 200\n/);
    t.match(await logged(other, ({ nestedBy }) => nestedBy === 'token'), { status: 200 });
    const old = /^lease (\S+)/m.exec(page.body)?.[1] ?? '';
    const late = await visitor.get(`nest.pl?to=cart.pl%3Faction%3Dshow;forged=${encodeURIComponent(old)}`);
    t.match(late.body, /^inner 503\n/, 'a token whose turn is over is worth nothing');
    await gateway.stop();
    await other.stop();
  });

  await t.test('without either it waits in vain, and not for ever', async (t) => {
    const gateway = await use();
    const visitor = await visitorOf(gateway);
    t.match((await visitor.get('nest.pl?to=cart.pl%3Faction%3Dshow')).body, /^inner 503\n/);
    t.match((await visitor.get('nest.pl?to=cart.pl%3Faction%3Dshow;forged=a.b')).body, /^inner 503\n/);
    await gateway.stop();
  });

  await t.test('is refused at once where routes.yaml says so', async (t) => {
    const gateway = await use('nested-from: 127.0.0.1', 'nested: refuse');
    const visitor = await visitorOf(gateway);
    t.match((await visitor.get('nest.pl?to=cart.pl%3Faction%3Dshow')).body, /^inner 508\n/);
    t.match(await logged(gateway, ({ problem }) => problem === 'NESTED_REFUSED'), { nestedBy: 'origin' });
    await gateway.stop();
  });

  await t.test('is refused within a port, which keeps the row of the session locked', async (t) => {
    const visitor = await visitorOf(allowing);
    const page = await visitor.get('account.pl?to=cart.pl%3Faction%3Dshow');
    t.match(page.body, /^inner 508\n/);
    t.match(await perlReads(shop, visitor.sessionId as string), { cart: { 1001: '2' } });
  });

  await t.test('while another click of the visitor’s waits for the turn, as ever', async (t) => {
    const visitor = await visitorOf(allowing);
    const list = visitor.get('report.pl?rows=4;pause=0.2');
    await until('the report holds the turn', async () => (await turnsHeld(allowing)) === 1);
    await visitor.get('cart.pl?action=show');
    t.match(
      await logged(allowing, ({ path, overlapped }) => path === '/cgi-bin/cart.pl' && overlapped === true),
      { status: 200 },
    );
    await list;
  });

  await t.test('and a web server in front of us is not taken for a script', async (t) => {
    const visitor = await visitorOf(allowing);
    const list = visitor.get('report.pl?rows=4;pause=0.2');
    await until('the report holds the turn', async () => (await turnsHeld(allowing)) === 1);
    await fetch(`${allowing.url}/cgi-bin/index.pl`, {
      headers: { cookie: `CGISESSID=${visitor.sessionId}`, 'x-forwarded-for': '203.0.113.9' },
    });
    const line = await logged(allowing, ({ path }) => path === '/cgi-bin/index.pl');
    t.match(line, { overlapped: true });
    t.notOk('nestedBy' in line);
    await list;
  });
});
