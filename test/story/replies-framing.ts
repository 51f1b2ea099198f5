import { words } from '../helpers/words.ts';
import { noSizes } from './odd-words.ts';
import { chunked, chunks, framed, ok, page, reply, type Reply, two } from './replies.ts';

const inChunks = '2\r\nok\r\n0\r\n\r\n';
const another = `${ok}${two}\r\nno`;

/** How long a body is said to be, and is not. */
export function lengths(): Reply[] {
  const none = [
    '-1',
    '+2',
    '0x2',
    '2.0',
    '2,2',
    '2, 2',
    '2 2',
    '2;',
    '2a',
    'a',
    '',
    ' ',
    '\uff12',
    '1e1',
    '2\0',
    'two',
    '\x0b2',
    '"2"',
  ];
  const pairs = words('2|2 2|3 3|2 2|0 0|2 2|-2 2|a 2|+2 02|2');
  return [
    ...[...none, '18446744073709551618', '9'.repeat(30)].map((value) =>
      framed(`Content-Length: ${value}`, 'ok', 'refused'),
    ),
    ...words('3 5 100 4294967298 9007199254740993').map((value) =>
      framed(`Content-Length: ${value}`, 'ok', 'cut'),
    ),
    ...['02', '2 ', ' 2', '\t2', '000000002'].map((value) => framed(`Content-Length: ${value}`, 'ok', page)),
    ...words('0 00').map((value) => framed(`Content-Length: ${value}`, 'ok', { status: 200, body: '' })),
    framed('Content-Length: 1', 'ok', { status: 200, body: 'o' }),
    framed('Content-Length: 2\t', 'ok', 'any'),
    ...pairs.map((pair) =>
      framed(`Content-Length: ${pair.replace('|', '\r\nContent-Length: ')}`, 'ok', 'refused'),
    ),
  ];
}

/** Transfer codings, and lengths beside them. */
export function codings(): Reply[] {
  const undone = ['chunked', 'Chunked', 'CHUNKED', ' chunked ', '\tchunked'];
  const still = [
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'identity, chunked',
    'chunked, identity',
    'chunked, chunked',
    'compress',
    'chunked;q=1',
    '"chunked"',
    'xchunked',
    'chunkedx',
    'chunke',
    'deflate, br',
    '\x0bchunked',
    'chunked\0',
    '',
    ',chunked',
    ...words('chunked|chunked gzip|chunked chunked|identity chunked|').map((pair) =>
      pair.replace('|', '\r\nTransfer-Encoding: '),
    ),
  ];
  const line = (value: string): string => `Transfer-Encoding: ${value}`;
  return [
    ...undone.map((value) => framed(line(value), inChunks, page)),
    ...undone.map((value) => reply(`HTTP/1.0 200 OK\r\n${line(value)}\r\n\r\n${inChunks}`, page)),
    framed(line('identity'), 'ok', page),
    ...still.flatMap((value) => [
      framed(line(value), inChunks, 'refused'),
      reply(`HTTP/1.0 200 OK\r\n${line(value)}\r\n\r\n${inChunks}`, 'refused'),
    ]),
    // a length beside a coding is how one answer becomes two
    ...[...undone, ...still].flatMap((value) => [
      framed(`${line(value)}\r\n${two.trim()}`, inChunks, 'refused'),
      framed(`${two}${line(value)}`, 'ok', 'refused'),
    ]),
  ];
}

/** Bodies where none may be, and answers behind answers. */
export function bare(): Reply[] {
  const bodies = ['', 'ok', inChunks, another];
  const extras = [
    '',
    two,
    chunked,
    'Content-Length: 0\r\n',
    'Content-Length: 99999\r\n',
    'Trailer: x\r\n',
    `Trailer: x\r\n${chunked}`,
  ];
  const behind = [
    'x',
    '\r\n',
    '\0',
    'HTTP',
    another,
    another.repeat(3),
    'HTTP/1.1 103 Hi\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'x'.repeat(100_000),
  ];
  const all = (status: number, method: string): Reply[] =>
    extras.flatMap((more) =>
      bodies.map((body) =>
        reply(`HTTP/1.1 ${status} Bare\r\n${more}\r\n${body}`, { status, body: '' }, method),
      ),
    );
  return [
    ...[204, 304].flatMap((status) => all(status, 'GET')),
    ...[200, 204, 206, 302, 304, 404, 500].flatMap((status) => all(status, 'HEAD')),
    ...behind.flatMap((extra) => [reply(`${ok}${two}\r\nok${extra}`, page), chunks(inChunks + extra, page)]),
  ];
}

/** Chunks that are none, and the ends of bodies in chunks. */
export function chunkings(): Reply[] {
  const sizes = [...noSizes, '7fffffff', 'ffffffff', '100000000', '10000000000000002', '2\t', 'two', '.2'];
  const ends = [
    '',
    '2',
    '2\r',
    '2\r\n',
    '2\r\no',
    '2\r\nok',
    '2\r\nok\r',
    '2\r\nok\r\n',
    '2\r\nok\r\n0',
    '2\r\nok\r\n0\r\n',
    '2\r\nok\r\n0\r\n\r',
  ];
  const seams = [
    '2\nok\n0\n\n',
    '2\r\nok0\r\n\r\n',
    '2\r\nokx\r\n0\r\n\r\n',
    '2\r\nok\r0\r\n\r\n',
    '2\r\nok\n0\r\n\r\n',
    '2;\nxx\r\nok\r\n0\r\n\r\n',
    '2\rok\r\n0\r\n\r\n',
  ];
  const trailers = [
    'X',
    ': y',
    'X: \0',
    'X : y',
    ' X: y',
    'X: a\rb',
    `X: ${'y'.repeat(70_000)}`,
    'X: y\nZ: y',
    'Content-Length: 9',
    'Transfer-Encoding: gzip',
  ];
  return [
    ...words('2 02 0000002 2;a 2;a=b 2;a="b"').map((size) => chunks(`${size}\r\nok\r\n0\r\n\r\n`, page)),
    ...['2 ', '2 ;a="b"', '2; a=b'].map((size) => chunks(`${size}\r\nok\r\n0\r\n\r\n`, 'any')),
    ...sizes.map((size) => chunks(`${size}\r\nok\r\n0\r\n\r\n`, 'cut')),
    ...[...ends, ...seams].map((body) => chunks(body, 'cut')),
    ...['0\r\nX: y\r\n\r\n', '0\r\nX: y\r\nX: z\r\n\r\n', '00\r\n\r\n', '0;last\r\n\r\n'].map((end) =>
      chunks(`2\r\nok\r\n${end}`, page),
    ),
    ...['0\n\n', '0\r\n\n', ...trailers.map((line) => `0\r\n${line}\r\n\r\n`)].map((end) =>
      chunks(`2\r\nok\r\n${end}`, 'any'),
    ),
    chunks(`2;${'e'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`, 'any'),
    chunks(`${'1\r\nx\r\n'.repeat(5000)}0\r\n\r\n`, { status: 200, body: 'x'.repeat(5000) }),
  ];
}
