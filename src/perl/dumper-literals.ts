/**
 * Perl literals as Data::Dumper's XS writer spells them (perl.md 1.5, measured). Perl evaluates what stands here, so
 * there are two forms of text and two of numbers, and nothing else.
 */

/** A whole number of more characters than this, sign included, is written in quotes. */
const longestBareInteger = 10;

/**
 * Text: '…' with raw bytes if every character is one byte, else "…" with all characters above 0x7f spelled out.
 * Where the reader takes one line only, a line feed asks for "…" too.
 */
export function perlText(text: string, oneLine = false): string {
  if (/[^\0-\xff]/.test(text) || (oneLine && text.includes('\n')))
    return doubleQuoted(text, oneLine ? /\n/g : null);
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

/** Text in "…" with all but printable ASCII spelled out, as Useqq has it. */
export function perlTextSpelled(text: string): string {
  return doubleQuoted(text, /\p{Cc}/gu);
}

const letters: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\f': '\\f',
  '\b': '\\b',
  '\x07': '\\a',
  '\x1b': '\\e',
};

function doubleQuoted(text: string, controls: RegExp | null): string {
  const ascii = text.replaceAll(/["\\$@]/g, '\\$&');
  const spelled =
    controls === null
      ? ascii
      : ascii.replaceAll(controls, (control) => letters[control] ?? hexEscape(control));
  return `"${spelled.replaceAll(/[^\0-\x7f]/gu, hexEscape)}"`;
}

function hexEscape(character: string): string {
  return `\\x{${character.codePointAt(0)?.toString(16)}}`;
}

/** A finite number: bare if it is a short whole number, else the text that Perl would print, in quotes. */
export function perlNumber(value: number): string {
  const text = Number.isSafeInteger(value) ? String(value) : fifteenDigits(value);
  return Number.isSafeInteger(value) && text.length <= longestBareInteger ? text : `'${text}'`;
}

/** C's `%.15g`, which is how Perl prints a floating-point number: 0.3, 1e+20, 1e-07. */
export function fifteenDigits(value: number): string {
  const [mantissa = '', exponentText = '0'] = roundHalfEven(value).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 15) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${withoutTrailingZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  return withoutTrailingZeros(Number(`${mantissa}e${exponent}`).toFixed(14 - exponent));
}

/**
 * Fifteen significant digits in exponent form. JavaScript rounds an exact half up where C rounds to even, so halves
 * are looked at with more digits than any double needs to show that it is not quite one.
 */
function roundHalfEven(value: number): string {
  const rounded = value.toExponential(14);
  const exact = value.toExponential(60);
  const [mantissa = ''] = exact.split('e');
  const digits = mantissa.replace(/^-?(\d)\.(\d+)$/, '$1$2');
  const isHalf = /^50*$/.test(digits.slice(15));
  if (!isHalf || Number(digits.charAt(14)) % 2 === 1) return rounded;
  return exact.replace(/^(-?\d\.\d{14})\d*/, '$1');
}

function withoutTrailingZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
