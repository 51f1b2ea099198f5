import { words } from '../helpers/words.ts';
import { noSizes } from './odd-words.ts';
import { get, odd, type Odd, post, smuggled, target } from './requests.ts';

const hidden = `0\r\n\r\n${smuggled}`;
const length = (bytes: string): string => `Content-Length: ${bytes.length}`;
const coded = 'Transfer-Encoding: chunked';

/** Framings that two readers read in two ways. */
export function framings(): Odd[] {
  const lengths = [
    '+5',
    '-5',
    '5 5',
    '5,5',
    '0x5',
    '5_0',
    'a',
    '',
    '99999999999999999999',
    '18446744073709551616',
    '\x0b5',
    '5;',
    '5.0',
    '\uff15',
    '5\0',
    '"5"',
  ];
  const pairs = words('0|60 60|0 5|5 60|60 5|05 60|+60').map(
    (pair) => `Content-Length: ${pair.replace('|', '\r\nContent-Length: ')}`,
  );
  const codings = [
    'xchunked',
    'chunkedx',
    'chunked, identity',
    '\x0bchunked',
    '"chunked"',
    'chunked;q=1',
    'chunked\0',
    'gzip',
    'identity',
    '',
    'chunked, gzip',
    'chunked, chunked',
    'identity, chunked',
    'gzip, chunked',
    'cow',
    ',chunked',
    'chunked,',
    'CHUNKED,x',
  ];
  const twice = words('identity|chunked chunked|identity chunked|chunked cow|chunked chunked|cow').map(
    (pair) => pair.replace('|', '\r\nTransfer-Encoding: '),
  );
  const beside = ['chunked', ' chunked', 'Chunked', ...codings, ...twice];
  const bad = [
    'Transfer-Encoding : chunked',
    ' Transfer-Encoding: chunked',
    'Transfer-Encoding:\r\n chunked',
    'X: x\rTransfer-Encoding: chunked',
    'Content-Length:\r\n 5',
    'Content-Length : 5',
  ];
  return [
    ...lengths.map((value) => post(`Content-Length: ${value}`, hidden, 'refused')),
    ...pairs.map((lines) => post(lines, hidden, 'refused')),
    ...[...codings, ...twice].map((value) => post(`Transfer-Encoding: ${value}`, hidden, 'refused')),
    ...beside.flatMap((value) => [
      post(`Content-Length: 4\r\nTransfer-Encoding: ${value}`, hidden, 'refused'),
      post(`Transfer-Encoding: ${value}\r\n${length(hidden)}`, hidden, 'refused'),
    ]),
    ...bad.map((line) => post(line, hidden, 'refused')),
    ...bad.map((line) => post(`${line}\r\n${length(hidden)}`, hidden, 'refused')),
    post('Transfer_Encoding: chunked\r\n' + length(hidden), hidden, 'passes', { body: hidden }),
    post(`X-Transfer-Encoding: chunked\r\n${length(hidden)}`, hidden, 'passes', { body: hidden }),
    post(`Connection: Content-Length\r\n${length(hidden)}`, hidden, 'passes', { body: hidden }),
    post(`Content-Length: 00${hidden.length}`, hidden, 'any', { body: hidden }),
    post('Content-Length: 60_0', smuggled, 'refused'),
  ];
}

/** Bodies with every method, in both framings. */
export function bodies(): Odd[] {
  const texts = [
    'x',
    'a=b&c=d',
    '\0\xff\r\n',
    hidden,
    'x'.repeat(70_000),
    '--x\r\n\r\n--x--\r\n',
    '%E9',
    '\r\n\r\n',
  ];
  const types = [
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'foo',
    '\xe9',
  ];
  const methods = words('GET POST PUT PATCH DELETE OPTIONS PROPFIND REPORT SEARCH LOCK');
  const say = (method: string, lines: string, body: string): string =>
    `${method} ${target}1 HTTP/1.1\r\nHost: shop.test\r\n${lines}\r\n\r\n${body}`;
  return methods.flatMap((method) =>
    texts.flatMap((body, i) => {
      const told = [`content-length: ${body.length}`];
      const type = `Content-Type: ${types[i % types.length]}`;
      return [
        odd(say(method, `${length(body)}\r\n${type}`, body), 'passes', { body, told }),
        odd(say(method, `${type}\r\n${coded}`, inChunks(body)), 'passes', {
          body,
          told,
          untold: ['transfer-encoding: chunked'],
        }),
        odd(say(method, `Expect: 100-continue\r\n${length(body)}`, body), 'passes', { body, told }),
      ];
    }),
  );
}

