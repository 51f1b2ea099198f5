import type { Dice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';
import type { PerlRequest } from './cgi-pm.ts';
import { breedPart } from './part-breed.ts';

const form = 'application/x-www-form-urlencoded';
const breaks = ['\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\n\r', '\r\n\r\n'];
/** Without a hyphen: a name that begins with one, before a true .defaults, is where we differ (isEmptied, params.ts). */
const textPieces = [
  ...words(`a b sku = = = & & ; + %20 %41 %3D %26 %3b %2B %E9 %00 %zz %`),
  ...words(`%u0041 %u20ac %uD83D %uDE00 %u12 1 0 \u00e9 %A0 %0a %09 . / ? " %25 .submit= .defaults=0`),
  '\u00a0',
  ' ',
  '\n',
];
const types = [
  form,
  form,
  null,
  null,
  '',
  `${form}; charset=iso-8859-1`,
  form.toUpperCase(),
  ` ${form}`,
  `${form}, text/plain`,
  `text/plain, ${form}`,
  'text/plain',
  'application/xml',
  'application/xml, x',
  'multipart/mixed; boundary=x',
  '0',
];
const boundaries = [
  'x',
  'x',
  '-',
  '--',
  '0',
  '00',
  'a b',
  'x--',
  "(a):?'/=",
  '----WebKitFormBoundary7MA4YWxk',
  '\u00e9',
  ' x',
];

/** A request with a query, an urlencoded body or some other body. */
export function breedText(dice: Dice): PerlRequest {
  const method = dice.pick(words(`GET GET GET GET POST POST POST POST HEAD DELETE PUT PATCH OPTIONS get`));
  const query = dice.text(textPieces, 0, 12);
  return {
    method,
    // Of a method it does not know CGI.pm reads the command line, which Apache leaves empty where there is an equals sign.
    query: words(`OPTIONS get`).includes(method) ? `${query}=` : query,
    contentType: dice.pick(types),
    body: dice.text(textPieces, 0, 12),
  };
}

/** A request with a multipart body, whole or damaged. */
export function breedMultipart(dice: Dice): PerlRequest {
  const boundary = dice.pick(boundaries);
  const isRelated = dice.below(5) === 0;
  const parts = Array.from({ length: dice.below(5) }, () => breedPart(dice, `--${boundary}`, isRelated));
  const preamble =
    dice.below(6) === 0 ? dice.pick(['\r\n', '0\r\n', 'a preamble\r\n', '\n', 'x', '\r\n\r\n']) : '';
  const end = dice.below(8) === 0 ? dice.pick(['', '--', `--${boundary}`]) : `--${boundary}--\r\n`;
  const epilogue = dice.below(8) === 0 ? `after\r\n${breedPart(dice, `--${boundary}`, false)}` : '';
  return {
    method: dice.below(12) === 0 ? dice.pick(words(`PUT PATCH GET`)) : 'POST',
    query: dice.pick(['', 'q=1', 'a+b', 'a=1&sku=2']),
    contentType: isRelated ? relatedType(dice, boundary) : multipartType(dice, boundary),
    ...(dice.below(15) === 0
      ? { userAgent: dice.pick(['DreamPassport/3', 'Mozilla (MSIE 3.02;Mac_PPC)', 'MSIE 3.03']) }
      : {}),
    body: damaged(dice, preamble + parts.join('') + end + epilogue),
  };
}

function multipartType(dice: Dice, boundary: string): string {
  const said = dice.pick([
    `boundary=${boundary}`,
    `boundary=${boundary}`,
    `boundary=${boundary}`,
    `boundary="${boundary}"`,
    `boundary="${boundary}`,
    `boundary=${boundary}"`,
    `boundary=${boundary}; charset=x`,
    `boundary=${boundary}, text/plain`,
    '',
    'boundary=',
    'boundary=""',
    `Boundary=${boundary}`,
    `boundary="";boundary=${boundary}`,
    `xboundary=${boundary}`,
    `boundary=${boundary};boundary=y`,
    `boundary= ${boundary}`,
  ]);
  const head =
    dice.below(15) === 0
      ? dice.pick(['Multipart/Form-Data', 'multipart/form-data-x', ' multipart/form-data'])
      : 'multipart/form-data';
  return `${head}${dice.pick(['; ', ';', ' ', ';  '])}${said}`;
}

function relatedType(dice: Dice, boundary: string): string {
  const start = dice.pick([
    'start="<s>"',
    'start=<s>',
    'start=s',
    'start="s"',
    'start=<s',
    'start=""',
    'start=<',
    'start=t',
    'Start=s',
  ]);
  const said = dice.pick([
    `boundary=${boundary}`,
    `boundary="${boundary}"`,
    'boundary=y',
    `boundary=${boundary};boundary=""`,
  ]);
  const [first, second] = dice.below(6) === 0 ? [start, said] : [said, start];
  const more = dice.below(6) === 0 ? `; ${dice.pick([said, start])}` : '';
  return `${dice.pick(['', '', form])}multipart/related${dice.pick(['; ', ';', ''])}${first}${dice.pick(['; ', ';', ''])}${second}${more}`;
}

/** Most stay whole; the others are cut, lose their line breaks' shape, or get or lose a byte. */
function damaged(dice: Dice, body: string): string {
  const at = dice.below(body.length + 1);
  switch (dice.below(18)) {
    case 0:
      return body.slice(0, at);
    case 1:
      return body.slice(at);
    case 2:
      return body.replaceAll('\r\n', dice.pick(['\n', '\r', '\n\r']));
    case 3:
      return body.replace(/\r\n/g, () => dice.pick(breaks));
    case 4:
      return body.slice(0, at) + body.slice(at + 1 + dice.below(3));
    case 5:
      return body.slice(0, at) + dice.pick(['\r\n', '"', '\n', ':', '\u0000', '=']) + body.slice(at);
    default:
      return body;
  }
}
