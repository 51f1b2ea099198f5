import { Problem } from '../errors.ts';
import { Unset } from './dumper-alias.ts';
import { dialect420 } from './dumper-dialects.ts';
import type { Dialect } from './dumper-dialects.ts';

/** Perl reads no longer word (measured: `Identifier too long`). */
const longestWord = 252;

/** Longest `\x{…}` that is read; Perl's largest character needs sixteen digits. */
const maxHexDigits = 16;

/** One-letter escapes that Data::Dumper's qquote writes (Useqq, and the pure-Perl writer for wide strings). */
const letterEscapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  b: '\b',
  a: '\x07',
  e: '\x1b',
  '\\': '\\',
  '"': '"',
  $: '$',
  '@': '@',
};

/** A string literal: its text, or null where JavaScript has no such text (surrogates, beyond U+10FFFF). */
export type ScannedText = string | null;

/**
 * A cursor over the bytes of a session, one character per byte, that knows Perl's literals and nothing of structure.
 * Everything here is a hand-written loop: a regular expression could backtrack on hostile input.
 */
export class Scanner {
  readonly source: string;
  readonly dialect: Dialect;
  /** What paths begin with, `$D`. */
  variable: string;
  /** The same variable in Perl while it evaluates the value. */
  readonly unset = new Unset();
  /** Whether the value holds a path. */
  hasAliases = false;
  #position = 0;

  constructor(bytes: Buffer, dialect: Dialect = dialect420) {
    this.source = bytes.toString('latin1');
    this.dialect = dialect;
    this.variable = dialect.variable ?? '';
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.source.length;
  }

  /** Says where and why; never what stands there, which may be somebody's secret. */
  fail(reason: string, at = this.#position): never {
    throw new Problem('SESSION_UNREADABLE', `Data::Dumper session, byte ${at}: ${reason}`);
  }

  peek(): string {
    return this.source.charAt(this.#position);
  }

  looksAt(literal: string): boolean {
    return this.source.startsWith(literal, this.#position);
  }

  /** Steps over `literal` if it stands here. */
  take(literal: string): boolean {
    if (!this.looksAt(literal)) return false;
    this.#position += literal.length;
    return true;
  }

  expect(literal: string): void {
    if (!this.take(literal)) this.fail(`expected ${literal}`);
  }

  /** Steps over blanks and ends of lines, where the dialect has them. */
  blanks(): void {
    if (this.dialect.blanks)
      this.takeWhile((code) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09);
  }

  /** `$D`, not `$Data`. */
  looksAtVariable(): boolean {
    if (this.variable === '' || !this.looksAt(this.variable)) return false;
    return !isWord(this.source.charCodeAt(this.#position + this.variable.length));
  }

  /** `$VAR1`. */
  name(): string {
    this.expect('$');
    const name = this.takeWhile(isWord);
    if (name === '' || isDigit(name.charCodeAt(0))) this.fail('a variable was expected');
    return `$${name}`;
  }

  /** Steps over every character whose code `wanted` accepts, and returns them. */
  takeWhile(wanted: (code: number) => boolean): string {
    const start = this.#position;
    while (this.#position < this.source.length && wanted(this.source.charCodeAt(this.#position))) {
      this.#position += 1;
    }
    return this.source.slice(start, this.#position);
  }

  /** `'…'`: only `\\` and `\'` are escapes, because the writer escapes every backslash; all other bytes are raw. */
  singleQuoted(): string {
    this.expect("'");
    const start = this.#position;
    let escaped = false;
    for (let at = start; at < this.source.length; at += 1) {
      const code = this.source.charCodeAt(at);
      if (code === 0x27) {
        this.#position = at + 1;
        const raw = this.source.slice(start, at);
        return escaped ? raw.replaceAll(/\\([\\'])/g, '$1') : raw;
      }
      if (code !== 0x5c) continue;
      at += 1;
      const next = this.source.charCodeAt(at);
      if (next !== 0x27 && next !== 0x5c)
        this.fail("a backslash in '…' must escape a backslash or a quote", at);
      escaped = true;
    }
    return this.fail('a string has no end', start - 1);
  }

  /** `"…"`: the escapes of Dumper's qquote. A bare `$` or `@` would interpolate in Perl, so it is refused. */
  doubleQuoted(): ScannedText {
    const opening = this.#position;
    this.expect('"');
    const pieces: string[] = [];
    let representable = true;
    for (;;) {
      pieces.push(this.takeWhile((code) => code !== 0x22 && code !== 0x5c && code !== 0x24 && code !== 0x40));
      if (this.take('"')) return representable ? pieces.join('') : null;
      if (this.atEnd) this.fail('a string has no end', opening);
      if (!this.take('\\')) this.fail('an unescaped $ or @ in "…"');
      const character = this.#escape();
      if (character === null) representable = false;
      else pieces.push(character);
    }
  }

  /** A whole number in decimal: to Perl a leading zero would mean octal. */
  integer(otherwise: string): string {
    const start = this.#position;
    const minus = this.take('-') ? '-' : '';
    const digits = this.takeWhile(isDigit);
    if (digits === '') this.fail(otherwise, start);
    if (digits.startsWith('0') && (digits.length > 1 || minus !== '')) this.fail('a leading zero', start);
    return minus + digits;
  }

  /** A hash key, quoted; older pure-Perl writers leave the quotes of small whole numbers away. */
  key(): string {
    const start = this.#position;
    switch (this.peek()) {
      case "'":
        return this.singleQuoted();
      case '"':
        return this.doubleQuoted() ?? this.fail('a hash key that is not Unicode text', start);
      default:
        if (
          this.dialect.bareKeys &&
          isWord(this.source.charCodeAt(start)) &&
          !isDigit(this.source.charCodeAt(start))
        )
          return this.#bareKey();
        return this.integer('a hash key was expected');
    }
  }

  /** `user`, `My::key`. */
  #bareKey(): string {
    const start = this.#position;
    do this.takeWhile(isWord);
    while (this.take('::'));
    const word = this.source.slice(start, this.#position);
    if (word.length > longestWord) this.fail('a hash key that is too long for Perl without quotes', start);
    if (word.endsWith(':')) this.fail('a hash key was expected', start);
    return word;
  }

  #escape(): ScannedText {
    if (this.take('x{')) return this.#hexEscape();
    const octal = this.#octalEscape();
    if (octal !== null) return octal;
    const letter = this.peek();
    const character = Object.hasOwn(letterEscapes, letter) ? letterEscapes[letter] : undefined;
    if (character === undefined) this.fail('an escape that Data::Dumper does not write');
    this.#position += 1;
    return character;
  }

  #hexEscape(): ScannedText {
    const digits = this.takeWhile(isHexDigit);
    if (digits.length === 0 || digits.length > maxHexDigits) this.fail('a malformed \\x{…}');
    this.expect('}');
    const code = Number.parseInt(digits, 16);
    // Perl allows both; two halves of a pair stay two characters there, so they must not become one here.
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    return String.fromCodePoint(code);
  }

  #octalEscape(): string | null {
    let digits = '';
    while (digits.length < 3 && isOctalDigit(this.source.charCodeAt(this.#position))) {
      digits += this.peek();
      this.#position += 1;
    }
    return digits === '' ? null : String.fromCharCode(Number.parseInt(digits, 8));
  }
}

/** `0`–`9`. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A letter, digit or `_`. */
function isWord(code: number): boolean {
  return isDigit(code) || isLowerCase(code) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

/** `a`–`z`. */
export function isLowerCase(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isOctalDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x37;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}
