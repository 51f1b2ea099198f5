import type { Dice } from '../helpers/dice.ts';

/** No header fields, in requests and in answers alike. */
export const noFields: readonly string[] = [
  ' X: folded',
  'X: a\r\n folded',
  'X: a\r\n\tfolded',
  'X : y',
  'X\t: y',
  ': y',
  ':',
  'X',
  'X Y: z',
  'X(: y',
  'X: a\0b',
  'X: \0',
  'X\0: y',
  'X: \x01',
  'X: \x7f',
  '\xe9: y',
  'X: a\x0bb',
  '"X": y',
  '{}: y',
  'X;: y',
  '\r: y',
  'X: a\rb',
  'X: a\nY: b',
  'X: a\r\r\nY: b',
  'Content-Length : 9',
  ' Content-Length: 9',
  'Transfer-Encoding : chunked',
  'X: y\nContent-Length: 9',
  'X: y\rContent-Length: 9',
];

/** No sizes of the chunk `ok`. */
export const noSizes: readonly string[] = [
  'g',
  '',
  ' 2',
  '+2',
  '-2',
  '0x2',
  '2,',
  '1',
  '3',
  '2\0',
  '\uff12',
  '2\x0b',
];

/** What breaks HTTP where it is put. */
export const nasty: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  '\xff',
  '0',
  '9',
  '-',
  ',',
  ';',
];

/** One of the proper messages with some bytes changed, put in, taken out or said twice. */
export function mangle(dice: Dice, proper: readonly string[], words: readonly string[]): string {
  let bytes = dice.pick(proper);
  for (let changes = 1 + dice.below(3); changes > 0; changes--) {
    const at = dice.below(bytes.length);
    const end = at + dice.pick([0, 0, 1, 1, 2, 8]);
    const put = dice.pick([...words, '', 'x'.repeat(300), bytes.slice(at, end + 6)]);
    bytes = bytes.slice(0, at) + put + bytes.slice(end);
  }
  return bytes;
}
