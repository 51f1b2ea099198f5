import { isCollection, isNode, isPair, isScalar, type Node, type YAMLMap } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { type Span, spanOf } from './desk.ts';

/** A stretch of the text and what takes its place. */
export interface Splice extends Span {
  readonly word: string;
  /** Set where a word becomes a map or the other way round: a comment behind it then moves along. */
  readonly movesComment?: true;
}

/**
 * Puts words in the place of stretches. A comment behind one stays in its column, as far as there is room; one that
 * follows its value after a single blank, in no column with its neighbours, goes on doing so.
 */
export function spliceAll(text: string, splices: readonly Splice[]): string {
  let result = '';
  let at = 0;
  for (const { from, to, word, movesComment } of splices.toSorted((one, other) => one.from - other.from)) {
    const blanks = /^( +)(?=#)/.exec(text.slice(to, to + 500))?.[1]?.length ?? 0;
    const isInColumn = blanks > 1 || (blanks === 1 && hasNeighbour(text, to + blanks));
    const left = blanks - (word.length - (to - from));
    const inColumn = isInColumn && left > 0 ? left : Math.min(blanks, 2);
    const kept = movesComment === true ? blanks : inColumn;
    result += text.slice(at, from) + word + ' '.repeat(kept);
    at = to + blanks;
  }
  return result + text.slice(at);
}

/** The stretch of a value that is written on one line. Throws a Mistake [not-editable] for any other. */
export function oneLine(text: string, node: Node | null, what: string): Span {
  const span = node === null ? { from: 0, to: 0 } : spanOf(node);
  if (span.from < span.to && !/[\r\n]/.test(text.slice(span.from, span.to))) return span;
  throw new Mistake('not-editable', `${what} is not written on one line`, 'write it on one line first');
}

/** Gives a key of a map a value: in place of its old one, or added at the map's own indentation. */
export function putKey(text: string, map: YAMLMap, key: string, value: string): string {
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair !== undefined)
    return spliceAll(text, [{ ...oneLine(text, pair.value as Node | null, `"${key}"`), word: value }]);
  return map.flow === true
    ? putInBraces(text, map, `${key}: ${value}`)
    : putLine(text, map, `${key}: ${value}`);
}

/** Takes a key and its value, with the comments in it, out of a map. */
export function dropKey(text: string, map: YAMLMap, key: string): string {
  const at = map.items.findIndex((item) => isScalar(item.key) && item.key.value === key);
  const spans = map.items.map((item) => ({
    from: spanOf(item.key as Node).from,
    to: endOf(text, (item.value ?? item.key) as Node),
  }));
  const span = spans[at];
  if (span === undefined) return text;
  if (map.flow !== true)
    return text.slice(0, lineStart(text, span.from)) + text.slice(lineEnd(text, span.to));
  const from = spans[at - 1]?.to ?? span.from;
  const to = at > 0 ? span.to : (spans[at + 1]?.from ?? span.to);
  if (text.slice(from, to).includes('#'))
    throw new Mistake('not-editable', `"${key}" has a comment inside { }`, 'edit the file by hand');
  return text.slice(0, from) + text.slice(to);
}

function putInBraces(text: string, map: YAMLMap, pair: string): string {
  const last = map.items.at(-1);
  if (last !== undefined) {
    const end = endOf(text, (last.value ?? last.key) as Node);
    return `${text.slice(0, end)}, ${pair}${text.slice(end)}`;
  }
  const { from, to } = spanOf(map);
  return `${text.slice(0, from)}{ ${pair} }${text.slice(to)}`;
}

/** Below the last key whose value is on its own line: there no comment and no longer value can be torn apart. */
function putLine(text: string, map: YAMLMap, pair: string): string {
  const isShort = (item: YAMLMap['items'][number]): boolean => {
    const { from } = spanOf(item.key as Node);
    return item.value !== null && !/[\r\n]/.test(text.slice(from, endOf(text, item.value as Node)));
  };
  const anchor = map.items.findLast(isShort);
  if (anchor === undefined)
    throw new Mistake('not-editable', 'there is no line to put it under', 'edit the file by hand');
  const { from } = spanOf(anchor.key as Node);
  const indent = text.slice(lineStart(text, from), from);
  const end = lineEnd(text, endOf(text, anchor.value as Node));
  const eol = /\r\n/.test(text) ? '\r\n' : '\n';
  const isLast = !text.slice(0, end).endsWith('\n');
  const line = isLast ? `${eol}${indent}${pair}` : `${indent}${pair}${eol}`;
  return text.slice(0, end) + line + text.slice(end);
}

/** Where the text of a node ends. The range of a map or a list on several lines also takes in what comes after it. */
function endOf(text: string, node: Node): number {
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1);
    const inner = isPair(last) ? (last.value ?? last.key) : last;
    if (isNode(inner)) return endOf(text, inner);
  }
  const { from, to } = spanOf(node);
  return from + text.slice(from, to).trimEnd().length;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the next line begins, or the end of the text. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** Whether the line above or below has a comment in the same column as this one. */
function hasNeighbour(text: string, commentAt: number): boolean {
  const start = lineStart(text, commentAt);
  const above = start === 0 ? '' : text.slice(lineStart(text, start - 1), start);
  const next = lineEnd(text, commentAt);
  const below = text.slice(next, lineEnd(text, next));
  const column = commentAt - start;
  return [above, below].some((line) => /\s/.test(line[column - 1] ?? '') && line[column] === '#');
}
