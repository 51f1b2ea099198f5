import type { Params } from '../exchange/params.ts';
import { unescapeBytes } from '../exchange/unescape.ts';
import { Mistake } from './mistake.ts';

/** One parameter that a key asks for. Bytes, one character each, as CGI.pm reads them. */
export interface KeyParam {
  readonly name: string;
  /** What its first value must be, or null where any will do. */
  readonly value: string | null;
}

/** More of them would make a key that nobody can hold in the head. */
const mostParams = 8;

/**
 * Reads what stands behind the `?` of a key, sorted by name. Written as in a URL: `%XX` is a byte, `+` a space.
 * Throws a Mistake [bad-parameter].
 */
export function parseKeyParams(text: string, key: string): KeyParam[] {
  const params = text.split('&').map((part) => parseOne(part, key));
  const twice = params.find(({ name }, at) => params.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) {
    throw new Mistake(
      'bad-parameter',
      `"${key}" names "${shown(twice.name)}" twice`,
      'its first value is what counts; name it once',
    );
  }
  if (params.length > mostParams) {
    throw new Mistake(
      'bad-parameter',
      `"${key}" asks for more than ${mostParams} parameters`,
      'name those that tell requests apart',
    );
  }
  return params.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a request has what a key asks for. The table does this faster for many keys at once. */
export function paramsMatch(asked: readonly KeyParam[], params: Params): boolean {
  return asked.every(({ name, value }) => {
    const found = params.get(name);
    return found !== null && (value === null || value === found);
  });
}

/** Negative when `a` is more specific: it asks for more parameters, or for more of them by value. */
export function compareKeyParams(a: readonly KeyParam[], b: readonly KeyParam[]): number {
  return b.length - a.length || valued(b) - valued(a);
}

/** Whether some request can have what both keys ask for. */
export function paramsOverlap(a: readonly KeyParam[], b: readonly KeyParam[]): boolean {
  return a.every(({ name, value }) => {
    const other = b.find((each) => each.name === name);
    return other === undefined || other.value === null || value === null || other.value === value;
  });
}

/** `2 parameters`, for sentences. */
export function countParams(params: readonly KeyParam[]): string {
  return params.length === 1 ? '1 parameter' : `${params.length} parameters`;
}

function valued(params: readonly KeyParam[]): number {
  return params.filter(({ value }) => value !== null).length;
}

function parseOne(part: string, key: string): KeyParam {
  const help = 'write ?name=value, or ?name for any value; more of them with & between';
  if (part === '' || part.startsWith('='))
    throw new Mistake('bad-parameter', `a parameter of "${key}" has no name`, help);
  if (part.includes(';')) {
    throw new Mistake(
      'bad-parameter',
      `";" stands among the parameters of "${key}"`,
      'write & between parameters, and %3B for a semicolon; a request may use either',
    );
  }
  if (/[\s\p{Cc}#?]/u.test(part)) {
    throw new Mistake(
      'bad-parameter',
      `a parameter of "${key}" holds a space, # or ?`,
      'write %20, %23 or %3F',
    );
  }
  const equals = part.indexOf('=');
  const name = readBytes(equals === -1 ? part : part.slice(0, equals));
  if (name === '.submit' || name === '.cgifields' || name === '.defaults') {
    throw new Mistake(
      'bad-parameter',
      `no script ever sees the parameter "${name}"`,
      'CGI.pm keeps it for itself',
    );
  }
  return { name, value: equals === -1 ? null : readBytes(part.slice(equals + 1)) };
}

function readBytes(text: string): string {
  return unescapeBytes(Buffer.from(text, 'utf8').toString('latin1'));
}

function shown(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
