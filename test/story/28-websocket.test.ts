import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type GatewayHere, useGatewayHere } from '../helpers/gateway-here.ts';
import { ask, RawClient } from '../helpers/raw-client.ts';
import { until } from '../helpers/shop.ts';
import { valuesOf } from '../helpers/strict-http.ts';

/** What is used of `ws`, which comes with http-proxy and without types. */
interface Ws {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): this;
  on(event: 'open' | 'pong' | 'error', listener: (what: Error) => void): this;
  once: Ws['on'];
  send(data: Buffer | string, options?: { fin?: boolean; binary?: boolean }): void;
  ping(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  readonly protocol: string;
  readonly extensions: string;
}
const { WebSocket, WebSocketServer } = createRequire(import.meta.url)('ws') as {
  WebSocket: new (url: string, protocols: string[], options?: object) => Ws;
  WebSocketServer: new (options: object) => {
    on(
      event: 'connection',
      listener: (socket: Ws, request: { rawHeaders: string[]; url: string }) => void,
    ): void;
  };
};

/** A legacy that speaks WebSocket and says everything back; it keeps what it was asked. */
async function echo(t: Test, plain = 'no page'): Promise<{ url: string; asked: string[][]; sockets: Ws[] }> {
  const server = createHttp((_, answer) => answer.end(plain));
  const asked: string[][] = [];
  const sockets: Ws[] = [];
  const wss = new WebSocketServer({ server, perMessageDeflate: true, maxPayload: 64 * 1024 * 1024 });
  wss.on('connection', (socket, { rawHeaders, url }) => {
    asked.push(['url', url, ...rawHeaders]);
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.terminate();
    server.close().closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, sockets };
}

/** A legacy that hands over its connections as they are. */
async function rawLegacy(t: Test): Promise<{ url: string; next: () => Promise<Socket> }> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const arrived: Socket[] = [];
  server.on('connection', (socket) => arrived.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const all = arrived;
  t.teardown(() => {
    server.close();
    for (const socket of all) socket.destroy();
  });
  let taken = 0;
  const next = async (): Promise<Socket> => {
    await until('legacy has a connection', () => arrived.length > taken);
    return arrived[taken++] as Socket;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, next };
}

/** Everything a socket has said so far, one character each byte. */
function hear(socket: Socket): { said: string } {
  const heard = { said: '' };
  socket.setEncoding('latin1').on('data', (bytes: string) => (heard.said += bytes));
  return heard;
}

const wishFor = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
const yes =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nX-Old: caf\xe9\r\n\r\n';
const routes = '  /gone: retired\n  /**: { to: legacy, timeout: 2s }';

function dial(
  gateway: GatewayHere,
  path: string,
  options: object = {},
  protocols: string[] = [],
): Promise<Ws> {
  const socket = new WebSocket(gateway.url.replace('http', 'ws') + path, protocols, options);
  return new Promise((resolve, reject) => socket.once('open', () => resolve(socket)).on('error', reject));
}

const message = (socket: Ws): Promise<Buffer> =>
  new Promise((resolve) => socket.once('message', (data) => resolve(data)));
const closing = (socket: Ws): Promise<string> =>
  new Promise((resolve) => socket.once('close', (code, reason) => resolve(`${code} ${String(reason)}`)));

t.test('a WebSocket is what it is without us', async (t) => {
  const legacy = await echo(t);
  const gateway = await useGatewayHere(t, legacy.url, routes);
  const socket = await dial(gateway, '/chat?room=1', {
    headers: { Cookie: 'a=1', 'X-Forwarded-For': '1.2.3.4' },
  });
  t.match(socket.extensions, 'permessage-deflate', 'extensions are agreed on by the two ends');
  socket.send('grüß dich');
  t.equal(String(await message(socket)), 'grüß dich');
  socket.send('in ', { fin: false });
  socket.send('three ', { fin: false });
  socket.send('pieces', { fin: true });
  t.equal(String(await message(socket)), 'in three pieces');
  const pong = new Promise((resolve) => socket.once('pong', resolve));
  socket.ping();
  await pong;

  const [asked = []] = legacy.asked;
  const said = (name: string): string[] => valuesOf({ fields: asked }, name);
  t.same(['url', 'cookie', 'x-forwarded-for', 'x-forwarded-proto', 'upgrade', 'connection'].map(said), [
    ['/chat?room=1'],
    ['a=1'],
    ['127.0.0.1'],
    ['http'],
    ['websocket'],
    ['Upgrade'],
  ]);

  const there = closing(legacy.sockets[0] as Ws);
  socket.close(4001, 'enough');
  t.equal(await there, '4001 enough', 'legacy has the code of a client that leaves');
  const second = await dial(gateway, '/chat');
  const here = closing(second);
  legacy.sockets[1]?.close(4002, 'closing time');
  t.equal(await here, '4002 closing time', 'and the client that of legacy');
});

t.test('10 MB go both ways at once', async (t) => {
  const gateway = await useGatewayHere(t, (await echo(t)).url, routes);
  const socket = await dial(gateway, '/');
  const sent = Array.from({ length: 10 }, () => randomBytes(1024 * 1024));
  const came: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (came.push(data) === sent.length) resolve();
    });
  });
  for (const data of sent) socket.send(data);
  await all;
  const hash = (pieces: Buffer[]): string => createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
  t.equal(hash(came), hash(sent));
  const closed = closing(socket);
  socket.close();
  await closed;
  await until('it is recorded', () => gateway.records.length === 1);
  const [record] = gateway.records;
  t.match(record, {
    status: 101,
    served: 'legacy',
    lane: 'tunnel',
    turn: null,
    problem: null,
    route: 'rest',
  });
  t.ok((record?.tunnel?.fromClientBytes ?? 0) > 10 * 1024 * 1024);
  t.ok((record?.tunnel?.fromLegacyBytes ?? 0) > 10 * 1024 * 1024);
  t.match(await (await fetch(`${gateway.adminUrl}/metrics`)).text(), /^banyan_websockets_open 0$/m);
});

