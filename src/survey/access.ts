import { insideOf, pastBracket } from './expression.ts';
import { isSign, isWord } from './token.ts';
import type { Stream } from './unit.ts';

/** What happens to a place that something is kept in. */
export type Access = 'read' | 'written' | 'removed';

const assigners = [
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '.=',
  '%=',
  'x=',
  '**=',
  '||=',
  '&&=',
  '//=',
  '|=',
  '&=',
  '^=',
  '<<=',
  '>>=',
];
const changers = ['push', 'unshift', 'pop', 'shift', 'splice'];

/** What is done to the expression from `from` up to `end`: whether something is put there, or taken away. */
export function accessOf(stream: Stream, from: number, end: number): Access {
  const { tokens } = stream;
  let start = from;
  let after = tokens[end];
  // `@{ … }` around it, and the parenthesis of a function around that
  if (isSign(tokens[start - 1], '{') && tokens[start - 2]?.kind === 'cast' && isSign(after, '}')) {
    start -= 2;
    after = tokens[end + 1];
  } else if (tokens[start - 1]?.kind === 'cast') start--;
  const isCast = tokens[start]?.kind === 'cast';
  const word = isSign(tokens[start - 1], '(') ? tokens[start - 2] : tokens[start - 1];
  if (isWord(word, 'delete')) return 'removed';
  if (isCast && isWord(word, ...changers)) return 'written';
  if (after?.kind === 'operator' && assigners.includes(after.text)) return 'written';
  const isCounted = isSign(after, '++', '--') || isSign(tokens[start - 1], '++', '--');
  return isCounted ? 'written' : 'read';
}

/** The place behind all subscripts that follow; `depth` counts them. */
export function pastSubscripts(stream: Stream, from: number): { end: number; depth: number } {
  let [end, depth] = [from, 0];
  for (;;) {
    const open = isSign(stream.tokens[end], '->') ? end + 1 : end;
    if (!isSign(stream.tokens[open], '{', '[') || insideOf(stream, open) === null) return { end, depth };
    end = pastBracket(stream, open);
    depth++;
  }
}
