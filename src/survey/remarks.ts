import { shown } from './words.ts';

/** More of them are history. */
const mostLines = 12;

/** What the authors of a script say at its top, in comments: what it is for and how it is called. */
export function remarksOf(text: string): string[] {
  const lines = text.split(/\r?\n/, 60);
  const first = lines[0]?.startsWith('#!') === true ? 1 : 0;
  const end = lines.findIndex((line, at) => at >= first && !/^\s*(?:#|$)/.test(line));
  const remarks = lines
    .slice(first, end === -1 ? lines.length : end)
    .map((line) => line.replace(/^\s*#+ ?/, '').trimEnd())
    .filter((line) => !/\$Id\b|^[-=#*\s]+$|-\*-/.test(line) || line === '');
  const from = remarks.findIndex((line) => line !== '');
  if (from === -1) return [];
  const last = remarks.findLastIndex((line) => line !== '');
  return remarks.slice(from, Math.min(last + 1, from + mostLines)).map(inItsPlace);
}

/** With its indent: usage is often a table. */
function inItsPlace(line: string): string {
  const [indent = ''] = /^ */.exec(line.replaceAll('\t', '        ')) ?? [];
  return indent + shown(line.trimStart());
}