t.test('bytes are passed as they are, also those that came too early', async (t) => {
  const legacy = await rawLegacy(t);
  const gateway = await useGatewayHere(t, legacy.url, routes);
  const client = await RawClient.to(gateway.url);
  await client.write(`${wishFor('/')}\x00early\xff`);
  const there = await legacy.next();
  const heard = hear(there);
  await until('legacy is asked', () => heard.said.includes('\r\n\r\n'));
  t.notMatch(heard.said, 'early', 'nothing is passed on before legacy has agreed');
  heard.said = '';
  there.write(`${yes}\x81\x02hi`, 'latin1');
  await until('the client has it', () => client.unread.endsWith('hi'));
  t.equal(client.unread, `${yes}\x81\x02hi`, 'the 101 is as legacy said it');
  await until('legacy has it', () => heard.said !== '');
  t.equal(heard.said, '\x00early\xff');

  client.halfClose();
  await once(there, 'end');
  there.end('last words');
  await client.over();
  t.match(client.unread, /last words$/, 'a side that says no more is still told the rest');
});

t.test('who takes nothing holds the other up, and nobody keeps it in memory', async (t) => {
  const legacy = await rawLegacy(t);
  const gateway = await useGatewayHere(t, legacy.url, routes);
  const client = await RawClient.to(gateway.url);
  await client.write(wishFor('/'));
  const there = await legacy.next();
  there.write(yes, 'latin1');
  await until('it is open', () => client.unread.includes('caf'));
  there.pause();
  const whole = 64 * 1024 * 1024;
  client.socket.write(Buffer.alloc(whole));
  const left = (): number => client.socket.writableLength;
  let before = -1;
  let same = 0;
  await until('nothing moves any more', async () => {
    same = left() === before ? same + 1 : 0;
    before = left();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return same > 10;
  });
  t.ok(before > 0, 'the client cannot get rid of it');
  let came = 0;
  there.on('data', (chunk) => (came += chunk.length)).resume();
  await until('all has come', () => came >= whole);
  t.ok(came >= whole);
});

