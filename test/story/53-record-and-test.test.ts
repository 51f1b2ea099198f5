// What visitors do on the old page becomes tests of the new one: banyan record, and banyan port test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Capture } from '../../src/exchange/capture.ts';
import { shopEnvironment, writeRoutes } from '../../scripts/shop/gateway.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { banyan } from '../helpers/cli.ts';
import { metricsOf, sessionBytes, until, useGatewayOn, useShop } from '../helpers/shop.ts';

const shop = await useShop(t);
const routes = writeRoutes(
  shop,
  `  cart.pl: legacy
  login.pl: legacy
  go.pl: { to: legacy, session: none }
  /**: legacy`,
);
const gateway = await useGatewayOn(t, shop, routes);
const env = shopEnvironment(shop) as Record<string, string>;
const folder = t.testdir();
const run = (...args: string[]) => banyan(shop.scratch, [...args, '--file', routes], env);

/** Records while something is done, over and over until enough has come. */
async function record(route: string, count: number, deed: () => Promise<unknown>): Promise<Capture[]> {
  const to = join(folder, route);
  const recording = run('record', route, '-n', String(count), '--to', to, '--admin', gateway.adminUrl);
  const over = { value: false };
  void recording.finally(() => {
    over.value = true;
  });
  await until('all is recorded', async () => {
    if (!over.value) await deed();
    return over.value;
  });
  t.match(await recording, {
    code: 0,
    stderr: new RegExp(`${count} exchanges of ${route.replace('.pl', '')}`),
  });
  return readdirSync(to)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(to, name), 'utf8')) as Capture);
}

t.test('exchanges of a route are recorded, with the session before and after', async (t) => {
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const deeds = [
    'action=add;sku=1001;qty=2',
    'action=update;qty_1001=0',
    'action=show',
    'action=remove;sku=1',
  ];
  let at = 0;
  const captures = await record('cart.pl', 8, () => visitor.get(`cart.pl?${deeds[at++ % deeds.length]}`));
  const added = captures.find(({ request }) => request.target.includes('action=add'));
  t.match(added, {
    route: 'cart',
    side: 'legacy',
    session: { id: /^(?:f00dcafe)+$/, before: /_SESSION_ID/, after: /'1001' => '?\d/ },
    answer: { status: 200, body: /In your cart now/ },
  });
  t.notMatch(JSON.stringify(captures), visitor.sessionId, 'and nobody learns the id');
});

t.test('a route that only passes through is recorded, too', async (t) => {
  const [capture] = await record('go.pl', 2, () => new Visitor(gateway.url).get('go.pl?to=label;id=1'));
  t.match(capture, { session: null, answer: { status: 302 } });
  t.match(await metricsOf(gateway), /banyan_/);
});

t.test('passwords are masked', async (t) => {
  const captures = await record('login.pl', 2, () =>
    new Visitor(gateway.url).post('login.pl', { login: 'pete', password: 'vinyl-secret' }),
  );
  t.match(captures[0]?.request.body, 'login=pete&password=xxxxx-xxxxxx');
  t.notMatch(JSON.stringify(captures), 'vinyl-secret');
});

t.test('a port does what legacy did', async (t) => {
  const ran = await run('port', 'test', 'cart.pl', '--from', join(folder, 'cart.pl'));
  t.match(ran, { code: 0, stderr: /cart: 8 recorded, 8 same, 0 differ/ });
});

t.test('one with a bug does not, and it is said where; nothing of it stays', async (t) => {
  const wrong = writeRoutes(
    shop,
    '  cart.pl: { to: legacy, port: ./ports/cart-with-a-bug.ts }\n  /**: legacy',
  );
  const named = readFileSync(wrong, 'utf8').replace('./ports/', join(import.meta.dirname, '../../ports/'));
  const { writeFileSync } = await import('node:fs');
  writeFileSync(wrong, named);
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=add;sku=1002');
  const before = await sessionBytes(shop, visitor.sessionId ?? '');
  const args = ['port', 'test', 'cart.pl', '--from', join(folder, 'cart.pl'), '--json', '--file', wrong];
  const ran = await banyan(shop.scratch, args, env);
  t.equal(ran.code, 1);
  const { tested, differ, results } = JSON.parse(ran.stdout) as {
    tested: number;
    differ: number;
    results: { request: string; differences: string[]; statements: string[] }[];
  };
  t.equal(tested, 8);
  t.ok(differ > 0 && differ < 8);
  const found = results.find(({ differences }) => differences.length > 0);
  t.match(found?.request, /qty_1001=0/);
  t.match(found?.differences.join('\n'), /session cart:\n- \{\}\n\+ \{"1001":"0"\}/);
  t.ok(
    results.some(({ statements }) => statements.some((sql) => sql.startsWith('SELECT r.sku'))),
    'with its statements',
  );
  t.same(await sessionBytes(shop, visitor.sessionId ?? ''), before);
});

t.test('wrong words are said to be wrong', async (t) => {
  t.match(await run('record', 'cart.pl', '-n', 'x', '--admin', gateway.adminUrl), { code: 2 });
  t.match(await run('record', 'crat.pl', '--admin', gateway.adminUrl), {
    code: 2,
    stderr: /did you mean "cart/,
  });
  t.match(await run('record', 'cart.pl', '--admin', 'http://127.0.0.1:1'), { code: 3 });
  t.match(await run('port', 'test', 'cart.pl', '--from', t.testdir()), {
    code: 1,
    stderr: /nothing was recorded/,
  });
  t.match(await run('port', 'test', 'login.pl'), { code: 1, stderr: /has no port/ });
});
