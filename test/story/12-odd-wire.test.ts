import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { startGateway, writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { turnsHeld, until, useShop } from '../helpers/shop.ts';

/** A legacy that answers each request with given bytes, and remembers what it was asked. */
async function scripted(t: Test, answer: (target: string, socket: Socket) => void) {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        const target = /^\S+ (\S+)/.exec(chunk.toString('latin1'))?.[1] ?? '';
        asked.push(target);
        answer(target, socket);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
}

async function useGatewayTo(t: Test, shop: Shop, legacy: string, file?: string): Promise<GatewayProcess> {
  const gateway = await startGateway(
    shop,
    file ?? writeRoutes(shop, '  /slow: { to: legacy, timeout: 1s }\n  /**: legacy'),
    {
      env: { BANYAN_LEGACY: legacy },
    },
  );
  t.teardown(() => gateway.stop('SIGKILL'));
  return gateway;
}

/** Sends bytes and collects what comes until the connection is closed. */
function raw(base: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(base);
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}

const page = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const cookie = 'Cookie: CGISESSID=abc\r\n';

t.test('odd things on the wire', async (t) => {
  const shop = await useShop(t);
  const odd: Record<string, string> = {
    '/reason': 'HTTP/1.1 200 Sch\xf6n\r\nContent-Length: 2\r\n\r\nok',
    '/trailer': 'HTTP/1.1 304 Not Modified\r\nTrailer: x\r\n\r\n',
    '/locations': 'HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n',
    '/999': 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok',
    '/garbage': 'garbage\r\n\r\n',
  };
  const legacy = await scripted(t, (target, socket) => {
    if (target === '/slow' || target.startsWith('/hang')) return;
    if (target === '/cut') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this');
    else socket.write(odd[target] ?? page, 'latin1');
  });
  const gateway = await useGatewayTo(t, shop, legacy.url);
  const get = (target: string, more = ''): Promise<string> =>
    raw(gateway.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`);

  for (const more of ['', cookie]) {
    const lane = more === '' ? 'passed through' : 'in the story';
    t.match(await get('/reason', more), /^HTTP\/1\.1 200 Sch.n?/, `a reason phrase in latin-1, ${lane}`);
    t.match(await get('/trailer', more), /^HTTP\/1\.1 304 /, `a 304 with a Trailer field, ${lane}`);
    t.match(
      await get('/locations', more),
      /Location: \/a\r\nLocation: \/b\r\n/,
      `two Location fields, ${lane}`,
    );
    t.match(await get('/999', more), /^HTTP\/1\.1 999 Odd/, `a status of 999, ${lane}`);
    t.match(await get('/garbage', more), /^HTTP\/1\.1 502 /, `garbage, ${lane}`);
    const cut = await get('/cut', more);
    t.ok(/Content-Length: 100\r\n/.test(cut) && cut.endsWith('only this'), `a cut answer looks cut, ${lane}`);
    t.match(await get('/slow', more), /^HTTP\/1\.1 504 /, `one that does not come, ${lane}`);
  }
  t.match(await get('/x', 'Host: y\r\n'), /^HTTP\/1\.1 400 /, 'two Host fields');
  t.match(await get('/x', 'Expect: tea\r\n'), /^HTTP\/1\.1 200 /, 'an expectation nobody knows');
  t.match(
    await get('/x', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'),
    /^HTTP\/1\.1 200 /,
  );
  const upgrade = await raw(
    gateway.url,
    'GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n',
  );
  t.match(upgrade, /^HTTP\/1\.1 200 /, 'an upgrade is a plain request, and takes the way of one');
  const both = await raw(gateway.url, `GET /x HTTP/1.1\r\nHost: x\r\n\r\ngarbage\r\n\r\n`);
  t.match(
    both,
    /^HTTP\/1\.1 200 [^]*ok[^]*HTTP\/1\.1 400 /,
    'garbage behind a good request: that one has its answer first',
  );
  t.equal((await fetch(`${gateway.url}/x`)).status, 200, 'and the gateway lives');
});

t.test('SIGTERM waits for what the visitors of are gone', async (t) => {
  const shop = await useShop(t);
  const order: string[] = [];
  const legacy = await scripted(t, (target, socket) => {
    order.push(`${target} begins`);
    const finish = (): void => {
      order.push(`${target} ends`);
      socket.write(page);
    };
    if (target === '/hang') setTimeout(finish, 1500);
    else finish();
  });
  const file = writeRoutes(shop, '  /**: legacy');
  const [one, other] = [
    await useGatewayTo(t, shop, legacy.url, file),
    await useGatewayTo(t, shop, legacy.url, file),
  ];
  const { hostname, port } = new URL(one.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined).write(`GET /hang HTTP/1.1\r\nHost: x\r\n${cookie}\r\n`);
  await until('the turn is held', async () => (await turnsHeld(one)) === 1 && order.length === 1);
  socket.destroy();
  const ended = one.stop('SIGTERM');
  const visitor = new Visitor(other.url);
  visitor.sessionId = 'abc';
  t.equal((await visitor.get('next')).status, 200);
  t.same(
    order,
    ['/hang begins', '/hang ends', '/cgi-bin/next begins', '/cgi-bin/next ends'],
    'one at a time',
  );
  t.equal(await ended, 0);
});
