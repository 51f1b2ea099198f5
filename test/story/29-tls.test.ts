import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { compose, type Gateway } from '../../src/compose.ts';
import { keepCertificate, readCertificate } from '../../src/config/certificate.ts';
import { readSettings } from '../../src/config/read.ts';
import type { ExchangeRecord } from '../../src/record.ts';
import { fakeClock, type FakeClock } from '../helpers/clock.ts';
import { ScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { codes, read } from '../helpers/settings.ts';
import { until } from '../helpers/shop.ts';
import { valuesOf } from '../helpers/strict-http.ts';

const folder = mkdtempSync(join(tmpdir(), 'banyan-tls-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const pem = (name: string): string => readFileSync(at(`${name}.pem`), 'utf8');
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** An authority of our own, as a company has one. */
function makeAuthority(name: string): void {
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
}

/** A certificate that an authority has given; with a negative number of days it is over. */
function makeCertificate(file: string, names: string, { by = 'authority', days = 30 } = {}): void {
  openssl('req', ...newKey, '-subj', `/CN=${file}`, '-keyout', `${file}.key`, '-out', `${file}.csr`);
  writeFileSync(at('names'), `subjectAltName=${names}\n`);
  const giver = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', String(days)];
  openssl('x509', '-req', '-in', `${file}.csr`, ...giver, '-extfile', 'names', '-out', `${file}.pem`);
  chmodSync(at(`${file}.key`), 0o600);
}

makeAuthority('authority');
makeAuthority('stranger');
const here = 'DNS:localhost,IP:127.0.0.1';
makeCertificate('site', here);
makeCertificate('renewed', here);
makeCertificate('over', here, { days: -1 });
makeCertificate('named', 'DNS:legacy.internal');
makeCertificate('unknown', here, { by: 'stranger' });

const files = { certFile: at('used.pem'), keyFile: at('used.key') };

/** Puts a certificate and a key where the gateway looks for them. */
function use(cert: string, key = cert): void {
  copyFileSync(at(`${cert}.pem`), files.certFile);
  copyFileSync(at(`${key}.key`), files.keyFile);
  chmodSync(files.keyFile, 0o600);
}

interface Gate extends Gateway {
  readonly records: ExchangeRecord[];
  readonly said: string[];
}

/** A gateway on a text without its first lines; ends with the test. */
async function gateOn(t: Test, lines: string): Promise<Gate> {
  const { settings } = readSettings(
    'routes.yaml',
    `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\n${lines}\n`,
    {},
    1,
  );
  if (settings === null) throw new Error(lines);
  const records: ExchangeRecord[] = [];
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const log = {
    exchange: (record: ExchangeRecord) => void records.push(record),
    info: say,
    warn: say,
    error: say,
  };
  const gateway = await compose(settings, {}, log, 'test');
  t.teardown(() => gateway.close());
  return { ...gateway, records, said };
}

const withTls = `tls: { cert: ${files.certFile}, key: ${files.keyFile} }`;
const toLegacy = 'routes:\n  /**: legacy';

/** A TLS connection to a gateway, that believes our authority. */
async function dial(url: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ca: pem('authority'), ...options });
  await once(socket, 'secureConnect');
  return socket;
}

function serialOf(socket: TLSSocket): string | undefined {
  return socket.getPeerX509Certificate()?.serialNumber;
}

const get = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n';
const fine = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

t.test('visitors come by HTTPS, and legacy is told so', async (t) => {
  use('site');
  const upstream = new ScriptedUpstream(() => [{ send: fine }]);
  const gateway = await gateOn(t, `${withTls}\nlegacy: ${await upstream.listen(t)}\n${toLegacy}`);
  t.match(gateway.url, /^https:/);

  const socket = await dial(gateway.url, { ALPNProtocols: ['h2', 'http/1.1'] });
  t.equal(socket.alpnProtocol, 'http/1.1', 'HTTP/2 is not spoken');
  socket.end(get); // shuts its sending side, and is answered all the same
  t.match(await text(socket), /^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/m);
  const [request] = upstream.requests;
  t.same(request === undefined ? [] : valuesOf(request, 'x-forwarded-proto'), ['https']);

  await t.rejects(dial(gateway.url, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), 'TLS 1.1 is too old');
  await t.rejects(dial(gateway.url, { ca: pem('stranger') }), 'a client that does not believe us');
  const { port } = new URL(gateway.url);
  const plain = connectPlain({ port: Number(port), host: '127.0.0.1' });
  plain.write(get);
  t.equal(await text(plain).catch(() => ''), '', 'plain HTTP is not answered');
  t.equal(upstream.requests.length, 1, 'and none of them came through');
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  t.match(metrics, /^banyan_certificate_reads_total\{result="renewed"\} 1$/m);
  const until = new X509Certificate(pem('site')).validToDate.getTime() / 1000;
  t.match(metrics, new RegExp(`^banyan_certificate_expiry_timestamp_seconds ${until}$`, 'm'));
});

t.test('a renewed certificate is shown to who comes next, and drops nobody', async (t) => {
  use('site');
  const upstream = new ScriptedUpstream(() => [{ send: fine }]);
  const gateway = await gateOn(t, `${withTls}\nlegacy: ${await upstream.listen(t)}\n${toLegacy}`);
  const early = await dial(gateway.url);
  early.write(get);
  await once(early, 'data');
  const before = serialOf(early);
  use('renewed');
  await until('it is noticed', () => gateway.said.includes('certificate renewed; connections go on'));
  const late = await dial(gateway.url);
  t.equal(serialOf(late), new X509Certificate(pem('renewed')).serialNumber);
  t.not(serialOf(late), before);
  early.write(get);
  t.match(String((await once(early, 'data'))[0]), /200 OK/, 'the old connection serves on');
  early.destroy();
  late.destroy();
});

t.test('what cannot be used is refused, once, and what is swapped file by file is waited for', async (t) => {
  const clock = fakeClock();
  use('site');
  const renewed: string[] = [];
  const refused: string[] = [];
  const keeper = {
    clock,
    onRenewed: ({ cert }: { cert: string }) => void renewed.push(cert),
    onRefused: (reason: string) => void refused.push(reason),
  };
  const stop = keepCertificate(files, await readCertificate(files, clock), keeper);
  const look = (): Promise<void> => nextLook(clock);

  await look();
  use('renewed', 'site'); // the certificate is swapped, its key is not yet
  await look();
  use('renewed');
  await look();
  t.same([renewed, refused], [[pem('renewed')], []], 'nobody hears of the moment between');

  use('site', 'renewed');
  for (let i = 0; i < 5; i++) await look();
  t.equal(refused.length, 1, 'a pair that does not fit is told of once');
  t.match(refused[0], /used\.key does not fit the certificate in \S+used\.pem: \S/);
  writeFileSync(files.certFile, 'no certificate');
  await look();
  await look();
  t.match(refused[1], /used\.pem is no certificate/, 'another fault is told of again');
  rmSync(files.certFile);
  await look();
  await look();
  t.match(refused[2], /used\.pem cannot be read: there is no such file/);
  use('site');
  await look();
  t.same(renewed, [pem('renewed'), pem('site')], 'a good one is taken again');
  stop();
  t.equal(clock.pending, 0);
});

/** Lets time pass until the files have been looked at: then the next look is due. */
async function nextLook(clock: FakeClock): Promise<void> {
  clock.advance(5_000);
  await until('the files have been looked at', () => clock.pending === 1);
}

t.test('a gateway does not start on a pair that does not fit', async (t) => {
  const legacy = `legacy: http://127.0.0.1:1\n${toLegacy}`;
  use('site', 'renewed');
  await t.rejects(gateOn(t, `${withTls}\n${legacy}`), /used\.key does not fit/);
  rmSync(files.keyFile);
  await t.rejects(gateOn(t, `${withTls}\n${legacy}`), /used\.key cannot be read: there is no such file/);
});

t.test('a key that everybody may read, and a certificate that is over, are warned of', async (t) => {
  const clock = { ...fakeClock(), epochMs: () => Date.now() };
  use('site');
  t.same((await readCertificate(files, clock)).doubts, []);
  chmodSync(files.keyFile, 0o644);
  t.match((await readCertificate(files, clock)).doubts, [/^everybody on this machine may read the key/]);
  use('over');
  t.match((await readCertificate(files, clock)).doubts, [/used\.pem is over since 20/]);
});

/** A legacy that speaks HTTPS with a certificate. */
async function secureLegacy(
  t: Test,
  name: string,
): Promise<{ url: string; server: Server; connections: () => number }> {
  let connections = 0;
  const server = createServer({ cert: pem(name), key: readFileSync(at(`${name}.key`)) }, (_, answer) => {
    answer.end('ok');
  });
  server.on('secureConnection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close().closeAllConnections();
  });
  return {
    server,
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  };
}

