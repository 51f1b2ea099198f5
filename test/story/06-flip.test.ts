import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { shopEnvironment } from '../../scripts/shop/gateway.ts';
import { load } from '../../scripts/shop/load.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, metricsOf, until, useGateway, useShop } from '../helpers/shop.ts';

const run = promisify(execFile);

t.test('routes are flipped while the gateway runs', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(
    t,
    shop,
    '  view.pl: legacy   # looks\n  cart.pl: legacy   # buys\n  /**: legacy',
  );
  const file = gateway.routesFile;
  const flip = (route: string, target: string) =>
    run(
      process.execPath,
      [join(repository, 'src/cli/main.ts'), 'flip', route, target, '--yes', '--file', file],
      {
        env: shopEnvironment(shop),
      },
    );
  const servedBy = async (page: string): Promise<unknown> => {
    const seen = gateway.log().length;
    await new Visitor(gateway.url).get(page);
    await until('the exchange is in the log', () =>
      gateway
        .log()
        .slice(seen)
        .some((line) => line['msg'] === 'exchange'),
    );
    return gateway.log().findLast((line) => line['msg'] === 'exchange')?.['side'];
  };
  const applied = (route: string, ratio: string) =>
    until(`${route} is at ${ratio}`, async () =>
      (await metricsOf(gateway)).includes(`banyan_route_port_ratio{route="${route}"} ${ratio}`),
    );

  await t.test('by one command, which keeps every comment', async (t) => {
    t.equal(await servedBy('view.pl?sku=1001'), 'legacy');
    const before = await readFile(file, 'utf8');
    await flip('view.pl', 'port');
    await applied('view', '1');
    t.equal(await servedBy('view.pl?sku=1001'), 'port', 'the next request goes to the port');
    const after = await readFile(file, 'utf8');
    t.equal(
      after,
      before.replace('view.pl: legacy   # looks', 'view.pl: port     # looks'),
      'only the one word changed',
    );
  });

  await t.test('by an editor', async (t) => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('view.pl: port  ', 'view.pl: legacy'));
    await applied('view', '0');
    t.equal(await servedBy('view.pl?sku=1001'), 'legacy');
  });

  await t.test('and a file with a mistake changes nothing', async (t) => {
    const good = await readFile(file, 'utf8');
    await writeFile(
      file,
      good.replace('cart.pl: legacy', 'cart.pl: prot  ').replace('view.pl: legacy', 'view.pl: port  '),
    );
    // An editor that writes in place can be caught half way; that is refused as well, and looked at again.
    const line = await logged(gateway, (one) => JSON.stringify(one['findings'] ?? '').includes('bad-target'));
    t.match(line['findings'], [{ line: 12, column: 12, code: 'bad-target', help: 'did you mean "port"?' }]);
    t.equal(await servedBy('view.pl?sku=1001'), 'legacy', 'not even its good half was taken over');
    t.match(await metricsOf(gateway), /banyan_config_last_reload_successful 0/, 'the metrics say so');
    await writeFile(file, good);
    await until('the good file is taken over', async () =>
      (await metricsOf(gateway)).includes('banyan_config_last_reload_successful 1'),
    );
  });

  await t.test('twenty times under load, and it costs nobody anything', async (t) => {
    const stop = new AbortController();
    const visitors = load([gateway.url], 4, stop.signal);
    for (let flips = 0; flips < 20; flips++) {
      const [target, ratio] =
        [['port', '1'] as const, ['port 50%', '0.5'] as const, ['legacy', '0'] as const][flips % 3] ?? [];
      await flip('cart.pl', target as string);
      await applied('cart', ratio as string);
    }
    stop.abort();
    const { requests, ...result } = await visitors;
    t.same(result, { failed: 0, firstFailures: [], sessions: 4, sessionsLost: 0 }, `${requests} requests`);
    const sides = new Set(gateway.log().map((line) => (line['route'] === 'cart' ? line['side'] : null)));
    t.ok(sides.has('legacy') && sides.has('port'), 'both sides had their share');
  });
});
