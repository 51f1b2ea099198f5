import { type Document, isMap, isScalar, type Node } from 'yaml';
import { spanOf } from './desk.ts';
import { linesOf } from './format-lines.ts';

/** A route that is written on one line, taken apart. */
interface Row {
  /** Its line, from 0. */
  readonly line: number;
  /** The indentation, the key and the colon. */
  readonly key: string;
  readonly value: string;
  /** With its `#`; empty where there is none. */
  readonly comment: string;
}

/** What is longer does not move all the others: it stands by itself. */
const longest = 40;

/** Puts the targets of routes that stand directly below each other in one column, and the comments behind them. */
export function alignColumns(text: string, document: Document.Parsed): string {
  const lines = linesOf(text);
  const rows = rowsOf(lines, text, document);
  const laidOut = new Map(
    blocksOf(rows).flatMap((block) => block.map((row) => [row.line, layOut(row, block)])),
  );
  return lines.map((line, at) => (laidOut.get(at) ?? line.text) + line.end).join('');
}

function layOut(row: Row, block: readonly Row[]): string {
  const valueColumn = widest(block.map(({ key }) => key.length)) + 1;
  const begin = (each: Row): string => `${each.key.padEnd(valueColumn - 1)} ${each.value}`;
  if (row.comment === '') return begin(row);
  const ends = block
    .filter(({ comment, value }) => comment !== '' && value.length <= longest)
    .map((each) => begin(each).length);
  return `${begin(row).padEnd(Math.max(0, ...ends))}  ${row.comment}`;
}

function widest(lengths: readonly number[]): number {
  return Math.max(0, ...lengths.filter((length) => length <= longest));
}

function blocksOf(rows: readonly Row[]): Row[][] {
  const blocks: Row[][] = [];
  for (const row of rows) {
    const last = blocks.at(-1);
    if (last?.at(-1)?.line === row.line - 1) last.push(row);
    else blocks.push([row]);
  }
  return blocks;
}

function rowsOf(lines: readonly { readonly text: string }[], text: string, document: Document.Parsed): Row[] {
  const routes = document.get('routes', true);
  if (!isMap(routes) || routes.flow === true) return [];
  let [line, start] = [0, 0];
  return routes.items.flatMap(({ key, value }): Row[] => {
    const isOne = isScalar(key) && (isScalar(value) || (isMap(value) && value.flow === true));
    if (!isOne) return [];
    const [at, node] = [spanOf(key), spanOf(value as Node)];
    for (let end = text.indexOf('\n', start); end >= 0 && end < at.from; end = text.indexOf('\n', start))
      [line, start] = [line + 1, end + 1];
    const source = lines[line]?.text ?? '';
    const head = source.slice(0, at.to - start);
    const between = source.slice(at.to - start, node.from - start);
    const comment = /^[ \t]+(#.*)$|^$/.exec(source.slice(node.to - start));
    const isPlain = /^ +\S/.test(head) && /^:[ \t]+$/.test(between) && node.to - start <= source.length;
    if (!isPlain || comment === null || node.from === node.to) return [];
    return [
      {
        line,
        key: `${head}:`,
        value: source.slice(node.from - start, node.to - start),
        comment: comment[1] ?? '',
      },
    ];
  });
}
