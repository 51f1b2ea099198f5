import { isUtf8 } from 'node:buffer';
import type { Opaque, SessionValue } from '../session/session.ts';

/** What fits beside its key. */
const longestLine = 72;

/**
 * A value of a session for people, in the manner of Perl: strings in quotes, numbers without, `undef`, and of what
 * JavaScript has no value for what it is. Nothing in it can play tricks with a terminal.
 */
export function showValue(value: SessionValue, indent = ''): string {
  if (value === null) return 'undef';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return showText(value);
  if (Array.isArray(value)) {
    return showParts(
      '[',
      value.map((item) => showValue(item, `${indent}  `)),
      ']',
      indent,
    );
  }
  if (isOpaque(value)) return `‹${escaped(value.summary)}›`;
  return showParts('{', showPairs(value, `${indent}  `), '}', indent);
}

function showParts(open: string, parts: readonly string[], close: string, indent: string): string {
  if (parts.length === 0) return open + close;
  const line = `${open} ${parts.join(', ')} ${close}`;
  if (line.length + indent.length <= longestLine && !line.includes('\n')) return line;
  return `${open}\n${parts.map((part) => `${indent}  ${part},\n`).join('')}${indent}${close}`;
}

/** A key as it may stand bare in Perl, else in quotes. */
export function showKey(key: string): string {
  return /^\w+$/.test(key) ? key : showText(key);
}

function showPairs(hash: { [key: string]: SessionValue }, indent: string): string[] {
  return Object.entries(hash).map(([key, value]) => `${showKey(key)} => ${showValue(value, indent)}`);
}

function isOpaque(value: Opaque | { [key: string]: SessionValue }): value is Opaque {
  return 'opaque' in value && value.opaque === true && Object.isFrozen(value);
}

/**
 * A string as Perl has it. Bytes that are UTF-8 are shown as what they mean, and it is said that they are bytes: to Perl
 * those are several characters. Other bytes above ASCII are shown as \xE9.
 */
function showText(text: string): string {
  const isBytes = /[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text);
  const bytes = isBytes ? Buffer.from(text, 'latin1') : null;
  if (bytes !== null && isUtf8(bytes)) return `"${escaped(bytes.toString('utf8'))}" (UTF-8 bytes)`;
  const shown = escaped(text);
  if (bytes === null) return `"${shown}"`;
  return `"${shown.replace(/[\x80-\xff]/g, (byte) => `\\x${hex(byte).padStart(2, '0')}`)}"`;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Quotes, and whatever has no shape or changes the shape of others: control characters, direction marks, halves. */
function escaped(text: string): string {
  return text.replace(/["\\\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = hex(character);
    return short[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\x{${code}}`);
  });
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
}
