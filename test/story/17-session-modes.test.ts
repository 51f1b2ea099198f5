import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { banyan } from '../helpers/cli.ts';
import { allTurnsOver, logged, metricsOf, until, useGateway, useShop } from '../helpers/shop.ts';

t.test('a route that says what it does not keep', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(
    t,
    shop,
    '  view.pl: { to: legacy, session: none }\n  index.pl: { to: legacy, session: read }\n' +
      '  go.pl: { to: legacy, session: none }\n  search.pl: { to: legacy, session: read }\n  /**: legacy',
  );
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  await allTurnsOver(gateway); // what is changed meanwhile could be its own doing
  const count = async (labels: string): Promise<string | undefined> =>
    new RegExp(`^banyan_session_unturned_writes_total\\{${labels}\\} (\\d+)$`, 'm').exec(
      await metricsOf(gateway),
    )?.[1];

  await t.test('session: none, and changes the session: it is named', async (t) => {
    await visitor.get('view.pl?sku=1001');
    const line = await logged(gateway, ({ advice }) => advice === 'writes-without-turn');
    t.match(line, { level: 'warn', route: 'view', use: 'none', changed: 1, keys: ['seen'] });
    t.match(line['msg'], /route "view" says session: none, .* changed the session \(seen\)/);
    t.equal(await count('route="view",kind="changed"'), '1');
  });

  await t.test(
    'session: read, and only writes it back, as CGI::Session does: it is named, too',
    async (t) => {
      // The time of the last use is in whole seconds: within one, what is written back is what was there.
      await until('it was seen', async () => {
        await visitor.get('index.pl');
        return (await count('route="index",kind="touched"')) !== '0';
      });
      t.match(
        await logged(gateway, ({ advice, route }) => advice === 'writes-without-turn' && route === 'index'),
        {
          touched: 1,
        },
      );
    },
  );

  await t.test('banyan check tells it, too, at the line of the route', async (t) => {
    const file = gateway.routesFile;
    const settled = readFileSync(file, 'utf8').replace(
      /^admin: .*$/m,
      `admin: ${new URL(gateway.adminUrl).host}`,
    );
    const copy = `${file}.checked.yaml`;
    writeFileSync(copy, settled);
    const environment = { BANYAN_LEGACY: shop.apache.url, BANYAN_SESSIONS: shop.storeUrl };
    const { code, stdout } = await banyan('.', ['check', copy], environment);
    t.equal(code, 0, 'it is a warning');
    t.match(stdout, /yaml:\d+:3: warning: route "view" says session: none, and .* \[writes-without-turn\]/);
    t.match(stdout, /^ *= help: write "session: write"$/m);
  });

  await t.test('and one that keeps it is not', async (t) => {
    await visitor.get('go.pl?to=help');
    await logged(gateway, ({ path }) => path === '/cgi-bin/go.pl');
    t.equal(await count('route="go",kind="changed"'), '0');
    t.notOk(gateway.log().some(({ advice, route }) => advice !== undefined && route === 'go'));
  });

  await t.test('nor is it named for what another request of the session did meanwhile', async (t) => {
    const slow = visitor.get('report.pl?rows=3;pause=0.3'); // writes, and takes a turn
    await until('it runs', async () => /banyan_session_locks_held 1/.test(await metricsOf(gateway)));
    await visitor.get('search.pl?q=a');
    await slow;
    await logged(gateway, ({ path }) => path === '/cgi-bin/search.pl');
    t.equal(await count('route="search",kind="changed"'), '0');
  });
});
