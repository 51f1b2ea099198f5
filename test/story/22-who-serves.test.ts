import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { request } from 'undici';
import { shopEnvironment, writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { banyan } from '../helpers/cli.ts';
import { metricsOf, until, useGatewayOn, useShop } from '../helpers/shop.ts';

const token = 'the-token-of-the-admin';

/** Another old server, which says what it was asked. */
async function useOldServer(t: Test): Promise<string> {
  const server = createServer((asked, answer) => answer.end(`old server: ${asked.method} ${asked.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly form?: string;
  readonly headers?: Record<string, string>;
}

/** Asks for a page of /cgi-bin/ and waits until the exchange is in the log. */
async function ask(gateway: GatewayProcess, page: string, { method, form, headers }: Asked = {}) {
  const seen = gateway.log().length;
  const answer = await request(`${gateway.url}/cgi-bin/${page}`, {
    method: method ?? (form === undefined ? 'GET' : 'POST'),
    headers: {
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    body: form ?? null,
  });
  const body = Buffer.from(await answer.body.arrayBuffer()).toString('latin1');
  // The line of an earlier request may come only now. A tester's link, which is answered at the door, has no path.
  const paths = ['', `/cgi-bin/${page.split('?', 1)[0]}`];
  const lineOf = () =>
    gateway
      .log()
      .slice(seen)
      .findLast((line) => line['msg'] === 'exchange' && paths.includes(String(line['path'])));
  await until('the exchange is in the log', () => lineOf() !== undefined);
  return { status: answer.statusCode, headers: answer.headers, body, line: lineOf() ?? {} };
}

const throwing = join(repository, 'test/fixtures/ports/throws.ts');

t.test('routes say who serves', async (t) => {
  const shop = await useShop(t);
  const old = await useOldServer(t);
  const routes = `
  view.pl: { to: port, only: { cookie: staff=1 } }
  view.pl?do=old: retired
  POST cart.pl?action=add: port
  cart.pl: legacy
  search.pl: { to: port, port: ${throwing}, fallback: error }
  report.pl: { to: port, port: ${throwing} }
  /reports/**: { to: legacy, upstream: reports, session: none }
  /**: legacy`;
  const top = [
    'admin: { listen: 127.0.0.1:0, token: "${BANYAN_TEST_TOKEN}" }',
    `upstreams: { reports: ${old} }`,
    'max-body: 64kb',
  ];
  process.env['BANYAN_TEST_TOKEN'] = token;
  const gateway = await useGatewayOn(t, shop, writeRoutes(shop, routes, { top }));

  await t.test('a retired page is gone, and counted', async (t) => {
    const { status, body, line } = await ask(gateway, 'view.pl?do=old');
    t.equal(status, 410);
    t.match(body, 'This page is gone for good.');
    t.match(line, { route: 'view.old', side: 'none', problem: 'RETIRED', why: 'the target is retired' });
    t.match(await metricsOf(gateway), 'banyan_requests_total{route="view.old",side="none",code="410"} 1');
  });

  await t.test('a parameter of a form chooses the port, and both sides share the session', async (t) => {
    const first = await ask(gateway, 'cart.pl?action=show');
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
    const added = await ask(gateway, 'cart.pl', { form: 'action=add&sku=1001&qty=2', headers: { cookie } });
    t.match(added.line, { route: 'cart.add.post', side: 'port' });
    const shown = await ask(gateway, 'cart.pl?action=show', { headers: { cookie } });
    t.match(shown.line, { route: 'cart', side: 'legacy' });
    t.match(shown.body, '<B>Items: 2</B>');
    const inQuery = await ask(gateway, 'cart.pl?action=add', { form: 'action=show' });
    t.match(inQuery.line, { route: 'cart', side: 'legacy' }, 'the query of a POST is not read by CGI.pm');
  });

  await t.test('a form that is too large to be read goes to legacy, and is counted', async (t) => {
    const { line } = await ask(gateway, 'cart.pl', { form: `x=${'y'.repeat(70_000)}&action=add` });
    t.match(line, { route: 'cart', side: 'legacy', why: /larger than max-body/ });
    t.match(await metricsOf(gateway), 'banyan_params_unread_total{route="cart"} 1');
  });

  await t.test('an upstream of its own answers where a route names it', async (t) => {
    const answer = await request(`${gateway.url}/reports/2026?x=1`);
    t.equal(await answer.body.text(), 'old server: GET /reports/2026?x=1');
  });

  await t.test('only who is named gets the port', async (t) => {
    const others = await ask(gateway, 'view.pl?sku=1001');
    t.match(others.line, { side: 'legacy', why: 'only cookie staff=1 may get the port' });
    const staff = await ask(gateway, 'view.pl?sku=1001', { headers: { cookie: 'staff=1' } });
    t.match(staff.line, { side: 'port' });
  });

  await t.test('a failing port is hidden by legacy, or shown where the route says so', async (t) => {
    t.match((await ask(gateway, 'report.pl')).line, { side: 'legacy', fallback: 'PORT_FAILED' });
    const shown = await ask(gateway, 'search.pl');
    t.equal(shown.status, 500);
    t.match(shown.line, { side: 'none', problem: 'PORT_FAILED' });
  });

  await t.test('a side is forced by header only with the admin token', async (t) => {
    const forced = async (headers: Record<string, string>) =>
      (await ask(gateway, 'view.pl?sku=1001', { headers })).line;
    t.match(await forced({ 'Banyan-Side': 'port' }), { side: 'legacy' });
    t.match(await forced({ 'Banyan-Side': 'port', 'Banyan-Token': 'guessed-guessed-guessed' }), {
      side: 'legacy',
    });
    t.match(await forced({ 'Banyan-Side': 'port', 'Banyan-Token': token }), {
      side: 'port',
      why: 'forced by token',
    });
  });

  await t.test(
    'a tester is given a link, which is over after a while and good for its route alone',
    async (t) => {
      const env = { ...shopEnvironment(shop), BANYAN_TEST_TOKEN: token } as Record<string, string>;
      const made = async (...args: string[]): Promise<string> => {
        const args2 = ['link', ...args, '--url', gateway.url, '--json', '--file', gateway.routesFile];
        return (JSON.parse((await banyan('.', args2, env)).stdout) as { url: string }).url;
      };
      const url = await made('view', 'port');
      const page = url.slice(`${gateway.url}/cgi-bin/`.length);
      const first = await ask(gateway, page).catch(() => null);
      t.equal(first?.status, 303);
      t.equal(first?.headers.location, '/cgi-bin/view.pl');
      const cookie = String(first?.headers['set-cookie']).split(';')[0] ?? '';
      t.match((await ask(gateway, 'view.pl?sku=1001', { headers: { cookie } })).line, {
        side: 'port',
        why: 'forced by link',
      });
      t.match((await ask(gateway, 'cart.pl', { headers: { cookie } })).line, { side: 'legacy' });
      const changed = { cookie: cookie.replace('~view~', '~*~') };
      t.match((await ask(gateway, 'view.pl?sku=1001', { headers: changed })).line, { side: 'legacy' });
    },
  );
});

t.test(
  'a file that asks for what this version does not do is checked, and refused at the start',
  async (t) => {
    const folder = t.testdir({
      'routes.yaml': 'legacy: http://127.0.0.1:1\nroutes:\n  /cgi-bin/view.pl: shadow 20%\n',
      ports: { 'view.ts': 'export default 1;\n' },
    });
    const checked = await banyan(folder, ['check']);
    t.equal(checked.code, 0);
    t.match(checked.stdout, /warning: target "shadow 20%" is checked, but this version does not run/);
    const started = await banyan(folder, ['start']);
    t.equal(started.code, 1);
    t.match(
      started.stderr,
      /error: target "shadow 20%" is checked, but this version does not run .* \[not-yet\]/,
    );
  },
);
