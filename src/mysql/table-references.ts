import type { SqlWord } from './sql-words.ts';

/** A table as a statement names it. */
export interface TableName {
  /** Null where it is of the database that the connection is in. */
  readonly schema: string | null;
  readonly name: string;
}

/** A table among those that an UPDATE or DELETE looks at. */
export interface TableReference {
  readonly table: TableName;
  /** What the statement calls it. */
  readonly alias: string;
}

/** The place of the first word that is none of these. */
export function skip(words: readonly SqlWord[], at: number, keywords: ReadonlySet<string>): number {
  while (keywords.has(words[at]?.keyword ?? '')) at++;
  return at;
}

/** Whether a sign stands there. */
export function isSign(words: readonly SqlWord[], at: number, sign: string): boolean {
  const word = words[at];
  return word !== undefined && word.kind === 'sign' && word.text === sign;
}

/** The table that is named there, and where its name ends. Null where no name stands. */
export function tableAt(
  words: readonly SqlWord[],
  at: number,
): { readonly table: TableName; readonly end: number } | null {
  const first = words[at];
  if (first === undefined || first.kind === 'sign') return null; // text in double quotes is a name in ANSI_QUOTES
  const second = words[at + 2];
  if (isSign(words, at + 1, '.') && second !== undefined && second.kind !== 'sign')
    return { table: { schema: first.text, name: second.text }, end: at + 3 };
  return { table: { schema: null, name: first.text }, end: at + 1 };
}

/** The place of the closing bracket of one that opens there, or the end. */
export function closingOf(words: readonly SqlWord[], from: number): number {
  let depth = 0;
  for (let at = from; at < words.length; at++) {
    if (isSign(words, at, '(')) depth++;
    else if (isSign(words, at, ')') && --depth <= 0) return at;
  }
  return words.length;
}

const beginsQuery = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE']);
const beginsTable = new Set(['JOIN', 'STRAIGHT_JOIN']);
/** What comes behind the tables. */
const endsReferences = new Set(['SET', 'WHERE', 'ORDER', 'LIMIT', 'RETURNING']);
const noAlias = new Set(
  [...beginsTable, ...endsReferences].concat(
    'ON USING LEFT RIGHT INNER CROSS NATURAL USE FORCE IGNORE FOR'.split(' '),
  ),
);

/** The tables of `a AS b JOIN (c, db.d) …`, without those of its subqueries, and where that list ends. */
export function tableReferences(
  words: readonly SqlWord[],
  from: number,
): { readonly references: readonly TableReference[]; readonly end: number } {
  const references: TableReference[] = [];
  let isExpected = true;
  let at = from;
  for (; at < words.length; at++) {
    const keyword = words[at]?.keyword ?? '';
    if (endsReferences.has(keyword) || isSign(words, at, ';')) break;
    if (isSign(words, at, '(')) {
      const isNestedJoin = isExpected && !beginsQuery.has(words[at + 1]?.keyword ?? '');
      if (!isNestedJoin) {
        at = closingOf(words, at);
        isExpected = false;
      }
    } else if (isSign(words, at, ',') || beginsTable.has(keyword)) isExpected = true;
    else if (isExpected) {
      const named = tableAt(words, at);
      isExpected = false;
      if (named === null) continue;
      references.push({ table: named.table, alias: aliasAt(words, named.end) ?? named.table.name });
      at = named.end - 1;
    }
  }
  return { references, end: at };
}

function aliasAt(words: readonly SqlWord[], from: number): string | null {
  let at = from;
  if (words[at]?.keyword === 'PARTITION') at = closingOf(words, at + 1) + 1;
  if (words[at]?.keyword === 'AS') at++;
  const word = words[at];
  return word === undefined || word.kind === 'sign' || noAlias.has(word.keyword ?? '') ? null : word.text;
}
