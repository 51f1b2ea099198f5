import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { startApache } from '../../scripts/shop/apache.ts';
import { makeScratch } from '../../scripts/shop/process.ts';
import { compose } from '../../src/compose.ts';
import { type Connection, originOf } from '../../src/gateway/client-address.ts';
import type { ExchangeRecord } from '../../src/record.ts';
import { parseNetwork } from '../../src/routing/network.ts';
import { useGatewayHere } from '../helpers/gateway-here.ts';
import { ask } from '../helpers/raw-client.ts';
import { ScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { codes, read, settingsOf } from '../helpers/settings.ts';
import { valuesOf } from '../helpers/strict-http.ts';

const at = (address: string, isEncrypted = false): Connection => ({ address, isEncrypted });
const trust = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'].map((text) => parseNetwork(text));

/** Where a request comes from, in one line: address, scheme, host. */
function from(connection: Connection, fields: Record<string, string>): string {
  const { address, scheme, host } = originOf(connection, Object.entries(fields).flat(), trust);
  return `${address} ${scheme} ${host ?? '-'}`;
}

t.test('the client is the last address that nobody trusted has', async (t) => {
  const rows: [said: string, from: string, why: string][] = [
    ['203.0.113.9', '203.0.113.9', 'one web server in front'],
    ['1.2.3.4, 203.0.113.9', '203.0.113.9', 'what the client itself wrote is before it'],
    ['1.2.3.4, 203.0.113.9, 10.0.0.7', '203.0.113.9', 'two web servers in front'],
    ['1.2.3.4, 203.0.113.9,10.0.0.7 ,  10.1.1.1', '203.0.113.9', 'three'],
    ['203.0.113.9:51234', '203.0.113.9', 'with a TCP port, as some balancers write'],
    ['[2a00:1450::8B]:443', '2a00:1450::8b', 'IPv6 in brackets'],
    ['2a00:1450::8b', '2a00:1450::8b', 'and without'],
    ['::ffff:203.0.113.9', '203.0.113.9', 'IPv4 written by an IPv6 socket'],
    ['10.0.0.3', '10.0.0.3', 'a client in our own network'],
    ['10.0.0.2, 10.0.0.3', '10.0.0.2', 'and behind two of our own'],
    ['203.0.113.9, unknown', '127.0.0.1', 'nothing before what is no address is believed'],
    ['203.0.113.9, <script>, 10.0.0.3', '10.0.0.3', 'as far as it can be read'],
    ['fe80::1%eth0', '127.0.0.1', 'an address with a zone is none'],
    ['', '127.0.0.1', 'a web server that says nothing'],
    [', ,', '127.0.0.1', 'or hardly anything'],
  ];
  for (const [said, expected, why] of rows)
    t.equal(from(at('127.0.0.1'), { 'X-Forwarded-For': said }), `${expected} http -`, why);
  const repeated = ['X-Forwarded-For', '1.2.3.4', 'x-forwarded-for', '203.0.113.9'];
  t.equal(originOf(at('127.0.0.1'), repeated, trust).address, '203.0.113.9', 'the field may be repeated');
  const many = Array.from({ length: 5000 }, () => '10.0.0.1').join(',');
  t.equal(from(at('127.0.0.1'), { 'X-Forwarded-For': `1.2.3.4,${many}` }), '10.0.0.1 http -', 'with an end');
});

t.test('nobody else is believed', async (t) => {
  const fields = {
    'X-Forwarded-For': '10.0.0.1',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil.example',
    Forwarded: 'for=10.0.0.1;proto=https;host=evil.example',
  };
  t.equal(from(at('203.0.113.9'), fields), '203.0.113.9 http -');
  t.equal(from(at('::ffff:203.0.113.9', true), fields), '203.0.113.9 https -');
  t.same(originOf(at('127.0.0.1'), Object.entries(fields).flat(), []).address, '127.0.0.1', 'trust is off');
  t.equal(from(at('127.0.0.1'), { Forwarded: fields.Forwarded }), '127.0.0.1 http -', 'Forwarded: never');
});

t.test('scheme and host are those that the same web server names', async (t) => {
  const said = (For: string, proto: string, host: string, isEncrypted = false): string =>
    from(at('127.0.0.1', isEncrypted), {
      'X-Forwarded-For': For,
      'X-Forwarded-Proto': proto,
      'X-Forwarded-Host': host,
    });
  const client = '203.0.113.9';
  t.equal(said(client, 'https', 'shop.example'), `${client} https shop.example`);
  t.equal(said(client, 'HTTPS', 'shop.example:8443'), `${client} https shop.example:8443`);
  t.equal(said(client, 'http', '[2001:db8::1]:80', true), `${client} http [2001:db8::1]:80`);
  t.equal(said(client, 'gopher', 'a b'), `${client} http -`, 'what is neither is not passed on');
  t.equal(said(client, '', '', true), `${client} https -`, 'else the connection says it');
  t.equal(
    said(`1.1.1.1, ${client}`, 'http, https', 'evil.example, shop.example'),
    `${client} https shop.example`,
  );
  t.equal(said(`${client}, 10.0.0.2`, 'https, http', 'shop.example, inner'), `${client} https shop.example`);
  t.equal(said(`${client}, 10.0.0.2`, 'https', 'shop.example'), `${client} https shop.example`);
});

t.test('legacy is told one address, and only what is believed', async (t) => {
  const upstream = new ScriptedUpstream(() => [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' }]);
  const legacy = await upstream.listen(t);
  const told = async (top: string, body: string): Promise<string[]> => {
    const gateway = await useGatewayHere(t, legacy, '  /**: { to: legacy, session: none }', top);
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    await ask(
      gateway.url,
      `POST /a HTTP/1.1\r\nHost: shop.example\r\n${length}X-Forwarded-For: 9.9.9.9, 203.0.113.9\r\n` +
        'X-Forwarded-Proto: https\r\nX-Forwarded-Host: www.shop.example\r\nForwarded: for=9.9.9.9\r\n\r\n' +
        body,
    );
    const request = upstream.requests.at(-1);
    if (request === undefined) throw new Error('nothing came');
    return ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'host'].map((name) =>
      valuesOf(request, name).join(' and '),
    );
  };
  for (const body of ['', 'a=1']) {
    const lane = body === '' ? 'pass-through lane' : 'story lane';
    t.same(await told('', body), ['127.0.0.1', 'http', '', '', 'shop.example'], `trusting nobody, ${lane}`);
    t.same(
      await told('trust: 127.0.0.1\n', body),
      ['203.0.113.9', 'https', 'www.shop.example', '', 'shop.example'],
      `trusting the web server in front, ${lane}`,
    );
  }
});

t.test('routes ask for that address, too', async (t) => {
  const upstream = new ScriptedUpstream(() => [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' }]);
  const settings = settingsOf(`listen: 127.0.0.1:0
admin: 127.0.0.1:0
trust: [10.0.0.0/8, 127.0.0.1]
legacy: ${await upstream.listen(t)}
routes:
  /view.pl: { to: port, only: { ip: 203.0.113.0/24 } }
`);
  const why: string[] = [];
  const clients: unknown[] = [];
  const nothing = (): void => undefined;
  const exchange = (record: ExchangeRecord): void => {
    why.push(record.why);
    clients.push(record.client);
  };
  const log = { info: nothing, warn: nothing, error: nothing };
  const gateway = await compose(settings, {}, { ...log, exchange }, 'test');
  t.teardown(() => gateway.close());
  const visitors = ['203.0.113.9', '203.0.113.9, 198.51.100.1', '203.0.113.9, 10.0.0.2'];
  for (const visitor of visitors)
    await ask(gateway.url, `GET /view.pl HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${visitor}\r\n\r\n`);
  const keptOut = 'only ip 203.0.113.0/24 may get the port';
  t.same(why, ['the target is port', keptOut, 'the target is port']);
  t.same(clients, ['203.0.113.9', '198.51.100.1', '203.0.113.9'], 'and so does the log');
});

t.test('what cannot be trusted is told with its place', async (t) => {
  const of = (line: string): string[] =>
    codes(read(`legacy: http://a\ntrust: ${line}\nroutes:\n  /**: legacy\n`).findings);
  t.same(of('10.0.0.0/8'), []);
  t.same(of('[10.0.0.0/8, "::1"]'), []);
  t.same(of('[10.0.0.0/8, proxy.example]'), ['2:21 bad-trust']);
  t.same(of('0.0.0.0/0'), ['2:8 trust-everybody']);
});

/** The two lines of docs/behind-and-in-front.md, and what they need. */
const twoLines = `
LoadModule remoteip_module /usr/lib/apache2/modules/mod_remoteip.so
LoadModule setenvif_module /usr/lib/apache2/modules/mod_setenvif.so
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
SetEnvIf X-Forwarded-Proto "^https$" HTTPS=on
`;

const seenByCgi = `#!/usr/bin/perl -T
use CGI;
my $q = CGI->new;
print $q->header('text/plain'), join "\\n", $q->remote_addr, $q->url, $q->self_url, $ENV{HTTPS} // 'off',
  $ENV{HTTP_X_FORWARDED_FOR} // 'gone';
`;

const sessionOfOneAddress = `#!/usr/bin/perl
use CGI; use CGI::Session qw(-ip_match);
my $q = CGI->new;
my $s = CGI::Session->new('driver:file', $q, { Directory => 'SESSIONS' });
$s->param(visits => ($s->param('visits') || 0) + 1);
print $s->header(-type => 'text/plain'), $s->param('visits'), ' ', $s->param('_SESSION_REMOTE_ADDR');
`;

/** The shop's Apache with the two lines, and two scripts that ask where their visitor is. */
async function apacheWith(t: Test, lines: string): Promise<string> {
  const scratch = makeScratch('address');
  t.teardown(() => scratch.remove());
  chmodSync(scratch.path, 0o755);
  const put = (name: string, text: string): void => {
    mkdirSync(join(scratch.path, name, '..'), { recursive: true });
    writeFileSync(join(scratch.path, name), text, { mode: 0o755 });
  };
  mkdirSync(join(scratch.path, 'sessions'));
  chmodSync(join(scratch.path, 'sessions'), 0o777);
  put('cgi-bin/seen.pl', seenByCgi);
  put('cgi-bin/session.pl', sessionOfOneAddress.replace('SESSIONS', join(scratch.path, 'sessions')));
  put('htdocs/style.css', '');
  const shops = readFileSync(resolve(import.meta.dirname, '../../legacy-stub/conf/httpd.conf'), 'utf8');
  put('conf/httpd.conf', shops + lines);
  const apache = await startApache(scratch.path, scratch.path);
  t.teardown(() => apache.stop());
  return apache.url;
}

t.test('behind the real Apache with two lines, scripts see the visitor as they always did', async (t) => {
  t.setTimeout(120_000);
  const gateway = await useGatewayHere(
    t,
    await apacheWith(t, twoLines),
    '  /**: { to: legacy, session: none }',
    'trust: 127.0.0.1\n',
  );
  const get = async (path: string, visitor: string, cookie = '') => {
    const came = await ask(
      gateway.url,
      `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 1.2.3.4, ${visitor}\r\n` +
        `X-Forwarded-Proto: https\r\nCookie: ${cookie}\r\n\r\n`,
    );
    if (came.kind !== 'whole') throw new Error(`it was ${came.kind}`);
    return came.message;
  };

  t.same((await get('/cgi-bin/seen.pl?a=1', '203.0.113.9')).body.split('\n'), [
    '203.0.113.9',
    'https://shop.example/cgi-bin/seen.pl',
    'https://shop.example/cgi-bin/seen.pl?a=1',
    'on',
    'gone',
  ]);

  const first = await get('/cgi-bin/session.pl', '203.0.113.9');
  t.equal(first.body, '1 203.0.113.9', 'CGI::Session writes the visitor down');
  const cookie = /CGISESSID=[0-9a-f]+/.exec(valuesOf(first, 'set-cookie').join())?.[0] ?? '';
  t.equal(
    (await get('/cgi-bin/session.pl', '203.0.113.9', cookie)).body,
    '2 203.0.113.9',
    'and knows it again',
  );
  t.equal(
    (await get('/cgi-bin/session.pl', '198.51.100.7', cookie)).body,
    '1 198.51.100.7',
    'and nobody else',
  );
});

t.test('without the two lines scripts see every visitor at the address of the gateway', async (t) => {
  t.setTimeout(120_000);
  const gateway = await useGatewayHere(
    t,
    await apacheWith(t, ''),
    '  /**: { to: legacy, session: none }',
    'trust: 127.0.0.1\n',
  );
  const came = await ask(
    gateway.url,
    'GET /cgi-bin/seen.pl HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n',
  );
  t.same(came.kind === 'whole' && came.message.body.split('\n'), [
    '127.0.0.1',
    'http://shop.example/cgi-bin/seen.pl',
    'http://shop.example/cgi-bin/seen.pl',
    'off',
    '203.0.113.9',
  ]);
});

/** The lines of docs/behind-and-in-front.md for an Apache in front, and what they need. */
const front = (gateway: string): string => `
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
ProxyPreserveHost On
RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
ProxyPass / ${gateway}/ upgrade=websocket
`;

t.test(
  'behind a real Apache in front, the visitor is who asked it, and WebSockets come through',
  async (t) => {
    t.setTimeout(120_000);
    const upstream = createServer((_, answer) => answer.end());
    const asked: IncomingMessage[] = [];
    upstream.on('request', (request) => asked.push(request));
    upstream.on('upgrade', (request, socket) => {
      asked.push(request);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    t.teardown(() => {
      upstream.close().closeAllConnections();
    });
    const legacy = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const gateway = await useGatewayHere(t, legacy, '  /**: legacy', 'trust: 127.0.0.1\n');
    const { hostname: host, port } = new URL(await apacheWith(t, front(gateway.url)));

    const lie = 'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n';
    const ask = async (fields: string, more = ''): Promise<string> => {
      const socket = connect({ host, port: Number(port), localAddress: '127.0.0.2' }); // not an address we trust
      socket.write(`GET /a HTTP/1.1\r\nHost: shop.example\r\n${lie}${fields}\r\n${more}`);
      let said = '';
      for await (const piece of socket.setEncoding('latin1')) if ((said += piece).endsWith('echo')) break;
      return said;
    };
    t.match(await ask('Connection: close\r\n'), /^HTTP\/1\.1 200 /);
    t.match(
      await ask('Upgrade: websocket\r\nConnection: Upgrade\r\n', 'echo'),
      /^HTTP\/1\.1 101 [\s\S]*echo$/,
    );
    for (const { headers } of asked.slice(-2)) {
      const { 'x-forwarded-for': client, 'x-forwarded-proto': scheme, 'x-forwarded-host': name } = headers;
      t.same([client, scheme, name, headers.host], ['127.0.0.2', 'http', 'shop.example', 'shop.example']);
    }
  },
);
