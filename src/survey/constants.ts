import { insideOf, onlyToken, partsOf, type Range } from './expression.ts';
import { isSign, plainText, type Token } from './token.ts';
import type { Stream } from './unit.ts';

/** A value that stands in the text: a string, a list (a hash is one, of its keys and values), a sub, or something else. */
export type Constant = string | readonly Constant[] | { readonly sub: string } | null;

/** The values of a list as it is written: `('a', 'b')`, `qw(a b)`, `[ 'a', [ 'b' ] ]`; null for each that is computed. */
export function constantsIn(stream: Stream, range: Range): Constant[] {
  return partsOf(stream, range).flatMap((part) => constantsOf(stream, part));
}

function constantsOf(stream: Stream, part: Range): Constant[] {
  const { tokens } = stream;
  const first = tokens[part.from];
  const only = onlyToken(stream, part);
  const inside = insideOf(stream, part.from);
  if (inside !== null && inside.to + 1 === part.to) {
    const list = constantsIn(stream, inside);
    return isSign(first, '(') ? list : [list];
  }
  if (only?.kind === 'words') return only.pieces.map(String);
  const plain = plainText(only ?? undefined);
  if (plain !== null) return [plain];
  const sub = isSign(first, '\\') ? subNamed(tokens[part.from + 1]) : null;
  return [sub !== null && part.to === part.from + 2 ? { sub } : null];
}

function subNamed(token: Token | undefined): string | null {
  return token?.kind === 'variable' && token.text.startsWith('&') ? token.text.slice(1) : null;
}

/** What a constant has at an index or under a key. */
export function elementOf(constant: Constant | undefined, key: string): Constant {
  if (!Array.isArray(constant)) return null;
  const list = constant as readonly Constant[];
  if (/^\d+$/.test(key)) return list[Number(key)] ?? null;
  const at = list.findIndex((each, i) => i % 2 === 0 && each === key);
  return at === -1 ? null : (list[at + 1] ?? null);
}
