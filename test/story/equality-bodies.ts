import type { Dice } from '../helpers/dice.ts';

/** What a request carries, and what it says of it. */
export interface Body {
  readonly bytes: string;
  /** Null: the request says nothing of a type. */
  readonly type: string | null;
}

const form = 'application/x-www-form-urlencoded';
const latin1 = [
  'a=1',
  'caf%E9=cr%E8me',
  'b=',
  '=x',
  'c',
  'd=+e+',
  'f=\xe9',
  'g=%zz',
  'h=%u20ac',
  'i=1=2',
  'a=2',
  '',
  'j=%00',
];

const kinds: Readonly<Record<string, (dice: Dice) => Body>> = {
  none: () => ({ bytes: '', type: null }),
  empty: () => ({ bytes: '', type: form }),
  form: (dice) => ({
    bytes: Array.from({ length: 1 + dice.below(6) }, () => dice.pick(latin1)).join(dice.pick(['&', ';'])),
    type: dice.pick([
      form,
      form,
      `${form}; charset=utf-8`,
      `${form};charset=ISO-8859-1`,
      null,
      'APPLICATION/x-www-form-urlencoded',
    ]),
  }),
  multipart: (dice) => multipart(dice),
  binary: (dice) => ({
    bytes: bytes(dice, 1 + dice.below(3000)),
    type: dice.pick(['application/octet-stream', null, 'image/gif']),
  }),
  text: (dice) => ({
    bytes: 'caf\xe9\r\n\r\n--x\r\n',
    type: dice.pick(['text/plain', 'text/xml; charset=utf-8', 'application/json', 'foo', '\xe9', '']),
  }),
  middling: (dice) => ({ bytes: bytes(dice, 100_000), type: dice.pick([form, 'application/octet-stream']) }),
  large: (dice) => ({ bytes: bytes(dice, 1_048_570 + dice.below(12)), type: 'application/octet-stream' }),
  spooled: (dice) => ({ bytes: `a=${'x'.repeat(1_300_000)}`, type: dice.pick([form, 'text/plain']) }),
};
const small = ['form', 'form', 'form', 'multipart', 'multipart', 'binary', 'text', 'empty', 'none'];

/** A body: mostly a small one, as bodies are. */
export function anyBody(dice: Dice): Body {
  const kind =
    dice.below(12) === 0 ? dice.pick(['middling', 'middling', 'large', 'spooled']) : dice.pick(small);
  return (kinds[kind] as (dice: Dice) => Body)(dice);
}

/** Forms as browsers of twenty years send them, and as none ever did. */
function multipart(dice: Dice): Body {
  const boundary = dice.pick([
    'x',
    '----WebKitFormBoundaryA1',
    '---------------------------7d0',
    "a'b()+_,-./:=?",
  ]);
  const parts = Array.from({ length: 1 + dice.below(4) }, () => {
    const disposition = dice.pick([
      'form-data; name="a"',
      'form-data; name="caf\xe9"',
      'form-data; name=bare',
      'form-data; name="list"; filename="records.csv"',
      'form-data; name="list"; filename="C:\\old\\caf\xe9 \\"x\\".txt"\r\nContent-Type: text/plain',
      'form-data; name="empty"; filename=""\r\nContent-Type: application/octet-stream',
      'form-data; filename="x"; name="b"\r\nContent-Type: multipart/mixed; boundary=y',
    ]);
    const content = dice.pick([
      '1',
      '',
      'caf\xe9',
      'line\r\nline\r\n',
      '\r\n',
      '\n--x\n',
      `--${boundary}`,
      bytes(dice, 200),
    ]);
    return `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`;
  });
  const end = dice.pick([`--${boundary}--\r\n`, `--${boundary}--`, `--${boundary}--\r\nafterword`, '']);
  const preamble = dice.pick(['', '', '', 'preamble\r\n', '\r\n']);
  const said = /^[\w-]+$/.test(boundary) ? dice.pick([boundary, `"${boundary}"`]) : `"${boundary}"`;
  return { bytes: preamble + parts.join('') + end, type: `multipart/form-data; boundary=${said}` };
}

function bytes(dice: Dice, length: number): string {
  const some = Array.from({ length: Math.min(length, 500) }, () => String.fromCharCode(dice.below(256))).join(
    '',
  );
  return some.repeat(Math.ceil(length / some.length)).slice(0, length);
}

/** The same bytes in chunks of odd sizes, some with extensions, as the coding `chunked` has them. */
export function inChunks(dice: Dice, text: string): string {
  const chunks: string[] = [];
  const usual = 1 + dice.below(Math.max(1, Math.min(text.length, 70_000)));
  for (let at = 0; at < text.length;) {
    const piece = text.slice(at, at + Math.max(1, Math.min(usual, text.length - at)));
    const size = piece.length.toString(16);
    chunks.push(
      `${dice.pick([size, size.toUpperCase(), `0${size}`])}${dice.pick(['', '', ';x', ';x=y'])}\r\n${piece}\r\n`,
    );
    at += piece.length;
  }
  return `${chunks.join('')}0\r\n${dice.pick(['', '', 'X-Trailer: t\r\n'])}\r\n`;
}
