import { isDeepStrictEqual } from 'node:util';
import { Lexer } from 'yaml';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { openForEdit } from './edit-document.ts';
import { alignColumns } from './format-columns.ts';
import { indentByTwo, tidyBlanks } from './format-lines.ts';

/**
 * Lays a text out: two spaces for each level, one blank line at most, no blanks at the ends of lines, and the targets of
 * routes that stand one below the other in one column, as well as the comments behind them. Only blanks and line ends
 * are touched. A step that would change anything else is left out, and so a text can be too odd to be laid out whole.
 * Throws a Mistake [not-editable] for a text that is no YAML.
 */
export function formatText(text: string): string {
  return [tidyBlanks, indentByTwo, alignColumns].reduce((now, step) => {
    const laidOut = step(now, openForEdit(now));
    return saysTheSame(now, laidOut) ? laidOut : now;
  }, text);
}

/** Whether two texts mean the same, with the same words, quotes and comments in the same order. */
function saysTheSame(before: string, after: string): boolean {
  if (!isDeepStrictEqual(wordsOf(before), wordsOf(after))) return false;
  const [old, young] = [before, after].map((text) => orMistake(() => meaningOf(text)));
  return !(young instanceof Mistake) && isDeepStrictEqual(old, young);
}

function meaningOf(text: string): unknown {
  return openForEdit(text).toJS({ mapAsMap: true, maxAliasCount: 0 });
}

/** How far in the lines of a long value begin is no part of it. */
function wordsOf(text: string): string[] {
  return [...new Lexer().lex(text)]
    .map((word) => word.trimEnd().replace(/^[ \t]+/gm, ''))
    .filter((word) => word !== '');
}
