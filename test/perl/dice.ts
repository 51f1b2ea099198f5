import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Test } from 'tap';
import type { SessionData, SessionValue } from '../../src/session/session.ts';

/** The same sessions on every run. */
export const dice = { seed: 20261123 };

/** Every token that our writer may emit (perl.md 1.5); written down a second time, independently of the parser. */
const token = new RegExp(
  [
    String.raw`\$D = |;;\$D$|[[\]{},]| => |undef|-?(?:0|[1-9]\d{0,9})(?!\d)`,
    String.raw`'(?:[^'\\]|\\[\\'])*'`,
    String.raw`"(?:[^"\\$@\x80-\xff]|\\x\{[0-9a-f]+\}|\\["\\$@])*"`,
  ].join('|'),
  'y',
);

/** Lexes a text with nothing but those tokens; returns what is left over. */
export function leftover(text: string): string {
  token.lastIndex = 0;
  let at = 0;
  while (token.test(text)) at = token.lastIndex;
  return text.slice(at);
}

/** Texts that would do something if Perl took them for more than text. */
export const dangerous = [
  `'};system("id");{'`,
  `"};system('id');{"`,
  '@{[system("id")]}',
  '${\\system("id")}',
  '$x @y %z &f *g',
  '\\',
  "\\'",
  "'\\",
  '\\\\',
  '\\x{263a}',
  "\\\\'",
  '\0',
  'a\0b',
  '\n=pod\n',
  '\n__END__\n',
  '\r\n',
  'EOF\n;$D = 1;',
  '\u263a"; system("id"); "',
  '\u263a@{[system("id")]}',
  '\u263a$D',
  '\u263a\\',
  '\u263a\\"',
  '\u263a\\x{41}\\N{U+41}\\u\\Q',
  '\u263a\0\n\r\x7f\x80\xff',
  '\u2028\ufeff\uffff\u{10ffff}',
  '__proto__',
  '',
  ' ',
  '-1',
  '007',
  '1e5',
  'undef',
];

/** Text with a bent for what needs escaping. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...Array.from('\'"\\$@{}[]=>,;x0 \n\0\xe9\u263a')), maxLength: 12 }),
  fc.constantFrom(...dangerous),
);

/** Whole numbers, which come back from Perl as numbers if they are short and as their digits if they are long. */
export const anyInteger = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 }));

/** Sessions of everything that both languages have. */
export const { session: anySession } = fc.letrec<{ session: SessionData; value: SessionValue }>((tie) => ({
  session: fc.dictionary(anyText, tie('value'), { maxKeys: 6, noNullPrototype: false }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    anyText,
    anyInteger,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 5 }),
    tie('session') as fc.Arbitrary<SessionValue>,
  ),
}));

/** Compares two long lists; shows only the first that differ. */
export function differences(
  t: Test,
  found: readonly unknown[],
  wanted: readonly unknown[],
  name: string,
): void {
  t.equal(found.length, wanted.length, `${name}: as many`);
  const differ = found.findIndex((one, index) => !isDeepStrictEqual(one, wanted[index]));
  t.same(found[differ], wanted[differ], differ < 0 ? name : `${name}: nr ${differ}`);
}
