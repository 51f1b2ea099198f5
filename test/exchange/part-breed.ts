import type { Dice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';

/** Names that mean something to CGI.pm, or nothing. */
const ownNames = words(`.submit .cgifields .defaults keywords POSTDATA XForms:Model a sku`);

/** A part of a form, or of an XForm, with what is behind its delimiter. */
export function breedPart(dice: Dice, delimiter: string, isRelated: boolean): string {
  const fields = Array.from({ length: 1 + dice.below(3) }, () =>
    isRelated ? relatedField(dice) : headerField(dice),
  );
  return `${delimiter}\r\n${fields.join('\r\n')}\r\n\r\n${value(dice, delimiter)}\r\n`;
}

function headerField(dice: Dice): string {
  if (dice.below(4) === 0)
    return dice.pick([
      ...words(`X-A:1 a nothing: : Content-Type:`),

      'Content-Type: text/plain',
      'Content-Type: multipart/mixed; boundary=y',
      'content-type: multipart/mixed',

      'Content-Transfer-Encoding: base64',
      'X: y\r\n z',
      '\r\n',
      `X: ${'y'.repeat(dice.pick([50, 4050, 4100, 5000]))}`,
    ]);
  const field = dice.pick([
    'Content-Disposition',
    'Content-Disposition',
    'Content-Disposition',
    'content-disposition',
    'CONTENT-DISPOSITION',
    'Content-disposition',
    'X Content-Disposition',
    '(x)Content-Disposition',
    'xContent-Disposition',
  ]);
  const gap = dice.pick([': ', ': ', ': ', ':', ':\t', ':\r\n ', ' : ', ':\r\n', ':  ']);
  const file = dice.below(3) === 0 ? fileParameter(dice) : '';
  return `${field}${gap}${dice.pick(['form-data', 'form-data', 'attachment', ''])}${nameParameter(dice)}${file}`;
}

function nameParameter(dice: Dice): string {
  const name = dice.pick([
    ...ownNames,
    'a',
    'sku',
    'sku',
    '',
    'a b',
    'a;b',
    'a\\"b',
    'a\\',
    '\u00e9',
    '0',
    "a'b",
    'a/b',
    'a=b',
  ]);
  const lead = dice.pick(['; ', '; ', '; ', ';', ' ', '', ';\r\n\t', '; x']);
  return (
    lead +
    dice.pick([
      `name="${name}"`,
      `name="${name}"`,
      `name="${name}"`,
      `name=${name}`,
      `name="${name}`,
      `name=${name}"`,
      `NAME="${name}"`,
      `name = "${name}"`,
      `name='${name}'`,
      `name=x; name="${name}"`,
      `name*=UTF-8''${name}`,
    ])
  );
}

function fileParameter(dice: Dice): string {
  const name = dice.pick(['f.txt', 'a-b.txt', '', '0', 'C:\\dir\\f.txt', 'f;g', 'caf\u00e9', 'a b', 'F\\"']);
  const lead = dice.pick(['; ', '; ', ';', ';\t', ';\r\n ']);
  return (
    lead +
    dice.pick([
      `filename="${name}"`,
      `filename="${name}"`,
      `filename=${name}`,
      `filename="${name}`,
      `FileName="${name}"`,
      `filename='${name}'`,
      `filename*=UTF-8''${name}`,
    ])
  );
}

function relatedField(dice: Dice): string {
  const id = dice.pick([
    '<s>',
    '<s>',
    '<f>',
    '<g>',
    's',
    '<>',
    '<XForms:Model>',
    '<POSTDATA>',
    '<keywords>',
    '<.defaults>',
    '<s',
    'x <f>',
  ]);
  return dice.pick([
    `Content-ID: ${id}`,
    `Content-ID: ${id}`,
    `content-ID: ${id}`,
    `Content-Id: ${id}`,
    'Content-Type: text/xml',
  ]);
}

function value(dice: Dice, delimiter: string): string {
  const size = dice.pick([0, 0, 1, 1, 1, 5, 5, 4080, 4090, 4096, 4100, 8200]);
  const tail = dice.pick([
    '',
    '',
    '',
    '\r',
    '\n',
    '\r\n',
    delimiter.slice(0, -1),
    '0',
    '%41+',
    '\u0000\u00ff',
  ]);
  return 'v'.repeat(Math.max(0, size - dice.below(20))) + tail;
}
