import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { AnswerHead } from '../../src/legacy/wire-head.ts';
import { AnswerParser } from '../../src/legacy/wire-parser.ts';
import { makeDice } from '../helpers/dice.ts';
import { mangle, nasty, noFields, noSizes } from '../story/odd-words.ts';

interface Heard {
  readonly head: AnswerHead | null;
  readonly body: string;
  readonly isOver: boolean;
  readonly keptMs: number;
  readonly problem: string | null;
}

/** What is heard of an answer that comes in these pieces, behind which the connection ends if `isWhole`. */
function hear(pieces: readonly string[], method = 'GET', ends = false): Heard {
  let head: AnswerHead | null = null;
  let body = '';
  const parser = new AnswerParser({
    head: (heard) => (head = heard),
    data: (piece) => (body += piece.toString('latin1')),
  });
  parser.expect(method);
  let problem: string | null = null;
  try {
    for (const piece of pieces) {
      const read = Buffer.from(`${piece}\r\n\r\nHTTP`, 'latin1'); // nothing behind the piece is to be read
      parser.feed(read, piece.length);
      read.fill('x');
    }
    if (ends) parser.finish();
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== 'LEGACY_BROKE') throw thrown;
    problem = thrown.message;
  }
  return { head, body, isOver: parser.isOver, keptMs: parser.keptMs, problem };
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** Answers that end by themselves. */
const answers: readonly { bytes: string; method?: string; body: string; keptMs: number }[] = [
  { bytes: `${ok}Content-Length: 2\r\nX: \xe9 \r\n\r\nok`, body: 'ok', keptMs: Infinity },
  { bytes: `${ok}Content-Length: 0\r\nConnection: close\r\n\r\n`, body: '', keptMs: 0 },
  { bytes: `${ok}Content-Length: 2\r\nKeep-Alive: timeout=3, max=9\r\n\r\nok`, body: 'ok', keptMs: 2000 },
  { bytes: `${ok}Content-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok`, body: 'ok', keptMs: 0 },
  { bytes: `${ok}Content-Length: 99\r\n\r\n`, method: 'HEAD', body: '', keptMs: Infinity },
  { bytes: 'HTTP/1.1 304 Same\r\nContent-Length: 99\r\n\r\n', body: '', keptMs: Infinity },
  { bytes: 'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n', body: '', keptMs: Infinity },
  { bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', body: 'ok', keptMs: 0 },
  {
    bytes: 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok',
    body: 'ok',
    keptMs: Infinity,
  },
  { bytes: `${chunked}2\r\nok\r\n003;x="y"\r\nay!\r\n0\r\n\r\n`, body: 'okay!', keptMs: Infinity },
  { bytes: `${chunked}2\r\nok\r\n0\r\nX-Sum: 2\r\nY:\r\n\r\n`, body: 'ok', keptMs: Infinity },
  {
    bytes:
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    body: 'x',
    keptMs: 0,
  },
  { bytes: `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`, body: 'ok', keptMs: Infinity },
  {
    bytes: `HTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n${chunked}2\r\nok\r\n0\r\n\r\n`,
    body: 'ok',
    keptMs: Infinity,
  },
  { bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', body: 'ok', keptMs: 0 },
];

t.test('an answer is the same, however it is cut', async (t) => {
  for (const { bytes, method, body, keptMs } of answers) {
    const whole = hear([bytes], method);
    t.match(whole, { body, isOver: true, keptMs, problem: null }, JSON.stringify(bytes));
    for (let at = 1; at < bytes.length; at++) {
      const cut = hear([bytes.slice(0, at), bytes.slice(at)], method);
      if (JSON.stringify(cut) !== JSON.stringify(whole))
        t.same(cut, whole, JSON.stringify(bytes.slice(0, at)));
      const torn = hear([bytes.slice(0, at)], method, true);
      if (torn.problem === null) t.fail(`it is not complete: ${JSON.stringify(bytes.slice(0, at))}`);
    }
    t.same(hear(Array.from(bytes), method), whole, 'byte by byte');
    t.match(hear([`${bytes}x`], method), { body, keptMs: 0, problem: null }, 'and a byte behind it');
  }
});

t.test('an answer without an end of its own goes to the end of the connection', async (t) => {
  for (const head of [`${ok}\r\n`, 'HTTP/1.0 404 No\nX: y\n\n', `${ok}Transfer-Encoding: identity\r\n\r\n`]) {
    t.match(hear([head, 'to the', ' end']), { body: 'to the end', isOver: false }, 'not before');
    t.match(hear([head, 'to the', ' end'], 'GET', true), { isOver: true, problem: null, keptMs: 0 });
  }
});

t.test('what a client is told of a head', async (t) => {
  const { head } = hear([
    'HTTP/1.1 999 Sch\xf6n\x7f\r\nX-A:\r\nx-a: \t b\xa0 c\t\r\nContent-Length:0\r\n\r\n',
  ]);
  t.match(head, {
    status: 999,
    reason: 'Sch\xf6n?',
    fields: ['X-A', '', 'x-a', 'b\xa0 c', 'Content-Length', '0'],
  });
  t.match(hear(['HTTP/1.1 200\r\n\r\n']).head, { reason: '' });
  t.same(
    hear(['HTTP/1.1 204 No\r\nContent-Length: 0\r\nA: b\r\n\r\n']).head?.fields,
    ['A', 'b'],
    'no length of a 204',
  );
});

t.test('a read that brings several chunks makes one piece', async (t) => {
  const pieces: string[] = [];
  const parser = new AnswerParser({
    head: () => undefined,
    data: (piece) => void pieces.push(piece.toString()),
  });
  parser.expect('GET');
  const bytes = Buffer.from(`${chunked}${'2\r\nok\r\n'.repeat(500)}`);
  parser.feed(bytes, bytes.length);
  bytes.fill(0); // as the next read does
  t.same(pieces, ['ok'.repeat(500)]);
});

t.test('what could be read in two ways is refused', async (t) => {
  const two = 'Content-Length: 2\r\n';
  const refused = [
    'x',
    'HTTQ',
    '\r\n',
    ' HTTP/1.1 200 OK',
    '220 mail ESMTP\r\n',
    ...['HTTP/1.1  200 OK', 'HTTP/1.2 200 OK', 'RTSP/1.0 200 OK', 'HTTP/1.1 99 OK', 'HTTP/1.1 2000 OK'].map(
      (line) => `${line}\r\n${two}\r\nok`,
    ),
    `HTTP/1.1 101 Switching\r\n\r\n`,
    `${ok}${two}${two}\r\nok`,
    `${ok}${two}Transfer-Encoding: chunked\r\n\r\nok`,
    `${ok}Transfer-Encoding: identity\r\n${two}\r\nok`,
    ...['gzip', 'gzip, chunked', 'chunked, chunked', '', 'chunked\r\nTransfer-Encoding: chunked'].map(
      (coding) => `${ok}Transfer-Encoding: ${coding}\r\n\r\n`,
    ),
    ...['', '+2', '-2', '2,2', '0x2', '2a', '9'.repeat(17)].map(
      (length) => `${ok}Content-Length: ${length}\r\n\r\nok`,
    ),
    ...noFields.flatMap((line) => [`${ok}${line}\r\n${two}\r\nok`, `${ok}${two}${line}\r\n\r\nok`]),
    `HTTP/1.1 200 OK\n${two}\r\nok`,
    `${ok}${two}\nok`,
    'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\r\nok\r\n0\r\n\r\n',
    `${ok}X: ${'x'.repeat(66_000)}\r\n\r\n`,
    `${ok}X: ${'x'.repeat(66_000)}`,
    `${ok}${'a:\r\n'.repeat(2001)}\r\n`,
    ...noSizes.filter((size) => size !== '1').map((size) => `${chunked}${size}\r\nok\r\n0\r\n\r\n`),
    ...['2 ', '2\t', '2;\x01', '10000000000000002', '9'.repeat(70_000)].map(
      (size) => `${chunked}${size}\r\nok\r\n`,
    ),
    ...['1\r\nok\r\n', '2\nok\n', '2\r\nok\n', '2\rok\r\n', '2\r\nok0\r\n', '2\r\nok\r0'].map(
      (body) => chunked + body,
    ),
    ...['X', 'X : y', ' X: y', 'X: \0', `X: ${'y'.repeat(66_000)}`, 'X: y\r\n'.repeat(12_000)].map(
      (line) => `${chunked}0\r\n${line}\r\n\r\n`,
    ),
    `${chunked}0\n\n`,
  ];
  for (const bytes of refused) {
    const what = JSON.stringify(bytes.slice(0, 99));
    t.match(hear([bytes]), { head: null, body: '', problem: String }, what);
    const slowly = hear([...Array.from(bytes.slice(0, 300)), bytes.slice(300)]);
    if (slowly.problem === null) t.fail(`byte by byte: ${what}`);
  }
});

t.test('a body that breaks behind its first read is told as far as it was proper', async (t) => {
  t.match(hear([`${chunked}2\r\nok\r\n`, '2\r\nay\r\nx\r\n']), { body: 'okay', problem: String });
});

t.test('no bytes have it throw anything but that legacy broke', async (t) => {
  const dice = makeDice(20031124);
  const proper = answers.map(({ bytes }) => bytes);
  let proved = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = mangle(dice, proper, [...nasty, ok, 'Content-Length: 2\r\n', '\r\n\r\n']);
    const [whole, end] = [hear([bytes], 'GET', true), dice.below(bytes.length + 1)];
    const cut = hear([bytes.slice(0, end), bytes.slice(end)], 'GET', true);
    if (
      (cut.problem === null) !== (whole.problem === null) ||
      (whole.problem === null && cut.body !== whole.body)
    )
      t.fail(`cut at ${end} it is another answer: ${JSON.stringify(bytes)}`);
    if (whole.problem === null) proved++;
  }
  t.ok(proved > 2000, `${proved} of them are answers all the same`);
});
