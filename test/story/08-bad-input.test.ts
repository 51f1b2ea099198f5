import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { shopEnvironment, writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { until, useGateway, useShop } from '../helpers/shop.ts';

const run = promisify(execFile);

/** Sends bytes as they are and collects the answer until the server closes. */
function raw(base: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
    socket
      .on('close', () => resolve(answer))
      .on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
  });
}

const ask = (base: string, target: string, more = ''): Promise<string> =>
  raw(base, `GET ${target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${more}\r\n`);
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

/** What no answer to a client may hold. */
const inside = /127\.0\.0\.1:\d|ECONN|at .*\.[tj]s:\d|mysql|node_modules|\/tmp\//i;

t.test('a broken routes.yaml', async (t) => {
  const shop = await useShop(t);
  const file = writeRoutes(shop, '  view.pl: prot\n  cart.pl: legacy');
  const failed = await run(process.execPath, [join(repository, 'src/cli/main.ts'), 'start', file], {
    env: shopEnvironment(shop),
  }).then(
    () => null,
    (thrown: { code: number; stderr: string }) => thrown,
  );
  t.equal(failed?.code, 1, 'ends the start with exit code 1');
  t.match(failed?.stderr, `${file}:11:12: error: cannot read target "prot"`, 'and names line and column');
});

t.test('paths and headers that nobody should send', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  view.pl: port\n  /**: legacy');
  const same: string[] = [
    '/caf%E9.html',
    '//cgi-bin//index.pl',
    '/cgi-bin/./index.pl',
    '/%zz',
    '/a/../../b',
    '/a%2Fb',
  ];
  for (const target of same) {
    t.equal(
      statusOf(await ask(gateway.url, target)),
      statusOf(await ask(shop.apache.url, target)),
      `${target} as on Apache`,
    );
  }
  for (const target of [
    '//cgi-bin/view.pl?sku=1001',
    '/cgi-bin/%76iew.pl?sku=1001',
    '/x/../cgi-bin/view.pl?sku=1001',
  ]) {
    const seen = gateway.log().length;
    t.equal(statusOf(await ask(gateway.url, target)), 200);
    await until('it is logged', () => gateway.log().length > seen);
    t.match(gateway.log().at(-1), { route: 'view', side: 'port' }, `${target} is no way round the port`);
  }
  t.equal(
    statusOf(await ask(gateway.url, '/cgi-bin/index.pl', `Cookie: a=${'x'.repeat(2_000_000)}\r\n`)),
    431,
    'a 2 MB cookie',
  );
  t.equal(statusOf(await raw(gateway.url, 'nonsense\r\n\r\n')), 400, 'no HTTP at all');
  t.equal(
    statusOf(await raw(gateway.url, 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')),
    405,
    'TRACE',
  );
  const spoofed = await ask(
    gateway.url,
    '/cgi-bin/view.pl?sku=1001',
    'banyan-errand: e30=\r\nProxy: http://evil\r\n',
  );
  t.equal(statusOf(spoofed), 200, 'our own fields sent by a client are taken off');
  t.equal((await new Visitor(gateway.url).get('view.pl?sku=1001')).status, 200, 'and the next request works');
});

t.test('a body of another length than it says', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  cart.pl: port\n  /**: legacy');
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    `POST /cgi-bin/cart.pl HTTP/1.1\r\nHost: x\r\nCookie: CGISESSID=${visitor.sessionId}\r\n` +
      'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\naction=add&sku=1001',
  );
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.end();
  socket.destroy();
  await until('it is logged', () => gateway.log().some((line) => line['problem'] === 'BODY_CUT'));
  t.equal(await visitor.items(), 0, 'half a form is no form: nothing was added');

  const chunked =
    `POST /cgi-bin/cart.pl HTTP/1.1\r\nHost: x\r\nCookie: CGISESSID=${visitor.sessionId}\r\nConnection: close\r\n` +
    'Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '8\r\naction=a\r\nb\r\ndd&sku=1001\r\n0\r\n\r\n';
  t.equal(statusOf(await raw(gateway.url, chunked)), 200);
  t.equal(await visitor.items(), 1, 'a chunked form arrives on the port');
  t.equal(
    statusOf(await raw(gateway.url, chunked.replace('cart.pl', 'login.pl'))),
    200,
    'and gets a length for CGI',
  );
});

const assertClear = (
  t: Test,
  gateway: GatewayProcess,
  answer: string,
  status: number,
  sentence: RegExp,
): void => {
  t.equal(statusOf(answer), status, `the answer is ${status}`);
  t.match(answer, sentence, 'with a sentence');
  t.notMatch(answer.replaceAll(gateway.url, ''), inside, 'and nothing of the inside');
};

t.test('what is behind the gateway is down', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(
    t,
    shop,
    '  view.pl: port\n  nph-stock.pl: { to: legacy, session: none }\n  /**: legacy',
    '2s',
  );
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const cookie = `Cookie: CGISESSID=${visitor.sessionId}\r\n`;

  await t.test('legacy', async (t) => {
    await shop.apache.stop();
    for (const more of ['', cookie]) {
      assertClear(t, gateway, await ask(gateway.url, '/cgi-bin/index.pl', more), 502, /does not answer/);
    }
    const json = await ask(gateway.url, '/cgi-bin/index.pl', 'Accept: application/json\r\n');
    t.match(json, /\{"error":"LEGACY_DOWN"/, 'JSON for who asks for it');
    t.equal(statusOf(await ask(gateway.url, '/cgi-bin/view.pl?sku=1001', cookie)), 200, 'ports serve on');
  });

  await t.test('the database', async (t) => {
    await shop.mariadb.kill();
    const withSession = await ask(gateway.url, '/cgi-bin/index.pl', cookie);
    assertClear(t, gateway, withSession, 503, /Sessions cannot be reached/);
    t.match(withSession, /Retry-After: 5/, 'and says when to come again');
    const ready = await fetch(`${gateway.adminUrl}/ready`);
    t.equal(ready.status, 503, '/ready says that it is not');

    await shop.mariadb.restart();
    t.equal(
      statusOf(await ask(gateway.url, '/cgi-bin/view.pl?sku=1001', cookie)),
      200,
      'when it is back, so are we',
    );
  });
});
