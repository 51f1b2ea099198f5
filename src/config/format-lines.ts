import { type Document, isCollection, isMap, isPair, isSeq, type Node, visit } from 'yaml';
import { spanOf } from './desk.ts';

/** The lines of a text with what ends each; the last one may have no end. */
export function linesOf(text: string): { readonly text: string; readonly end: string }[] {
  return [...text.matchAll(/([^\n]*?)(\r?\n|$)/gy)]
    .map(([, line = '', end = '']) => ({ text: line, end }))
    .filter(({ text: line, end }) => line !== '' || end !== '');
}

/** The numbers, from 0, of lines that belong to a value on several lines: nothing of them may be moved. */
function linesOfLongValues(text: string, document: Document.Parsed): Set<number> {
  const found = new Set<number>();
  const lineAt = lineCounter(text);
  visit(document, {
    Node: (_, node) => {
      if (isCollection(node) && node.flow !== true) return;
      const { from, to } = spanOf(node);
      const last = lineAt(Math.max(from, to - 1));
      const first = lineAt(from);
      for (let line = first; line <= last && last > first; line++) found.add(line);
    },
  });
  return found;
}

/** Takes the blanks off the ends of lines, and all but one of several blank lines; ends the text with a line end. */
export function tidyBlanks(text: string, document: Document.Parsed): string {
  const lines = linesOf(text);
  const kept = linesOfLongValues(text, document);
  const eol = lines[0]?.end || '\n';
  const isBlank = (at: number): boolean => !kept.has(at) && /^[\uFEFF]?[ \t]*$/.test(lines[at]?.text ?? '');
  const lastOne = lines.findLastIndex((_, at) => !isBlank(at));
  return lines
    .map(({ text: line, end }, at) => {
      if (kept.has(at)) return line + (end || eol);
      const isSpare = isBlank(at) && (at > lastOne || at === 0 || isBlank(at - 1));
      return isSpare ? (/^\uFEFF/.exec(line)?.[0] ?? '') : line.trimEnd() + (end || eol);
    })
    .join('');
}

/**
 * Begins every line of a map or a list two spaces further in than what it belongs to. The other lines of a value on
 * several lines move as far as its first one.
 */
export function indentByTwo(text: string, document: Document.Parsed): string {
  const lines = linesOf(text);
  const kept = linesOfLongValues(text, document);
  const wanted = levelsOf(text, document);
  const moves = lines.map(({ text: line }, at) =>
    wanted.has(at) ? 2 * (wanted.get(at) ?? 0) - indentOf(line) : 0,
  );
  let move = 0;
  return lines
    .map(({ text: line, end }, at) => {
      const isComment = line.trimStart().startsWith('#') && !kept.has(at);
      if (!kept.has(at) || wanted.has(at)) move = moves[at] ?? 0;
      const by = isComment ? (moves[modelOf(lines, at, wanted) ?? at] ?? 0) : move;
      const indent = indentOf(line);
      return line.trim() === ''
        ? line + end
        : ' '.repeat(Math.max(0, indent + by)) + line.slice(indent) + end;
    })
    .join('');
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

/** The line that a comment stands with: the next one if it is as far in, else the last one that was and is not over. */
function modelOf(
  lines: readonly { readonly text: string }[],
  at: number,
  content: ReadonlyMap<number, number>,
): number | null {
  const wide = (line: number): number => indentOf(lines[line]?.text ?? '');
  const places = [...content.keys()];
  const next = places.find((line) => line > at);
  if (next !== undefined && wide(next) === wide(at)) return next;
  const before = places.findLast((line) => line < at && wide(line) <= wide(at));
  return before !== undefined && wide(before) === wide(at) ? before : null;
}

/** How deep the maps and lists are whose keys and dashes begin lines. */
function levelsOf(text: string, document: Document.Parsed): Map<number, number> {
  const levels = new Map<number, number>();
  const lineAt = lineCounter(text);
  const note = (node: Node, level: number, dash: boolean): void => {
    const { from } = spanOf(node);
    const line = lineAt(from);
    const isFirst = dash || /^ *$/.test(text.slice(text.lastIndexOf('\n', from - 1) + 1, from));
    if (isFirst && !levels.has(line)) levels.set(line, level);
  };
  const walk = (node: unknown, level: number): void => {
    if (!isCollection(node) || node.flow === true) return;
    for (const item of node.items) {
      if (isMap(node) && isPair(item)) {
        note(item.key as Node, level, false);
        walk(item.value, level + 1);
      } else if (isSeq(node)) {
        note(item as Node, level, true);
        walk(item, level + 1);
      }
    }
  };
  walk(document.contents, 0);
  return levels;
}

/** The line of an offset, from 0. */
function lineCounter(text: string): (at: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (at) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? Infinity) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}
