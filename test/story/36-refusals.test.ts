// Whatever is refused has a name, and is counted and recorded by it, once.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Problem, type ProblemCode, problemCodes } from '../../src/errors.ts';
import { ask as askPolitely } from '../helpers/ask.ts';
import { type GatewayHere, useGatewayHere } from '../helpers/gateway-here.ts';
import { ask, RawClient } from '../helpers/raw-client.ts';
import { ScriptedUpstream, type Step } from '../helpers/scripted-upstream.ts';
import { metricsOf, until } from '../helpers/shop.ts';

t.setTimeout(120_000);

const page = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const never = { until: () => new Promise(() => undefined) };
const scripts: Readonly<Record<string, readonly Step[]>> = {
  '/broken': [{ send: 'garbage\r\n\r\n' }, 'close'],
  '/brief': [never],
  '/held': [never],
};
const routes = `  /gone: retired
  /brief: { to: legacy, timeout: 50ms, session: none }
  /down: { to: legacy, upstream: down, session: none }
  /held: { to: legacy, session: none }
  /socket: { to: legacy, session: none }
  /**: legacy`;
const limits = (more: string): string => `clients: { ${more} }
websockets: 1
upstreams: { down: 'http://127.0.0.1:1' }
`;

const host = 'Host: shop.test\r\n';
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\n${host}${fields}\r\n`;
const post = (fields: string, body: string): string =>
  `POST /form HTTP/1.1\r\n${host}${fields}\r\n\r\n${body}`;

async function use(t: Test, more: string): Promise<GatewayHere> {
  const legacy = new ScriptedUpstream(({ target }) => scripts[target] ?? [{ send: page }]);
  return useGatewayHere(t, await legacy.listen(t), routes, limits(more));
}

/** How often each code was counted. */
async function counts(gateway: GatewayHere): Promise<Partial<Record<ProblemCode, number>>> {
  const lines = (await metricsOf(gateway)).matchAll(/^banyan_problems_total\{code="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries(
    [...lines].flatMap(([, code, times]) => (times === '0' ? [] : [[code, Number(times)]])),
  );
}

/** Waits until something was recorded, and sees that it was this, once, and nothing else. */
async function seeOne(t: Test, gateway: GatewayHere, code: ProblemCode, what: string): Promise<void> {
  const records = (): unknown[] => gateway.records.flatMap(({ problem }) => problem ?? []);
  await until(`${what} is recorded`, () => records().length > 0);
  t.match(records(), [{ code }], `${what}: one record`);
  t.same(await counts(gateway), { [code]: 1 }, `${what}: counted once`);
}

const small = 'head: 2kb, cookies: 500b, upload: 5kb, head-time: 300ms, stall: 300ms';
const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;

/** What is sent over a connection of its own, and what becomes of it. */
const refused: readonly (readonly [what: string, code: ProblemCode, bytes: string])[] = [
  ['garbage', 'NOT_HTTP', '\0\0\0\0\r\n\r\n'],
  ['two Host fields', 'NOT_HTTP', get('/', host)],
  ['a chunk that is none', 'NOT_HTTP', post('Transfer-Encoding: chunked', 'zz\r\n')],
  ['a head that is too large', 'HEADERS_TOO_LARGE', get('/', `X: ${'x'.repeat(3000)}\r\n`)],
  ['5,000 fields', 'HEADERS_TOO_LARGE', get('/', 'a:b\r\n'.repeat(5000))],
  ['too many cookies', 'COOKIES_TOO_LARGE', get('/', `Cookie: a=${'b'.repeat(500)}\r\n`)],
  ['cookies in several fields', 'COOKIES_TOO_LARGE', get('/', `Cookie: a=${'b'.repeat(100)}\r\n`.repeat(5))],
  ['TRACE', 'METHOD_REFUSED', `TRACE / HTTP/1.1\r\n${host}\r\n`],
  ['CONNECT', 'METHOD_REFUSED', `CONNECT shop.test:80 HTTP/1.1\r\n${host}\r\n`],
  ['a bad address', 'BAD_TARGET', get('/%zz')],
  ['a slash in disguise', 'ENCODED_SLASH', get('/a%2Fb')],
  ['a session id that is none', 'BAD_SESSION_ID', get('/', 'Cookie: CGISESSID=\x80\r\n')],
  ['a body that says it is too large', 'BODY_TOO_LARGE', post('Content-Length: 6000', '')],
  ['a body that grows too large', 'BODY_TOO_LARGE', post('Transfer-Encoding: chunked', chunk.repeat(2))],
  ['a body that stops', 'REQUEST_SLOW', post('Content-Length: 2000', 'a=b')],
  ['a head that stops', 'REQUEST_SLOW', `GET / HTTP/1.1\r\n${host}`],
  ['a page that is gone', 'RETIRED', get('/gone')],
  ['a legacy that is not there', 'LEGACY_DOWN', get('/down')],
  ['a legacy that breaks off', 'LEGACY_BROKE', get('/broken')],
  ['a legacy that is slow', 'LEGACY_TIMEOUT', get('/brief')],
];

for (const [what, code, bytes] of refused) {
  t.test(`${what}: ${code}`, async (t) => {
    const gateway = await use(t, small);
    const came = await ask(gateway.url, bytes, bytes.slice(0, bytes.indexOf(' ')));
    t.match(came, { kind: 'whole', status: new Problem(code, '').status });
    await seeOne(t, gateway, code, what);
  });
}

t.test('a body that breaks off: BODY_CUT', async (t) => {
  const gateway = await use(t, small);
  const client = await RawClient.to(gateway.url);
  await client.write(post('Content-Length: 2000', 'a=b'));
  client.reset();
  await seeOne(t, gateway, 'BODY_CUT', 'it');
});

t.test('a body that no disk takes: BODY_NOT_KEPT', async (t) => {
  const gateway = await use(t, 'upload: 5mb');
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = '/nowhere/at/all';
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  const reply = await ask(gateway.url, post('Content-Length: 2000000', 'x'.repeat(2_000_000)), 'POST');
  t.match(reply, { kind: 'whole', status: 503 });
  await seeOne(t, gateway, 'BODY_NOT_KEPT', 'it');
});

t.test('requests without end on one connection: TOO_MANY_AHEAD', async (t) => {
  const gateway = await use(t, '');
  const client = await RawClient.to(gateway.url);
  await client.write(get('/held'), get('/').repeat(2_000));
  await client.over();
  await seeOne(t, gateway, 'TOO_MANY_AHEAD', 'it');
});

t.test('more connections than there may be: CONNECTIONS_FULL', async (t) => {
  const gateway = await use(t, 'connections: 2');
  const clients = [await RawClient.to(gateway.url), await RawClient.to(gateway.url)];
  for (const client of clients) {
    await client.write(get('/'));
    t.match(await client.answer(), { status: 200 });
  }
  const third = await RawClient.to(gateway.url);
  await third.over();
  await seeOne(t, gateway, 'CONNECTIONS_FULL', 'it');
  const more = gateway.text.replace('connections: 2', 'connections: 3');
  t.equal(await gateway.routes.offer(more, 'asked'), 'taken');
  await clients[0]?.write(get('/'));
  t.match(await clients[0]?.answer(), { status: 200 }, 'those that are open stay open');
  for (const client of clients) client.close();
  await until(
    'there is room again',
    async () => (await ask(gateway.url, get('/')).catch(() => null))?.kind === 'whole',
  );
});

t.test('more WebSockets than there may be: SOCKETS_FULL', async (t) => {
  const gateway = await use(t, '');
  const wish = get('/held', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n');
  const first = await RawClient.to(gateway.url);
  await first.write(wish);
  const second = await RawClient.to(gateway.url);
  await second.write(wish);
  t.match(await second.answer(), { status: 503 });
  await seeOne(t, gateway, 'SOCKETS_FULL', 'it');
  first.reset();
});

t.test('plain HTTP where TLS is spoken: NOT_TLS', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-tls-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const gateway = await useGatewayHere(
    t,
    'http://127.0.0.1:1',
    '  /**: legacy',
    `tls: { cert: ${cert}, key: ${key} }\n`,
  );
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').on('error', () => undefined);
  socket.write(get('/'));
  await seeOne(t, gateway, 'NOT_TLS', 'it');
  socket.destroy();
});

t.test('who says nothing, or breaks off in its head, is refused nothing', async (t) => {
  const gateway = await use(t, small);
  const silent = await RawClient.to(gateway.url);
  const cut = await RawClient.to(gateway.url);
  await cut.write('GET / HTTP/1.1\r\nHo');
  cut.reset();
  await silent.over();
  t.equal(silent.unread, '', 'browsers open connections that they may need later');
  t.same(await counts(gateway), {});
});

t.test('a body that says before it is sent that it is too large need not be sent', async (t) => {
  const gateway = await use(t, small);
  for (const [bytes, first] of [
    [6000, 'HTTP/1.1 413'],
    [600, 'HTTP/1.1 100'],
  ] as const) {
    const client = await RawClient.to(gateway.url);
    await client.write(post(`Expect: 100-continue\r\nContent-Length: ${bytes}`, ''));
    await client.begun();
    t.equal(client.unread.slice(0, 12), first);
    client.close();
  }
});

t.test('every code is declared before it happens, and explained in words to who asks for JSON', async (t) => {
  const gateway = await use(t, small);
  const metrics = await metricsOf(gateway);
  for (const code of problemCodes) t.match(metrics, `banyan_problems_total{code="${code}"} 0`, code);
  const reply = await askPolitely(gateway.url, '/gone', { headers: { Accept: 'application/json' } });
  t.match(JSON.parse(reply.body), { error: 'RETIRED', message: /gone for good/ });
});
