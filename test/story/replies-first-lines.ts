import { words } from '../helpers/words.ts';
import { chunked, first, ok, page, reply, type Reply, two } from './replies.ts';

const final = `${ok}${two}\r\nok`;
const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n';

/** Odd status lines, and answers that are none. */
export function firstLines(): Reply[] {
  const statuses = [
    ...words('200 201 202 203 205 206 207 208 226 299 300 301 302 307 308 400 401 403 404 418 429 499'),
  ];
  statuses.push(
    ...words('500 503 511 599 600 666 700 799 800 999 222 237 274 311 348 385 422 459 496 533 570 888'),
  );
  return [
    ...statuses.map((status) => first(`HTTP/1.1 ${status} Said`, { status: Number(status), body: 'ok' })),
    ...words('204 304').map((status) =>
      first(`HTTP/1.1 ${status} Said`, { status: Number(status), body: '' }),
    ),
    ...['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.0 200 OK', 'HTTP/1.1 200 Sch\xf6n', 'HTTP/1.1 200 a\tb'].map(
      (line) => first(line, page),
    ),
    ...['a\0b', '\x7f', '\x1b[2J', '\xff\xfe', `${'long '.repeat(300)}`].map((reason) =>
      first(`HTTP/1.1 200 ${reason}`, page),
    ),
    ...[
      '0',
      '00',
      '000',
      '001',
      '099',
      '99',
      '20',
      '2000',
      '-200',
      '+200',
      'OK',
      '',
      ' ',
      '\uff12',
      '0x200',
    ].map((status) => first(`HTTP/1.1 ${status} OK`, 'refused')),
    // scripts print these versions, and llhttp reads them too
    ...words('HTTP/0.9 HTTP/2.0 HTTP/1.1').map((version) => first(`${version} 200 OK`, page)),
    ...words(
      'RTSP/1.0 HTTP/3 HTTP/1.2 HTTP/9.9 http/1.1 HTTPS/1.1 ICY HTTP/1.1.1 HTTP/11 HTTP/01.1 XHTTP/1.1',
    ).map((version) => first(`${version} 200 OK`, 'refused')),
    ...[
      'HTTP/1.1  200 OK',
      'HTTP /1.1 200 OK',
      'HTTP/1.1\t200 OK',
      '200 OK',
      'Status: 200 OK',
      'GET / HTTP/1.1',
    ].map((line) => first(line, 'refused')),
    ...['<html>', '\0\0\0\0', '\x16\x03\x01\x02\x00', 'HTTP/1.1 200 a\rb', '', ' '].map((line) =>
      first(line, 'any'),
    ),
    ...[
      '<html>no head</html>',
      '',
      '\r\n\r\n',
      'x',
      '\0',
      '220 mail ESMTP\r\n',
      'SSH-2.0-OpenSSH\r\n',
      '\n'.repeat(9),
    ].map((bytes) => reply(bytes, 'refused')),
    ...['\r\n', '\r\n\r\n\r\n', '\n'].map((before) => reply(before + final, 'any')),
    reply(` ${final}`, 'refused'),
    // nph- scripts of Apache's: docs/http.md
    reply(final.replaceAll('\r\n', '\n'), page),
    reply('HTTP/1.0 200 OK\nContent-Type: text/plain\n\nto the end', { status: 200, body: 'to the end' }),
    reply(`HTTP/1.1 103 Hi\n\n${final.replaceAll('\r\n', '\n')}`, page),
    reply(`HTTP/1.1 200 OK\n${chunked.trim()}\n\n2\r\nok\r\n0\r\n\r\n`, 'refused'),
    reply(`HTTP/1.1 200 OK\n${chunked.trim()}\n\n2\nok\n0\n\n`, 'refused'),
    reply('HTTP/1.1 200 OK\nX: y\r\n\nok', 'refused'),
    reply('HTTP/1.1 200 OK\nX: y\r\n\r\nok', 'refused'),
    reply(final.replaceAll('\r\n', '\r'), 'refused'),
    reply(`HTTP/1.1 200 OK\n${two}\r\nok`, 'refused'),
    reply(`${ok}${two}\nok`, 'refused'),
    reply('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end', {
      status: 200,
      body: 'to the end',
    }),
    reply(`${ok}\r\nto the end`, { status: 200, body: 'to the end' }),
  ];
}

/** Interim answers that nobody has asked for. */
export function interim(): Reply[] {
  const extras = [
    '',
    'Link: </a>; rel=preload\r\n',
    two,
    chunked,
    'Upgrade: h2c\r\n',
    'Connection: close\r\n',
  ];
  const upgrade =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02ok';
  return [
    ...words('100 102 103 104 110 150 199').flatMap((status) =>
      extras.map((more) => reply(`HTTP/1.1 ${status} Wait\r\n${more}\r\n${final}`, page)),
    ),
    ...extras.map((more) => reply(`HTTP/1.1 101 Switching Protocols\r\n${more}\r\n${final}`, 'refused')),
    reply(hints.repeat(20) + final, page),
    reply(`HTTP/1.1 102 Processing\r\n\r\n${hints}${final}`, page),
    reply(hints, 'refused'),
    reply('HTTP/1.1 100 Continue\r\n\r\n', 'refused'),
    reply(upgrade, 'refused'),
  ];
}