/** Chunks, odd and broken. */
export function chunkings(): Odd[] {
  const good = [
    '2\r\nok\r\n0\r\n\r\n',
    '02\r\nok\r\n0\r\n\r\n',
    '2;a\r\nok\r\n0\r\n\r\n',
    '2;a=b\r\nok\r\n0;c\r\n\r\n',
    '1\r\no\r\n1\r\nk\r\n0\r\nX: y\r\n\r\n',
    '2\r\nok\r\n000\r\n\r\n',
  ];
  const sizes = [...noSizes, '100000000000000002', '-1', '2\n', '2\r'];
  const seams = [
    '2\nok\r\n0\r\n\r\n',
    '2\r\nok\n0\r\n\r\n',
    '2\r\nokk\r\n0\r\n\r\n',
    '2\r\nok0\r\n\r\n',
    '2;\nxx\r\nok\r\n0\r\n\r\n',
    '2\r\nok\r0\r\n\r\n',
  ];
  const ends = [
    '0\r\nX\r\n\r\n',
    '0\r\n: y\r\n\r\n',
    '0\r\nX : y\r\n\r\n',
    '0\r\nX: \0\r\n\r\n',
    '0\r\n X: y\r\n\r\n',
    '0\r\nX: a\rb\r\n\r\n',
    '0\n\n',
  ];
  const trailers = [
    'Host: evil',
    'Cookie: x=y',
    'Content-Length: 60',
    'Transfer-Encoding: chunked',
    'Banyan-Lease: x',
    'X-Forwarded-For: 9.9.9.9',
  ];
  return [
    ...good.map((bytes) => post(coded, bytes, 'passes', { body: 'ok' })),
    ...sizes.map((size) => post(coded, `${size}\r\nok\r\n0\r\n\r\n`, 'refused')),
    ...seams.map((bytes) => post(coded, bytes, 'refused')),
    ...ends.map((end) => post(coded, `2\r\nok\r\n${end}`, 'any')),
    ...trailers.map((line) =>
      post(coded, `2\r\nok\r\n0\r\n${line}\r\n\r\n`, 'any', { untold: [line.toLowerCase()] }),
    ),
    post(coded, `2;${'e'.repeat(5000)}\r\nok\r\n0\r\n\r\n`, 'any'),
    post(coded, `2;${'e'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`, 'refused'),
    post(coded, `${'1;ext=value\r\nx\r\n'.repeat(3000)}0\r\n\r\n`, 'any'),
    post(coded, `${'1\r\nx\r\n'.repeat(3000)}0\r\n\r\n`, 'passes', { body: 'x'.repeat(3000) }),
  ];
}

/** Requests behind requests. */
export function pipelines(): Odd[] {
  const ask = (number: number, more = ''): string =>
    `GET ${target}${number} HTTP/1.1\r\nHost: shop.test\r\n${more}\r\n`;
  const form = (number: number): string =>
    `POST ${target}${number} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nok`;
  const garbage = [
    'garbage\r\n\r\n',
    '\0\0\0',
    'GET /smuggled\r\n\r\n',
    'GET /smuggled HTTP/9.9\r\n\r\n',
    ': x\r\n\r\n',
    '\xff',
    'x'.repeat(50_000),
  ];
  const cookie = 'Cookie: CGISESSID=pipelined\r\n';
  return [
    odd(ask(1) + ask(2) + ask(3), 'passes', { meant: 3 }),
    odd(ask(1, cookie) + ask(2, cookie) + ask(3, cookie), 'passes', { meant: 3 }),
    odd(form(1) + ask(2) + form(3), 'passes', { meant: 3 }),
    odd(ask(1) + form(2), 'passes', { meant: 2 }),
    odd([...Array(20).keys()].map((i) => ask(i + 1)).join(''), 'passes', { meant: 20 }),
    odd(ask(1, 'Connection: close\r\n') + smuggled, 'passes', { isLast: true }),
    odd(`GET ${target}1 HTTP/1.0\r\n\r\n${smuggled}`, 'passes', { isLast: true }),
    ...garbage.flatMap((bytes) => [
      odd(ask(1) + bytes, 'any', { isLast: true }),
      odd(ask(1) + ask(2) + bytes, 'any', { isLast: true, meant: 2 }),
      odd(form(1) + bytes, 'any', { isLast: true }),
    ]),
  ];
}

/** Requests that break off: the client shuts its sending side behind each byte. */
export function torn(): Odd[] {
  const whole = [
    get('Cookie: a=b', 'any'),
    post('Content-Length: 5', 'hello', 'any'),
    post(coded, '5\r\nhello\r\n0\r\n\r\n', 'any'),
  ];
  return whole.flatMap(({ bytes }) =>
    Array.from(bytes, (_, at) => odd(bytes.slice(0, at), at === 0 ? 'any' : 'refused', { isLast: true })),
  );
}

function inChunks(text: string): string {
  const [half, rest] = [text.slice(0, text.length / 2), text.slice(text.length / 2)];
  const chunk = (piece: string): string =>
    piece === '' ? '' : `${piece.length.toString(16)}\r\n${piece}\r\n`;
  return `${chunk(half)}${chunk(rest)}0\r\n\r\n`;
}
