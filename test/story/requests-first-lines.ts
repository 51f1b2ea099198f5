import { words } from '../helpers/words.ts';
import { odd, type Odd, smuggled, target } from './requests.ts';

const host = 'Host: shop.test\r\n';
const bare = (line: string): string => `${line}\r\n${host}\r\n`;
const page = `${target}1`;

/** Methods, versions, forms of targets and their lengths. */
export function firstLines(): Odd[] {
  const known = words(
    'GET POST PUT PATCH DELETE OPTIONS PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH PURGE',
  );
  const more = words(
    'M-SEARCH REPORT CHECKOUT MERGE NOTIFY SUBSCRIBE LINK UNLINK BIND ACL MKCALENDAR QUERY SOURCE',
  );
  const unknown = words('FOO get BCOPY PLAY GETX');
  const wrong = ['GE T', 'G\0ET', 'GET\t', '', ' GET', '\xe9', 'GET:', 'A'.repeat(9000), '"GET"'];
  const targets = [
    '?',
    '?a=1;b=%E9&c=%zz',
    '?a=b?c',
    ';x=y',
    '%2e',
    '%20',
    '%E9',
    '%C3%A9',
    '+',
    "!$&'()*,=@~",
    '?"<>`{}|^\\[]',
  ];
  const same = ['//', '/./', '/x/..'].map((path) => path + target.slice(1));
  const refused = ['#a', ' x', '\t', '\0', '\x01', '\x7f', '%zz', '%', '%2F', '\r', '?a#b', '%2'].map(
    (end) => page + end,
  );
  const noPaths = [
    '*',
    'LANE',
    '?x',
    '',
    'shop.test:80',
    'ftp://shop.test/',
    'http://',
    'http://a@b/',
    'javascript:x',
    '..',
  ];
  const forms = [
    'http://shop.test',
    'http://shop.test:80',
    'HTTP://other.test',
    'https://shop.test',
    'http://[::1]:80',
  ];
  const versions = words(
    'HTTP/1.2 HTTP/2.0 HTTP/0.9 HTTP/1 HTTP/11 http/1.1 HTTP/1.1x HTTP/01.1 HTTP/1.01 FTP/1.1 HTTPS/1.1',
  );
  return [
    ...[...known, ...more].map((method) => odd(bare(`${method} ${page} HTTP/1.1`), 'passes')),
    ...unknown.map((method) => odd(bare(`${method} ${page} HTTP/1.1`), 'passes', { isLast: true })),
    odd(bare(`GET ${page}?caf\xe9 HTTP/1.1`), 'passes', { isLast: true }),
    odd(bare(`HEAD ${page} HTTP/1.1`), 'passes', { method: 'HEAD' }),
    ...['TRACE', ...wrong].map((method) => odd(bare(`${method} ${page} HTTP/1.1`), 'refused')),
    odd(bare(`CONNECT shop.test:80 HTTP/1.1`) + smuggled, 'refused', { isLast: true }),
    odd(bare(`CONNECT ${page} HTTP/1.1`) + smuggled, 'refused', { isLast: true }),
    odd('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'refused', { isLast: true }),
    ...targets.map((end) => odd(bare(`GET ${page}${end} HTTP/1.1`), 'any')),
    ...same.map((path) => odd(bare(`GET ${path}1 HTTP/1.1`), 'passes')),
    ...forms.map((form) =>
      odd(bare(`GET ${form}${page} HTTP/1.1`), 'passes', {
        told: [`host: ${form.split('//')[1]?.toLowerCase() ?? ''}`], // and not what Host says: RFC 9112 section 3.2.2
      }),
    ),
    odd(`GET http://shop.test${page} HTTP/1.0\r\n\r\n`, 'passes', {
      isLast: true,
      told: ['host: shop.test'],
    }),
    ...refused.map((path) => odd(bare(`GET ${path} HTTP/1.1`), 'refused')),
    ...[...noPaths, 'http://a b/', 'http://a\\b/', 'http:///x', '\xff'].map((path) =>
      odd(bare(`GET ${path} HTTP/1.1`), 'any'),
    ),
    odd(bare('OPTIONS * HTTP/1.1'), 'any'),
    ...[100, 1000, 4000, 8000, 12_000].map((bytes) =>
      odd(bare(`GET ${page}?${'q'.repeat(bytes)} HTTP/1.1`), 'passes'),
    ),
    ...[17_000, 40_000, 200_000].map((bytes) =>
      odd(bare(`GET ${page}?${'q'.repeat(bytes)} HTTP/1.1`), 'refused'),
    ),
    ...versions.map((version) => odd(bare(`GET ${page} ${version}`), 'refused', { isLast: true })),
    odd(`GET ${page}\r\n`, 'refused', { isLast: true }),
    odd(`GET ${page}\r\n\r\n`, 'refused', { isLast: true }),
    odd(`GET ${page} HTTP/1.1\r\n\r\n`, 'refused', { isLast: true }),
    odd(`GET ${page} HTTP/1.0\r\n\r\n`, 'passes', { isLast: true }),
    odd(`GET ${page} HTTP/1.0\r\nConnection: close\r\n\r\n`, 'passes', { isLast: true }),
    odd(`GET ${page} HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`, 'passes'),
    odd(`POST ${page} HTTP/1.0\r\n${host}Content-Length: 2\r\n\r\nok`, 'passes', {
      isLast: true,
      body: 'ok',
    }),
    odd(`POST ${page} HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`, 'refused', {
      isLast: true,
    }),
    ...['\r\n', '\r\n\r\n', '\n', '\n\n\n'].map((before) =>
      odd(before + bare(`GET ${page} HTTP/1.1`), 'any'),
    ),
    ...[' ', '\t', '\0', '\xef\xbb\xbf', 'x\r\n'].map((before) =>
      odd(before + bare(`GET ${page} HTTP/1.1`), 'refused'),
    ),
    ...['  HTTP/1.1', '\tHTTP/1.1', ' HTTP/1.1 ', ' HTTP/1.1\t', '\x0bHTTP/1.1'].map((end) =>
      odd(bare(`GET ${page}${end}`), 'any'),
    ),
    odd(`GET ${page} HTTP/1.1\n${host}\r\n`, 'any'),
    odd(`GET ${page} HTTP/1.1\nHost: shop.test\n\n`, 'any'),
    odd(`GET ${page} HTTP/1.1\r${host}\r\n`, 'refused'),
    ...[
      '\x16\x03\x01\x02\0\x01\0',
      'SSH-2.0-x\r\n',
      '\0'.repeat(64),
      '<?xml?>\r\n\r\n',
      'EHLO x\r\n',
      '\xff'.repeat(99),
    ].map((bytes) => odd(bytes, 'refused', { isLast: true })),
  ];
}
