/** What one statement does to which tables. Names are as they are written; `null` stands for one that is computed. */
export interface Sql {
  /** In capitals: `SELECT`, `INSERT`. */
  readonly verb: string;
  readonly reads: readonly (string | null)[];
  readonly writes: readonly (string | null)[];
}

/** In a text of SQL, what Perl puts in. */
export const hole = '\u0000';

const shapes: Readonly<Record<string, RegExp>> = {
  SELECT: /^[\s(]*SELECT\s[^]*\sFROM\b|^[\s(]*SELECT\s+\w+\s*\(/i,
  INSERT: /^\s*INSERT\s+(?:\w+\s+)*?(?:INTO\s+)?[`\w\0]/i,
  REPLACE: /^\s*REPLACE\s+(?:\w+\s+)*?INTO\s+[`\w\0]/i,
  UPDATE: /^\s*UPDATE\s+[`\w\0][^]*?(?:\sSET\s|$)/i,
  DELETE: /^\s*DELETE\s[^]*?\bFROM\s+[`\w\0]/i,
  TRUNCATE: /^\s*TRUNCATE\s+(?:TABLE\s+)?[`\w\0]/i,
  CREATE: /^\s*CREATE\s+(?:TEMPORARY\s+)?TABLE\b/i,
  DROP: /^\s*DROP\s+TABLE\b/i,
  ALTER: /^\s*ALTER\s+TABLE\b/i,
  LOCK: /^\s*LOCK\s+TABLES?\b/i,
  UNLOCK: /^\s*UNLOCK\s+TABLES\b/i,
};

/**
 * The verb of a text that looks like a statement, null of any other. Prose may begin with `Delete from`: where nothing
 * else says that it is SQL, the verb has to be in capitals.
 */
export function verbOf(text: string, isGivenToDatabase: boolean): string | null {
  const word = /^[\s(]*([A-Za-z]+)\s/.exec(text)?.[1] ?? '';
  const verb = word.toUpperCase();
  const shape = Object.hasOwn(shapes, verb) ? shapes[verb] : undefined;
  if (shape?.test(text) !== true) return null;
  return isGivenToDatabase || word === verb ? verb : null;
}

/** The tables that a statement names. */
export function readSql(text: string, verb: string): Sql {
  const words = wordsOf(text);
  const [reads, writes]: [Set<string | null>, Set<string | null>] = [new Set(), new Set()];
  const isRemoval = verb === 'DELETE';
  const brackets: string[] = [];
  let hasTarget = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const upper = word.toUpperCase();
    if (word === '(') brackets.push((words[at - 1] ?? '').toUpperCase());
    else if (word === ')') brackets.pop();
    else if (upper === 'FROM' && !/^(?:EXTRACT|TRIM|SUBSTRING|SUBSTR|MID)$/.test(brackets.at(-1) ?? '')) {
      const into = isRemoval && !hasTarget ? writes : reads;
      hasTarget = true;
      for (const table of tablesAt(words, at + 1)) into.add(table);
    } else if (upper === 'JOIN' || upper === 'STRAIGHT_JOIN') {
      for (const table of tablesAt(words, at + 1).slice(0, 1)) reads.add(table);
    } else if (!hasTarget && isTarget(verb, upper)) {
      const from = pastModifiers(words, at + 1);
      const found = tablesAt(words, from);
      if (found.length === 0) continue;
      hasTarget = true;
      for (const table of found) writes.add(table);
    }
  }
  if (verb === 'LOCK') lockedTables(words, reads, writes);
  return { verb, reads: [...reads], writes: [...writes] };
}

/** The word behind which the table stands that a statement changes. */
function isTarget(verb: string, word: string): boolean {
  if (verb === 'INSERT' || verb === 'REPLACE') return word === 'INTO' || word === verb;
  return ['UPDATE', 'TRUNCATE'].includes(verb)
    ? word === verb
    : ['CREATE', 'DROP', 'ALTER'].includes(verb) && word === 'TABLE';
}

const modifiers = new Set(
  'LOW_PRIORITY DELAYED HIGH_PRIORITY IGNORE QUICK INTO TABLE IF NOT EXISTS ONLY'.split(' '),
);

function pastModifiers(words: readonly string[], from: number): number {
  let at = from;
  while (modifiers.has((words[at] ?? '').toUpperCase())) at++;
  return at;
}

const reserved = new Set(
  (
    'WHERE ON USING LEFT RIGHT INNER OUTER CROSS JOIN STRAIGHT_JOIN NATURAL GROUP ORDER HAVING LIMIT SET UNION FOR LOCK ' +
    'PROCEDURE VALUES VALUE SELECT AS USE FORCE IGNORE READ WRITE INTO FROM PARTITION'
  ).split(' '),
);

/** A list of tables with their aliases: `orders o, order_lines AS l`. */
function tablesAt(words: readonly string[], from: number): (string | null)[] {
  const tables: (string | null)[] = [];
  let at = from;
  for (;;) {
    while (words[at] === '(') at++;
    const word = words[at];
    if (word === undefined || !/^[`\w\0]/.test(word) || reserved.has(word.toUpperCase())) return tables;
    let name = bare(word);
    at++;
    if (words[at] === '.') {
      name = name === null ? null : bare(words[at + 1] ?? '');
      at += 2;
    }
    tables.push(name);
    if ((words[at] ?? '').toUpperCase() === 'AS') at += 2;
    else if (/^[`\w]/.test(words[at] ?? '') && !reserved.has((words[at] as string).toUpperCase())) at++;
    if (words[at] !== ',') return tables;
    at++;
  }
}

function lockedTables(words: readonly string[], reads: Set<string | null>, writes: Set<string | null>): void {
  for (const [at, word] of words.entries()) {
    if (!/^(?:READ|WRITE)$/i.test(word)) continue;
    const start = words.lastIndexOf(',', at);
    (/^READ$/i.test(word) ? reads : writes).add(bare(words[start === -1 ? 2 : start + 1] ?? ''));
  }
}

function bare(word: string): string | null {
  return word.includes(hole) ? null : word.replaceAll('`', '');
}

/** Words, names in backticks and signs; no comments, and of a text in quotes only the quotes. */
function wordsOf(text: string): string[] {
  const bareText = text.replace(/\/\*[^]*?\*\//g, ' ').replace(/(?:--\s|#).*$/gm, ' ');
  return bareText.match(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|[\w\0$]+|\S/g) ?? [];
}
