import type { Dice } from '../helpers/dice.ts';

const when = 'Wed, 21 Oct 2015 07:28:00 GMT';
const cookies = [
  'a=1',
  'CGISESSID=0123456789abcdef0123456789abcdef',
  'b=caf%E9',
  'c="q;r"',
  'd',
  'e=\xe9',
  'f=1, g=2',
  '=h',
];

/** What fields a request may have besides, by what they are about; each gives lines without their end. */
const kinds: Readonly<Record<string, (dice: Dice) => string[]>> = {
  cookie: (dice) => [`Cookie: ${dice.pick(cookies)}; ${dice.pick(cookies)}`],
  cookies: (dice) => [`Cookie: ${dice.pick(cookies)}`, `cookie: ${dice.pick(cookies)}`],
  latin1: () => ['X-Caf: caf\xe9 \xff\x80'],
  repeated: () => ['X-Twice: one', 'X-Twice: ', 'x-twice: three'],
  spaces: () => ['X-Spaces: \t a \t b \t ', 'X-Empty:', 'X-Colon:a:b'],
  underscore: () => ['X_Under_Score: u', 'Content_Length: 7'],
  marks: () => ["X!#$%&'*+.^`|~: m", 'X.Dot: d'],
  digits: () => ['123: 4', '-: dash'],
  authorization: (dice) => [
    `Authorization: ${dice.pick(['Basic eDp5', 'Bearer abc', 'Digest username="x"'])}`,
  ],
  proxyAuthorization: () => ['Proxy-Authorization: Basic eDp5'],
  agent: () => [
    'User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)',
    'Accept: */*',
    'Accept-Language: de, en;q=0.5',
  ],
  encoding: (dice) => [
    `Accept-Encoding: ${dice.pick(['gzip', 'gzip, deflate, br', 'identity;q=0', '*', ''])}`,
    'Accept-Charset: iso-8859-1',
  ],
  referer: () => ['Referer: http://elsewhere.test/a?b=\xe9#c', 'Origin: null'],
  forwarded: () => [
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.test',
    'Forwarded: for=1.2.3.4',
  ],
  proxy: () => ['Proxy: http://evil.test:3128'],
  named: (dice) => [
    `Connection: ${dice.pick(['X-Named', 'close, X-Named', 'Cookie, X-Named', 'x-named, keep-alive'])}`,
    'X-Named: n',
    'Cookie: named=1',
  ],
  keepAlive: () => ['Keep-Alive: timeout=5, max=100', 'Proxy-Connection: keep-alive'],
  te: () => ['TE: trailers, deflate', 'Trailer: X-Trailer'],
  upgrade: () => ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
  upgradeNamed: () => ['Connection: Upgrade', 'Upgrade: foo/2'],
  range: (dice) => [`Range: ${dice.pick(ranges)}`],
  ifRange: (dice) => [
    `Range: bytes=0-3`,
    `If-Range: ${dice.pick([when, '"x"', 'Fri, 01 Jan 2100 00:00:00 GMT'])}`,
  ],
  since: (dice) => [
    `If-${dice.pick(['Modified', 'Unmodified'])}-Since: ${dice.pick([when, 'Thu, 01 Jan 2099 00:00:00 GMT', 'sometime', 'Wednesday, 21-Oct-15 07:28:00 GMT'])}`,
  ],
  match: (dice) => [
    `If-${dice.pick(['Match', 'None-Match'])}: ${dice.pick(['*', '"x"', 'W/"x"', '"a", "x"', 'x'])}`,
  ],
  own: () => ['Banyan-Lease: x', 'X-Request-Id: r'],
  long: () => [`X-Long: ${'l'.repeat(3000)}`],
  many: () => Array.from({ length: 40 }, (_, i) => `X-Many-${i}: ${i}`),
  nothing: () => [],
};
const ranges = [
  'bytes=0-4',
  'bytes=2-',
  'bytes=-3',
  'bytes=0-0,3-4',
  'bytes=100000-',
  'bytes=5-2',
  'bytes=abc',
  'lines=1-2',
  'bytes=0-99999999',
  'bytes= 0-4',
];
const forFiles = [
  'range',
  'range',
  'range',
  'ifRange',
  'since',
  'since',
  'match',
  'match',
  'encoding',
  'nothing',
];

/** Some fields, those of one kind once. Files are asked with ranges and conditions. */
export function anyFields(dice: Dice, isFile: boolean): string[] {
  const from = isFile ? forFiles : Object.keys(kinds);
  const picked = new Set(Array.from({ length: dice.below(4) }, () => dice.pick(from)));
  return [...picked].flatMap((kind) => (kinds[kind] as (dice: Dice) => string[])(dice));
}