t.test('the certificate of legacy is verified', async (t) => {
  const ca = `ca: ${at('authority.pem')}`;
  const rows: [why: string, certificate: string, settings: string, host: string, expected: string][] = [
    ['an authority nobody knows', 'site', '', 'shop.example', 'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY|UNABLE_TO_GET'],
    ['our own authority', 'site', ca, 'shop.example', '200'],
    ['a stranger instead of it', 'unknown', ca, 'shop.example', 'UNABLE_TO_VERIFY|UNABLE_TO_GET'],
    ['a certificate that is over', 'over', ca, 'shop.example', 'CERT_HAS_EXPIRED'],
    ['another name', 'named', ca, 'shop.example', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['another name, that the client says, too', 'named', ca, 'legacy.internal', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['the name that is expected', 'named', `${ca}, server-name: legacy.internal`, 'shop.example', '200'],
    ['not that one', 'site', `${ca}, server-name: legacy.internal`, 'legacy.internal', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['nobody looks', 'unknown', 'verify: off', 'shop.example', '200'],
  ]; // prettier-ignore
  for (const [why, certificate, settings, host, expected] of rows) {
    const { url } = await secureLegacy(t, certificate);
    const legacy = settings === '' ? url : `{ url: '${url}', ${settings} }`;
    const gateway = await gateOn(t, `legacy: ${legacy}\n${toLegacy}`);
    const answer = await fetchAs(host, gateway.url);
    const problem = gateway.records.at(-1)?.problem ?? null;
    t.match(`${answer.status} ${problem?.message ?? ''}`, new RegExp(expected), why);
    if (expected === '200') continue;
    t.equal(answer.status, 502, why);
    t.notMatch(answer.body, /CERT|certificate|127\.0\.0\.1/i, 'the visitor is told nothing of it');
  }
});

t.test('one connection serves visitors whatever Host they say', async (t) => {
  const { url, connections } = await secureLegacy(t, 'site');
  const byName = url.replace('127.0.0.1', 'localhost');
  for (const legacy of [url, byName]) {
    const before = connections();
    const gateway = await gateOn(t, `legacy: { url: '${legacy}', ca: ${at('authority.pem')} }\n${toLegacy}`);
    for (const host of ['one.example', 'two.example', '10.0.0.1', 'one.example'])
      t.equal((await fetchAs(host, gateway.url)).status, 200);
    t.equal(connections() - before, 1, legacy);
  }
});

/** Asks a gateway for a page, by a Host of our choice. */
async function fetchAs(host: string, url: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url);
  const socket = connectPlain({ host: hostname, port: Number(port) });
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const answer = await text(socket);
  return { status: Number(answer.slice(9, 12)), body: answer.slice(answer.indexOf('\r\n\r\n')) };
}

t.test('a WebSocket goes over TLS on both sides', async (t) => {
  use('site');
  const { url, server } = await secureLegacy(t, 'site');
  server.on('upgrade', (request, socket) => {
    const { upgrade = '' } = request.headers;
    const scheme = String(request.headers['x-forwarded-proto']);
    socket.write(
      `HTTP/1.1 101 OK\r\nUpgrade: ${upgrade}\r\nConnection: Upgrade\r\nX-Scheme: ${scheme}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  const wish = 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
  const ca = `ca: ${at('authority.pem')}`;
  const ask = async (legacy: string): Promise<string> => {
    const gateway = await gateOn(t, `${withTls}\nlegacy: { url: '${url}', ${legacy} }\n${toLegacy}`);
    const socket = await dial(gateway.url);
    socket.write(wish);
    socket.end('hi there');
    return text(socket);
  };
  t.match(await ask(ca), /^HTTP\/1\.1 101 OK\r\n[\s\S]*X-Scheme: https\r\n\r\nhi there$/);
  t.match(await ask(`${ca}, server-name: legacy.internal`), /^HTTP\/1\.1 502 /, 'and is verified');
});

t.test('what cannot be right is told with its place', async (t) => {
  const of = (lines: string): string[] => codes(read(`${lines}\n${toLegacy}\n`).findings);
  t.same(of('legacy: http://a\ntls: { cert: a.pem }'), ['2:1 missing-key']);
  t.same(of('legacy: { url: http://a, ca: a.pem }'), ['1:26 needs-https']);
  t.same(of('legacy: { url: https://a, ca: a.pem }'), ['1:31 bad-ca']);
  t.same(of('legacy: { url: https://a, verify: off }'), ['1:27 unverified']);
  t.same(of('legacy: { url: https://a, verify: never }'), ['1:35 bad-verify']);
  t.same(of('legacy: { url: https://a, server-name: "10.0.0.1" }'), ['1:40 bad-name']);
  t.same(of('legacy: { verify: off }'), ['1:1 missing-key', '1:11 unverified']);
  t.same(of('legacy: http://a\nupstreams: { b: { url: https://b, verify: off } }'), ['2:35 unverified']);
  t.same(of('legacy: { url: https://a, server-name: legacy.internal }'), []);
});