t.test('a side that breaks off takes the other with it', async (t) => {
  const legacy = await rawLegacy(t);
  const gateway = await useGatewayHere(t, legacy.url, routes);
  const open = async (): Promise<[RawClient, Socket]> => {
    const client = await RawClient.to(gateway.url);
    await client.write(wishFor('/'));
    const there = await legacy.next();
    there.resume().write(yes, 'latin1');
    await until('it is open', () => client.unread.includes('caf'));
    return [client, there];
  };
  const [first, itsLegacy] = await open();
  const closed = new Promise((resolve) => itsLegacy.once('close', resolve)); // `once` rejects on the reset
  first.reset();
  await closed;
  const [second, ended] = await open();
  ended.resetAndDestroy();
  await second.over();
  t.ok(second.isOver);

  const waiting = await RawClient.to(gateway.url);
  await waiting.write(wishFor('/'));
  const asked = await legacy.next();
  asked.resume();
  const given = once(asked, 'end');
  waiting.reset();
  await given;
  await until('all three are recorded', () => gateway.records.length === 3);
  t.match(gateway.records[2], { status: 0, clientLeft: true, sides: [], problem: null });
});

t.test('an answer that is none to an upgrade is passed on as any other', async (t) => {
  const legacy = await rawLegacy(t);
  const gateway = await useGatewayHere(t, legacy.url, routes);
  const answers = {
    'with a length': 'HTTP/1.1 403 Not you\r\nX-Why: members only\r\nContent-Length: 7\r\n\r\nmembers',
    chunked:
      'HTTP/1.1 403 Not you\r\nX-Why: members only\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nmembers\r\n0\r\n\r\n',
    'with its end': 'HTTP/1.1 403 Not you\r\nX-Why: members only\r\n\r\nmembers',
  };
  for (const [how, bytes] of Object.entries(answers)) {
    const client = await RawClient.to(gateway.url);
    await client.write(`${wishFor('/')}a frame that nobody will read`);
    const there = await legacy.next();
    const heard = hear(there);
    await until('legacy is asked', () => heard.said.includes('\r\n\r\n'));
    there.end(bytes, 'latin1');
    const came = await client.answer();
    t.equal(came.kind === 'whole' ? came.message.body : came.kind, 'members', how);
    t.equal(came.kind === 'whole' && came.message.startLine, 'HTTP/1.1 403 Not you', how);
    t.same(came.kind === 'whole' && valuesOf(came.message, 'x-why'), ['members only'], how);
    await client.over();
    t.notMatch(heard.said, 'a frame', 'and legacy was sent nothing more');
  }
  t.match(gateway.records, Array(3).fill({ status: 403, served: 'legacy', problem: null }));

  const big = await RawClient.to(gateway.url);
  await big.write(wishFor('/'));
  const there = await legacy.next();
  there.resume().end(`HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n${'x'.repeat(8_000_000)}`);
  const came = await big.answer();
  t.equal(came.kind === 'whole' && came.message.body.length, 8_000_000, 'also where the client is slower');
});

t.test('what goes wrong is told in our words', async (t) => {
  const legacy = await rawLegacy(t);
  const gateway = await useGatewayHere(
    t,
    legacy.url,
    '  /slow: { to: legacy, timeout: 50ms }\n  /**: legacy',
  );
  const replies = {
    LEGACY_BROKE: [
      'HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
      'HTTP/1.1 101 Switching\r\n\r\n',
      'garbage\r\n\r\n',
      'HTTP/1.1 403 No\r\nTransfer-Encoding: gzip\r\n\r\n',
      '',
    ],
    LEGACY_TIMEOUT: [null],
  };
  for (const [code, all] of Object.entries(replies))
    for (const bytes of all) {
      const client = await RawClient.to(gateway.url);
      await client.write(wishFor(bytes === null ? '/slow' : '/'));
      const there = await legacy.next();
      there.resume();
      if (bytes !== null) there.end(bytes);
      const came = await client.answer();
      t.equal(came.kind === 'whole' && came.status, code === 'LEGACY_TIMEOUT' ? 504 : 502, `${bytes}`);
      t.equal(gateway.records.at(-1)?.problem?.code, code);
      client.close();
    }
  const down = await useGatewayHere(t, 'http://127.0.0.1:1', routes);
  const client = await RawClient.to(down.url);
  await client.write(wishFor('/', 'Accept: application/json\r\n'));
  const came = await client.answer();
  t.equal(came.kind === 'whole' && came.status, 502);
  t.match(came.kind === 'whole' && came.message.body, /"error":"LEGACY_DOWN"/);
  t.notMatch(came.kind === 'whole' && came.message.body, /127\.0\.0\.1|ECONN/, 'and of no address');
});

