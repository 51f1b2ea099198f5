/** One word, name, text or sign of a statement. */
export interface SqlWord {
  /** `name` is one in backquotes, or behind a point; `text` is in quotes, or a variable. */
  readonly kind: 'word' | 'name' | 'text' | 'sign';
  /** Without its quotes. */
  readonly text: string;
  /** A bare word in upper case; null of all others: a name in backquotes is never a keyword. */
  readonly keyword: string | null;
}

/**
 * The words of a statement as MariaDB takes it apart, without blanks and comments. What stands in executable comments is
 * among them with `hasRun`, and else is not: which is right depends on the version of the server.
 */
export function sqlWords(sql: string, hasRun: boolean): SqlWord[] {
  const words: SqlWord[] = [];
  const add = (kind: SqlWord['kind'], text: string): void => {
    words.push({ kind, text, keyword: kind === 'word' ? text.toUpperCase() : null });
  };
  for (let at = 0; at < sql.length;) {
    const sign = sql[at] as string;
    const past = pastBlank(sql, at, hasRun);
    if (past > at) at = past;
    else if (sign === '`' || sign === "'" || sign === '"') {
      const end = endOfQuoted(sql, at, sign);
      // Of one without an end we see what is in it.
      if (end === -1) at++;
      else {
        const inside = sql.slice(at + 1, end - 1);
        if (sign === '`') add('name', inside.replaceAll('``', '`'));
        else add('text', inside);
        at = end;
      }
    } else {
      const [bare] = matchAt(bareWord, sql, at) ?? matchAt(variable, sql, at) ?? [sign];
      const previous = words.at(-1);
      const isBehindPoint = previous?.kind === 'sign' && previous.text === '.';
      if (bare === sign && !/[\w$\x80-\uffff]/.test(bare)) add('sign', bare);
      else if (sign === '@') add('text', bare);
      else add(isBehindPoint ? 'name' : 'word', bare);
      at += bare.length;
    }
  }
  return words;
}

const bareWord = /[\w$\x80-\uffff]+/y;
const variable = /@+[\w$.\x80-\uffff]+/y;
/** A comment of two dashes needs a blank behind them. */
const lineComment = /(?:#|--(?=[\0-\x20]|$))[^\n]*/y;
const executable = /\/\*M?!\d{0,6}/y;

/** Where what is no word ends that begins here: blanks, a comment, or the marks of one that runs. */
function pastBlank(sql: string, at: number, hasRun: boolean): number {
  const code = sql.charCodeAt(at);
  if (code <= 32) return at + 1;
  if (code === 35 || code === 45) return at + (matchAt(lineComment, sql, at)?.[0].length ?? 0);
  if (code === 47 && sql[at + 1] === '*') {
    const opening = matchAt(executable, sql, at)?.[0].length ?? 0;
    if (hasRun && opening > 0) return at + opening;
    const close = sql.indexOf('*/', at + 2);
    return close === -1 ? sql.length : close + 2;
  }
  return code === 42 && hasRun && sql[at + 1] === '/' ? at + 2 : at;
}

/** Behind the closing quote, or -1. By hand: a regular expression runs out of stack in a megabyte of escapes. */
function endOfQuoted(sql: string, from: number, quote: string): number {
  for (let at = from + 1; at < sql.length; at++) {
    if (sql[at] === '\\' && quote !== '`') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return -1;
}

function matchAt(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}
