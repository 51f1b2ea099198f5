import { words } from '../helpers/words.ts';
import { noFields } from './odd-words.ts';
import { get, type Odd, odd, post, target } from './requests.ts';

/** Odd, and to be passed on: legacy is told them as they came. */
const through = [
  'X: \xe9t\xe9',
  'X:',
  'X: ',
  'X: a,b',
  'X.Y: z',
  "!#$%&'*+-.^`|~: z",
  'X: =?utf-8?B?w6k=?=',
  'Via: 1.1 x',
  'From: a@b',
  'Content-Type: ;;;',
  'Content-Type: foo',
  'Accept: */*\r\nAccept: a/b',
  'User-Agent: \xfc',
  'Referer: http://[/',
  'Range: x',
  'If-Modified-Since: never',
  'Authorization: Basic x',
  'Max-Forwards: 0',
  'X-HTTP-Method-Override: DELETE',
  'Status: 500',
  'constructor: x',
  'X-Original-URL: /smuggled',
  'X-Rewrite-URL: /smuggled',
  'Location: /smuggled',
  'Content-Encoding: gzip',
  'Accept-Encoding: gzip;q=0',
  'Cache-Control: \xa0',
  'DNT: 1',
  'Priority: u=1',
  'Origin: null',
];

/** Kept from legacy: they are about one connection, or are ours to say, or a script would take them for others. */
const kept = [
  'Expect: 100-continue',
  'Expect: tea',
  'Keep-Alive: 300',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
  'Trailer: X',
  'Upgrade: h2c',
  'Upgrade: foo/9',
  'X_Forwarded_For: 9.9.9.9',
  'Content_Length: 9',
  'Transfer_Encoding: chunked',
  'x_y: z',
  'Proxy: http://evil',
  'X-Forwarded-For: 9.9.9.9',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil',
  'Forwarded: for=9.9.9.9',
  'Banyan-Lease: x',
  'Banyan-X: y',
  'HTTP_COOKIE: a=b',
  'Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA',
];

/** No fields: nothing of such a request reaches legacy. */
const improper = [
  ...noFields,
  'Host: other.test',
  'Host : other.test',
  'GET /smuggled HTTP/1.1',
  'Cookie : a=b',
  'X: y\nGET /smuggled HTTP/1.1',
];

/** Fields in all their oddity. */
export function fields(): Odd[] {
  const told = (line: string): string => line.split('\r\n').at(-1)?.toLowerCase().replace(/:\s*/, ': ') ?? '';
  return [
    ...through.map((line) => get(line, 'passes', { told: [told(line)] })),
    ...kept.map((line) => get(line, 'passes', { untold: line.split('\r\n').map(told) })),
    ...[...through, ...kept].map((line) =>
      get(`Cookie: a=b\r\n${line}\r\nCookie: c=d`, 'passes', { told: ['cookie: a=b; c=d'] }),
    ),
    ...improper.flatMap((line) => [
      get(line, 'refused'),
      get(`X-Before: 1\r\n${line}\r\nX-Behind: 2`, 'refused'),
    ]),
    ...words('Cookie Host Authorization Content-Type Accept X-Mine').flatMap((name) =>
      [name, name.toLowerCase(), `close, ${name}`, `${name}, keep-alive`, `,,${name},`].map((value) =>
        get(
          `Connection: ${value}\r\nCookie: a=b\r\nAuthorization: Basic x\r\nContent-Type: a/b\r\nX-Mine: y`,
          'passes',
          {
            told: ['host: shop.test', 'cookie: a=b', 'authorization: basic x', 'content-type: a/b'],
            untold: [`connection: ${value.toLowerCase()}`, ...(name === 'X-Mine' ? ['x-mine: y'] : [])],
            isLast: value.startsWith('close'),
          },
        ),
      ),
    ),
    ...['X-Forwarded-For', 'X-Forwarded-Proto', 'Content-Length', 'Transfer-Encoding', 'Upgrade'].map(
      (name) =>
        get(`Connection: ${name}`, 'passes', {
          told: ['x-forwarded-for: 127.0.0.1', 'x-forwarded-proto: http'],
        }),
    ),
    ...[1, 50, 100, 150].map((number) =>
      get(numbered(number, 10), 'passes', { told: [`x-${number - 1}: ${'v'.repeat(10)}`] }),
    ),
    get(numbered(1000, 1), 'any'),
    get(numbered(3000, 1), 'refused'),
    get(`${'a:b\r\n'.repeat(2500)}Cookie: a=b`, 'passes', { told: ['cookie: a=b'] }),
    post(`${'a:b\r\n'.repeat(2500)}Content-Length: 2`, 'ok', 'passes', { body: 'ok' }),
    ...[4000, 8190, 15_000].map((bytes) => get(`X: ${'v'.repeat(bytes)}`, 'passes')),
    ...[17_000, 70_000, 300_000].map((bytes) => get(`X: ${'v'.repeat(bytes)}`, 'refused')),
    get(numbered(30, 1000), 'refused'),
    ...[128, 160, 200, 255].flatMap((from) =>
      [`X: ${String.fromCharCode(from, from, 0xe9)}`, `Cookie: ${String.fromCharCode(from)}=1`].map((line) =>
        get(line, 'passes', { told: [line.toLowerCase()] }),
      ),
    ),
    ...hosts(),
  ];
}

function numbered(number: number, bytes: number): string {
  return Array.from({ length: number }, (_, i) => `X-${i}: ${'v'.repeat(bytes)}`).join('\r\n');
}

/** Who is asked. */
function hosts(): Odd[] {
  const ask = (lines: string, version = '1.1'): string => `GET ${target}1 HTTP/${version}\r\n${lines}\r\n`;
  const one = [
    'shop.test',
    'SHOP.test:8080',
    '127.0.0.1',
    '[::1]',
    '[::1]:80',
    'x_y.test',
    'xn--bcher-kva.test',
    'a.test.',
  ];
  const none = [
    'a b',
    'a/b',
    'a@b',
    'a,b',
    'a\\b',
    '<script>',
    'a?b',
    'a#b',
    '\xe9.test',
    'a:b:c',
    'x:99999999',
    "'",
  ];
  return [
    ...one.map((name) => odd(ask(`Host: ${name}\r\n`), 'passes', { told: [`host: ${name.toLowerCase()}`] })),
    odd(ask('Host: a.test\r\nHost: b.test\r\n'), 'refused'),
    odd(ask('Host: a.test\r\nX: y\r\nhost: a.test\r\n'), 'refused'),
    odd(ask('Host: a.test, b.test\r\n'), 'any'),
    odd(ask(''), 'refused', { isLast: true }),
    // the address the client has connected to, which is not legacy's
    odd(ask('', '1.0'), 'passes', { isLast: true, told: ['host: GATEWAY'] }),
    odd(ask('Host:\r\n', '1.0'), 'passes', { isLast: true, told: ['host: GATEWAY'] }),
    odd(ask('Host: a.test\r\nHost: b.test\r\n', '1.0'), 'refused', { isLast: true }),
    odd(ask('Host:\r\n'), 'any'),
    ...none.map((name) => odd(ask(`Host: ${name}\r\n`), 'any')),
  ];
}
