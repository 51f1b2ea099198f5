import { words } from '../helpers/words.ts';
import { noFields } from './odd-words.ts';
import { field, ok, page, reply, type Reply, two } from './replies.ts';

/** Odd, and to be passed on as they came. */
const through = [
  'X: \xe9t\xe9',
  'X: a,b',
  'x_y: z',
  'X.Y: z',
  "!#$%&'*+-.^_`|~: z",
  'X: =?utf-8?B?w6k=?=',
  'sErVeR: Old',
  'Host: evil',
  'Location: /a\r\nLocation: /b',
  'Location: //evil',
  'Refresh: 0;url=/',
  'Date: never',
  'Age: -1',
  'Via: x',
  'X: \xa0',
  'Date: a\r\nDate: b',
  'Server: a\r\nServer: b',
  'Content-Encoding: gzip',
  'Content-Encoding: x, y',
  'Retry-After: 1',
  'Content-Type: text/html; charset=\xfc',
  'Content-Type: ;;;',
  'Content-Type: a/b\r\nContent-Type: c/d',
  'Status: 500',
  'Set-Cookie: a=b\r\nSet-Cookie: a=b',
  'Set-Cookie: \xe4=\xf6; path=/',
  'Set-Cookie: CGISESSID=',
  'ETag: "\xff"',
  'Vary: *',
  'WWW-Authenticate: Basic realm="x"',
  '__proto__: x',
  'constructor: x',
  'toString: x\r\nhasOwnProperty: y',
  'Link: <a>\r\nLink: <b>',
];

/** About the connection to legacy, or ours to say: kept from the client. */
const kept = [
  'Trailer: X-Later',
  'Trailer: X-Later\r\nTrailer: Y',
  'Keep-Alive: timeout=0',
  'Keep-Alive: nonsense',
  'TE: gzip',
  'Keep-Alive: timeout=99999999999',
  'Proxy-Connection: close',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Banyan-Lease: x',
  'Connection: content-length',
  'Connection: transfer-encoding',
  'Connection: X, X\r\nX: y',
  'Connection: \xe9, ,,;',
  'Connection: Keep-Alive, X-Old\r\nX-Old: 1',
  'Upgrade: h2c\r\nConnection: Upgrade',
];

/** Harmless, and their exact form does not matter. */
const harmless = [
  'X:',
  'X: ',
  'X:\t y \t',
  'X:y',
  'Location:',
  'Trailer:',
  'Connection:',
  'Connection: close',
  'Set-Cookie:',
];

/** No fields: none of them may reach a client. */
const improper = [
  ...noFields,
  'X: a\r\n ',
  '\0: y',
  'X: a\n',
  'Set-Cookie: a=b\0',
  'Location: /a\rb',
  'HTTP/1.1 200 OK',
  '<html>',
  'Content-Length\t: 9',
  'Content-Length : 2',
  'X: y\r\n Content-Length: 9',
  'X: y\nTransfer-Encoding: chunked',
];

/** Odd, broken and oversized fields. */
export function fields(): Reply[] {
  const cookies = (number: number): string =>
    Array.from({ length: number }, (_, i) => `Set-Cookie: c${i}=${'v'.repeat(4000)}\r\n`).join('');
  const many = (number: number): string =>
    Array.from({ length: number }, (_, i) => `X-${i}: ${i}\r\n`).join('');
  return [
    ...through.flatMap((line) => [
      { ...field(line, page), told: [line] },
      { ...reply(`${ok}${two}${line}\r\n\r\nok`, page), told: [line] },
    ]),
    ...kept.map((line) => ({ ...field(line, page), untold: line.split('\r\n') })),
    ...harmless.map((line) => field(line, page)),
    {
      ...field('Connection: Content-Type, Set-Cookie\r\nContent-Type: a/b\r\nSet-Cookie: a=b', page),
      told: ['Content-Type: a/b', 'Set-Cookie: a=b'],
    },
    ...improper.map((line) => field(line, 'refused')),
    ...improper.map((line) => reply(`${ok}${two}${line}\r\n\r\nok`, 'refused')),
    ...words('1 10 100 200 300 1000').map((number) =>
      reply(`${ok}${many(Number(number))}${two}\r\nok`, page),
    ),
    ...words('1 4 5 12').map((number) => reply(`${ok}${cookies(Number(number))}${two}\r\nok`, page)),
    // 64 kB are enough for a head (src/legacy/wire-parser.ts)
    ...words('17 20 40').map((number) => reply(`${ok}${cookies(Number(number))}${two}\r\nok`, 'refused')),
    reply(`${ok}${many(10_000)}${two}\r\nok`, 'refused'),
    field(`X: ${'x'.repeat(60_000)}`, page),
    field(`X: ${'x'.repeat(200_000)}`, 'refused'),
    field('x'.repeat(200_000), 'refused'),
  ];
}