t.test('routes decide, and everything that is no WebSocket is a plain request', async (t) => {
  const legacy = await echo(t, 'a page');
  const gateway = await useGatewayHere(t, legacy.url, routes);
  const status = async (bytes: string): Promise<string> => {
    const came = await ask(gateway.url, bytes);
    return came.kind === 'whole' ? `${came.status} ${came.message.body.slice(0, 6)}` : came.kind;
  };
  t.match(await status(wishFor('/gone')), '410');
  t.equal(await status(wishFor('/').replace('websocket', 'h2c')), '200 a page', 'h2c');
  t.equal(await status(wishFor('/').replace('websocket', 'h2c, websocket')), '200 a page', 'one of several');
  t.equal(await status(wishFor('/').replace('GET', 'POST')), '200 a page', 'not by POST');
  t.equal(await status(wishFor('/', 'Content-Length: 1\r\n').concat('x')), '200 a page', 'not with a body');
  t.equal(await status(wishFor('/').replace('1.1', '1.0')), '200 a page', 'not by HTTP/1.0');
  t.match(await status(wishFor('/').replace('Host: a', 'X: a')), '400', 'not without a Host');
  t.match(await status(wishFor('/', 'Host: b\r\n')), '400', 'nor with two');
  t.match(await status(wishFor('/%2e%2e/..%2f')), '40', 'what cannot be read is refused as ever');
  t.same(legacy.asked, [], 'and legacy was asked for no WebSocket');

  const together = await RawClient.to(gateway.url);
  await together.write(`GET /a HTTP/1.1\r\nHost: a\r\n\r\n${wishFor('/b')}`);
  await until('both are answered', () => together.unread.includes('101'));
  t.match(together.unread, /^HTTP\/1\.1 200 [\s\S]*a pageHTTP\/1\.1 101 /, 'in their order');
  together.close();
});

t.test('an open socket holds no turn', async (t) => {
  const gateway = await useGatewayHere(
    t,
    (await echo(t, 'a page')).url,
    '  /**: { to: legacy, session: write }',
  );
  const headers = { Cookie: `CGISESSID=${'a'.repeat(32)}` };
  const socket = await dial(gateway, '/chat', { headers });
  const page = await fetch(`${gateway.url}/page`, { headers });
  t.equal(await page.text(), 'a page', 'another request of its session is served meanwhile');
  const closed = closing(socket);
  socket.close();
  await closed;
});

t.test('there are no more than may be', async (t) => {
  const gateway = await useGatewayHere(t, (await echo(t)).url, routes, 'websockets: 2\n');
  const sockets = [await dial(gateway, '/'), await dial(gateway, '/')];
  t.match(await (await fetch(`${gateway.adminUrl}/metrics`)).text(), /^banyan_websockets_open 2$/m);
  await t.rejects(dial(gateway, '/'), /503/);
  t.equal(gateway.records.at(-1)?.problem?.code, 'SOCKETS_FULL');
  const closed = closing(sockets[0] as Ws);
  sockets[0]?.close();
  await closed;
  await until('it is over', () => gateway.records.some(({ status }) => status === 101));
  sockets.push(await dial(gateway, '/'));
  for (const socket of sockets.slice(1)) socket.terminate();
});

t.test('of several workers each may have its share', async (t) => {
  const gateway = await useGatewayHere(t, (await echo(t)).url, routes, 'websockets: 3\nworkers: 2\n');
  const sockets = [await dial(gateway, '/'), await dial(gateway, '/')];
  await t.rejects(dial(gateway, '/'), /503/);
  for (const socket of sockets) socket.terminate();
});

t.test('a gateway that ends lets sockets be for a while, and then cuts them', async (t) => {
  t.setTimeout(60_000);
  const gateway = await useGatewayHere(t, (await echo(t)).url, routes);
  const socket = await dial(gateway, '/');
  const cut = closing(socket);
  const ended = gateway.close();
  socket.send('still here?');
  t.equal(String(await message(socket)), 'still here?');
  await ended;
  t.match(await cut, /^1006 /, 'without a word: nobody but the two ends may say one');
  t.equal(gateway.records.at(-1)?.status, 101, 'and it is recorded');
});
