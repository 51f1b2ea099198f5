import { join } from 'node:path';
import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, metricsOf, perlReads, sessionBytes, until, useGateway, useShop } from '../helpers/shop.ts';

const port = (name: string): string => join(repository, 'test/fixtures/ports', name);

async function labels(shop: Shop): Promise<string[]> {
  const [rows] = await shop.db.query<RowDataPacket[]>(
    "SELECT name FROM labels WHERE name LIKE 'left%' OR name = 'late'",
  );
  return rows.map((row) => String(row['name']));
}

t.test('a port that fails leaves no trace, and legacy answers the same request', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(
    t,
    shop,
    [
      `  POST cart.pl: { to: port, port: ${port('throws.ts')} }`,
      `  view.pl: { to: port, port: ${port('loops.ts')}, timeout: 1s }`,
      `  account.pl: { to: port, port: ${port('late.ts')} }`,
      '  /**: legacy',
    ].join('\n'),
  );
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');

  const added = await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '2' });
  t.match(
    added,
    { status: 200, body: /<B>Items: 2<\/B>/ },
    'the POST that the port failed at was answered by legacy',
  );
  t.same(await labels(shop), [], 'the row it had inserted is not there');
  const session = await perlReads(shop, visitor.sessionId as string);
  t.notOk('trace' in session, 'nor is the key it had set');
  t.same(session['cart'], { 1001: 2 }, 'legacy did its work once');
  const line = await logged(gateway, (one) => one['fallback'] === 'PORT_FAILED');
  t.match(line, { side: 'legacy', status: 200, fallbackDetail: /on purpose/ }, 'and the log says why');

  const looked = await visitor.get('view.pl?sku=1001');
  t.match(
    looked,
    { status: 200, body: /Add to cart/ },
    'a port that loops for ever costs its request a wait',
  );
  t.same(await labels(shop), [], 'and leaves no trace either');
  await until('a new port host runs', async () => {
    const answer = await visitor.get('account.pl');
    return answer.body.includes('done');
  });
  t.same(await labels(shop), ['late'], 'the next host commits what its ports do');
  const failed = await visitor.get('account.pl?fail=1');
  t.equal(failed.status, 302, 'a port that fails behind its effects falls back too');
  t.same(await labels(shop), ['late'], 'and adds nothing');

  const page = await metricsOf(gateway);
  t.match(
    page,
    /banyan_fallbacks_total\{route="cart\.post",reason="PORT_FAILED"\} 1/,
    'the metrics count the fallback',
  );
  t.match(page, /banyan_fallbacks_total\{route="view",reason="PORT_TIMEOUT"\} 1/);
});

t.test('a port that leaves a request to legacy leaves no trace, and is no failure', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(
    t,
    shop,
    `  cart.pl: { to: port, port: ${port('hands-over.ts')}, fallback: error }\n  /**: legacy`,
  );
  const visitor = new Visitor(gateway.url);
  await visitor.get('index.pl');
  const added = await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '2' });
  t.match(added, { status: 200, body: /<B>Items: 2<\/B>/ }, 'also where the route says "fallback: error"');
  t.same(await labels(shop), [], 'the row it had inserted is not there');
  t.same(Object.keys(await perlReads(shop, visitor.sessionId as string)).includes('trace'), false);
  t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_HANDED_OVER'), {
    level: 'info',
    side: 'legacy',
    status: 200,
  });
  const page = await metricsOf(gateway);
  t.match(page, /banyan_fallbacks_total\{route="cart",reason="PORT_HANDED_OVER"\} 1/);
  t.notMatch(page, /banyan_side[a-z_]*\{[^}]*side="port"[^}]*result="exception"[^}]*\} [1-9]/);
});

t.test('a port that finds something in a session that it does not expect leaves it to legacy', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(
    t,
    shop,
    `  GET cart.pl: { to: port, port: ${port('shaped.ts')} }\n  /**: legacy`,
  );
  const visitor = new Visitor(gateway.url);
  await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '2' });
  t.equal((await visitor.get('cart.pl')).body, 'the port counts 2');
  await visitor.post('cart.pl', { action: 'update', qty_1001: 'two' });
  t.match(await visitor.get('cart.pl?action=show'), { status: 200, body: /VALUE="two"/ });
  t.match(await logged(gateway, (line) => 'fallback' in line), {
    fallback: 'SESSION_UNREADABLE',
    fallbackDetail: /the port does not expect what is under cart of the session/,
  });
});

t.test('a session that cannot be read is never replaced by an empty one', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  cart.pl: port\n  /**: legacy');
  const garbage = Buffer.from("$D = {'_SESSION_ID' => 'deadbeefdeadbeefdeadbeefdeadbeef', system('id')};;$D");
  const id = 'deadbeefdeadbeefdeadbeefdeadbeef';
  await shop.db.query('INSERT INTO sessions (id, a_session) VALUES (?, ?)', [id, garbage.toString('latin1')]);
  const visitor = new Visitor(gateway.url);
  visitor.sessionId = id;

  const page = await visitor.get('cart.pl?action=add;sku=1001');
  t.equal(page.status, 500, 'legacy, which answers in its place, cannot read it either and says so');
  t.same(await sessionBytes(shop, id), garbage, 'the row is as it was, byte for byte');
  t.match(
    await logged(gateway, (line) => 'fallback' in line),
    { fallback: 'SESSION_UNREADABLE', side: 'legacy' },
    'the log names the reason',
  );
  t.notMatch(JSON.stringify(gateway.log()), id, 'and never the id of a session');
});
