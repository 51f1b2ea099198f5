import { closedAt } from './delimited.ts';
import type { Piece, Token } from './token.ts';

/** Reads a part of the text as code. */
export type ReadCode = (from: number, to: number) => readonly Token[];

/**
 * Takes a double-quoted literal apart, as Perl does: `$x`, `$x->{a}[0]`, `@x`, `@{[ code ]}`, `${\ code }`. In a pattern
 * escapes stay as they are, and a `$` that ends something is no variable.
 */
export function interpolate(
  source: string,
  from: number,
  to: number,
  isPattern: boolean,
  readCode: ReadCode,
): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let at = from;
  while (at < to) {
    const character = source.charAt(at);
    if (character === '\\') {
      const [meant, end] = isPattern ? [source.slice(at, at + 2), at + 2] : escapeAt(source, at, to);
      text += meant;
      at = end;
      continue;
    }
    const end = character === '$' || character === '@' ? expressionEnd(source, at, to, isPattern) : at;
    const code = end === at ? [] : readCode(at, end);
    if (code.length === 0) {
      text += character;
      at++;
      continue;
    }
    if (text !== '') pieces.push(text);
    text = '';
    pieces.push(code);
    at = end;
  }
  if (text !== '' || pieces.length === 0) pieces.push(text);
  return pieces;
}

const letters: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  b: '\b',
  a: '\x07',
  e: '\x1b',
  // These change the case or the quoting of what follows, and stand for nothing themselves.
  L: '',
  U: '',
  E: '',
  Q: '',
  l: '',
  u: '',
};

/** What an escape stands for, and where it ends. */
function escapeAt(source: string, at: number, to: number): [string, number] {
  const shape = /\\(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{1,2})|([0-7]{1,3}))/y;
  shape.lastIndex = at;
  const found = shape.exec(source);
  if (found !== null && shape.lastIndex <= to) {
    const code = Number.parseInt(found[1] ?? found[2] ?? found[3] ?? '0', found[3] === undefined ? 16 : 8);
    return [code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd', shape.lastIndex];
  }
  const letter = source.charAt(at + 1);
  return [Object.hasOwn(letters, letter) ? (letters[letter] as string) : letter, Math.min(at + 2, to)];
}

const name = /(?:::)?[A-Za-z_]\w*(?:::\w+)*|\d+/y;

/** Where the expression ends that begins with this `$` or `@`; its own place where it is a plain character. */
function expressionEnd(source: string, at: number, to: number, isPattern: boolean): number {
  let end = at + 1;
  if (source[end] === '#' && /[{$\w]/.test(source.charAt(end + 1))) end++;
  while (source[end] === '$' && /[\w{$:]/.test(source.charAt(end + 1))) end++;
  if (source[end] === '{') {
    const close = closedAt(source, end, to);
    if (close === -1) return at;
    end = close + 1;
  } else {
    name.lastIndex = end;
    const found = name.exec(source);
    if (found === null || name.lastIndex > to || (source[at] === '@' && /^\d/.test(found[0]))) return at;
    end = name.lastIndex;
  }
  for (;;) {
    const open = source.startsWith('->', end) ? end + 2 : end;
    if (open >= to || !isSubscript(source, open, isPattern)) return end;
    const close = closedAt(source, open, to);
    if (close === -1) return end;
    end = close + 1;
  }
}

/** `[` and `{` behind a variable are subscripts, unless they look like a class or a count of a pattern. */
function isSubscript(source: string, open: number, isPattern: boolean): boolean {
  const rest = source.slice(open, open + 40);
  if (rest.startsWith('[')) return /^\[(?:-?\d+\]|\s*\$[\w#${])/.test(rest);
  return rest.startsWith('{') && !(isPattern && /^\{\d+(?:,\d*)?\}/.test(rest));
}
