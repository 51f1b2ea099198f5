/** The Perl modules that wrote YAML differ in what they take for text. */
export type YamlFlavour = 'yaml-pm' | 'yaml-syck' | 'yaml-xs';

/** What the bytes of a session are: characters, or the bytes of a latin-1 text. */
export type YamlEncoding = 'utf8' | 'latin1';

const letters: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  '"': '"',
  '\\': '\\',
};

/** What libyaml knows besides. */
const moreLetters: Readonly<Record<string, string>> = {
  ' ': ' ',
  '/': '/',
  '\t': '\t',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** The characters that an escape without its backslash stands for: null where we do not know; and its length. */
export function readEscape(source: string, at: number, flavour: YamlFlavour): [string, number] | null {
  const letter = source.charAt(at);
  const width = letter === 'x' ? 2 : flavour === 'yaml-xs' ? ({ u: 4, U: 8 }[letter] ?? 0) : 0;
  if (width > 0) {
    const digits = source.slice(at + 1, at + 1 + width);
    if (digits.length !== width || !/^[0-9a-fA-F]+$/.test(digits)) return null;
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)
      ? null
      : [String.fromCodePoint(code), width + 1];
  }
  if (Object.hasOwn(letters, letter)) {
    // YAML.pm never writes \b, and reads none.
    return flavour === 'yaml-pm' && letter === 'b' ? null : [letters[letter] ?? '', 1];
  }
  if (flavour === 'yaml-xs' && Object.hasOwn(moreLetters, letter)) return [moreLetters[letter] ?? '', 1];
  return null;
}

/** Text as all three modules read it; `raw`: characters above 0x7f stand for themselves. */
export function quoteYaml(text: string, flavour: YamlFlavour, raw: boolean): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  const ascii = text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
  const controls = ascii.replaceAll(/\p{Cc}/gu, hexEscape);
  if (raw) return `"${controls}"`;
  return `"${controls.replaceAll(/[^\0-\x7f]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code <= 0xff) return hexEscape(character);
    if (flavour === 'yaml-xs') return `\\U${code.toString(16).padStart(8, '0')}`;
    return character;
  })}"`;
}

function hexEscape(character: string): string {
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
}

/**
 * Quoted or plain text over several lines: one line end is a blank, more are one less. To libyaml U+2028 and U+2029
 * end lines too, and stay.
 */
export function foldLines(text: string): string {
  // Blanks before the end of a line are cut off by hand: a pattern would look at each run of them once from each one.
  const pieces = text.split(/([\n\u2028\u2029][ \t\n\u2028\u2029]*)/);
  const last = pieces.length - 1;
  return pieces
    .map((piece, index) => {
      if (index === last) return piece;
      return index % 2 === 0 ? trimBlanks(piece) : foldGap(piece);
    })
    .join('');
}

function foldGap(gap: string): string {
  const ends = gap.replaceAll(/[ \t]/g, '');
  if (!ends.startsWith('\n')) return ends;
  return ends.length === 1 ? ' ' : ends.slice(1);
}

/** Without the blanks at its end; a no-break space is text. */
export function trimBlanks(text: string): string {
  return withoutTrailing(' \t', text);
}

/** Without what Perl takes for blanks in a text of characters, on both sides. */
export function trimWideBlanks(text: string): string {
  const end = withoutTrailing(wideBlanks, text).length;
  let start = 0;
  while (start < end && wideBlanks.includes(text.charAt(start))) start += 1;
  return text.slice(start, end);
}

const wideBlanks =
  ' \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** A text without any of these characters at its end. */
export function withoutTrailing(characters: string, text: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
