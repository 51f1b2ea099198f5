// What visitors do on the old page becomes tests of the new one: banyan record, and banyan port test.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
  const name = route.replace('.pl', '');
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
    stderr: new RegExp(
      `^recording ${name}: waiting for visitors; \\^C ends it\\n${count} exchanges of ${name} .*\nnext: banyan port test ${name}\n$`,
      's',
    ),
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

t.test(
  'that nobody looked at sessions is said where nobody does, and not where none was there',
  async (t) => {
    const blind = join(folder, 'blind.yaml');
    const text = readFileSync(routes, 'utf8');
    writeFileSync(blind, text.replace(/^session:\n/m, 'session:\n  trace: off\n'));
    const said: string[] = [];
    for (const [file, to] of [
      [routes, 'seen'],
      [blind, 'unseen'],
    ] as const) {
      const args = ['record', 'cart', '-n', '1', '--to', join(folder, to), '--admin', gateway.adminUrl];
      const recording = banyan(shop.scratch, [...args, '--file', file], env);
      await until('it is recorded', async () => {
        const visitor = new Visitor(gateway.url);
        visitor.sessionId = '0'.repeat(32); // there was never such a one
        await visitor.get('cart.pl');
        return existsSync(join(folder, to, '0001.json'));
      });
      said.push((await recording).stderr);
    }
    t.notMatch(said[0], 'not looked at');
    t.match(said[1], 'their sessions were not looked at: "session: { trace: off }" in routes.yaml\n');
  },
);

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
