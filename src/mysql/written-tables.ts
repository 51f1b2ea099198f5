import type { SqlWord } from './sql-words.ts';
import {
  closingOf,
  isSign,
  skip,
  tableAt,
  type TableName,
  tableReferences,
  type TableReference,
} from './table-references.ts';

const beforeInserted = new Set(['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO', 'TABLE']);
const beforeUpdated = new Set(['LOW_PRIORITY', 'IGNORE']);
const beforeDeleted = new Set(['LOW_PRIORITY', 'QUICK', 'IGNORE', 'HISTORY']);
/** Behind these UPDATE and DELETE begin nothing: FOR UPDATE, ON DUPLICATE KEY UPDATE, ON DELETE. */
const noStatement = new Set(['FOR', 'KEY', 'ON']);

/**
 * The tables that something writes, wherever in it the writing begins: behind a WITH, in a block, in a trigger. Where it is
 * not clear which of several tables is written, all of them are.
 */
export function writtenTables(words: readonly SqlWord[]): TableName[] {
  return words.flatMap(({ keyword }, at) => {
    if (keyword === null) return [];
    const before = words[at - 1]?.keyword ?? '';
    switch (keyword) {
      case 'INSERT':
      case 'REPLACE':
        // INSERT(…) and REPLACE(…) are functions.
        return isSign(words, at + 1, '(') ? [] : oneAt(words, skip(words, at + 1, beforeInserted));
      case 'INTO':
        // LOAD DATA … INTO TABLE
        return words[at + 1]?.keyword === 'TABLE' ? oneAt(words, at + 2) : [];
      case 'UPDATE':
        return noStatement.has(before) ? [] : updated(words, skip(words, at + 1, beforeUpdated));
      case 'DELETE':
        return noStatement.has(before) ? [] : deleted(words, at + 1);
      default:
        return [];
    }
  });
}

function oneAt(words: readonly SqlWord[], at: number): TableName[] {
  const named = tableAt(words, at);
  return named === null ? [] : [named.table];
}

/** Of `UPDATE a, b SET a.x = 1` only a is written. */
function updated(words: readonly SqlWord[], at: number): TableName[] {
  const { references, end } = tableReferences(words, at);
  if (words[end]?.keyword !== 'SET') return [];
  const written = new Set<TableReference>();
  for (const qualifier of assignedQualifiers(words, end + 1)) {
    const matching = references.filter(({ alias }) => isAlike(alias, qualifier));
    // A column without the name of its table may be of any.
    for (const each of matching.length > 0 ? matching : references) written.add(each);
  }
  return [...written].map(({ table }) => table);
}

const endsAssignments = new Set(['WHERE', 'ORDER', 'LIMIT', 'RETURNING']);

/** The names of tables before the columns that are set; null for a column alone. */
function assignedQualifiers(words: readonly SqlWord[], from: number): (string | null)[] {
  const qualifiers: (string | null)[] = [];
  let isExpected = true;
  for (let at = from; at < words.length; at++) {
    if (endsAssignments.has(words[at]?.keyword ?? '') || isSign(words, at, ';')) break;
    if (isExpected) {
      let [qualifier, end] = [null as string | null, at];
      for (; isSign(words, end + 1, '.'); end += 2) qualifier = words[end]?.text ?? null;
      qualifiers.push(qualifier);
      [at, isExpected] = [end, false];
    } else if (isSign(words, at, '(')) at = closingOf(words, at);
    else if (isSign(words, at, ',')) isExpected = true;
  }
  return qualifiers;
}

/** `DELETE FROM a`, `DELETE a, b.* FROM …`, `DELETE FROM a, b USING …`: those named first, by their aliases. */
function deleted(words: readonly SqlWord[], from: number): TableName[] {
  let at = from;
  while (
    beforeDeleted.has(words[at]?.keyword ?? '') &&
    !isSign(words, at + 1, '.') &&
    !isSign(words, at + 1, ',')
  )
    at++;
  const isFromFirst = words[at]?.keyword === 'FROM';
  const targets: TableName[] = [];
  for (let isMore = true, next = isFromFirst ? at + 1 : at; isMore; next = at + 1) {
    const named = tableAt(words, next);
    if (named === null) break;
    targets.push(named.table);
    at = isSign(words, named.end, '.') ? named.end + 2 : named.end;
    isMore = isSign(words, at, ',');
  }
  if (words[at]?.keyword !== (isFromFirst ? 'USING' : 'FROM')) return targets;
  const { references } = tableReferences(words, at + 1);
  return targets.map((target) => {
    const same = references.find(({ alias }) => isAlike(alias, target.name));
    return target.schema === null ? (same?.table ?? target) : target;
  });
}

function isAlike(alias: string, other: string | null): boolean {
  return other !== null && alias.toLowerCase() === other.toLowerCase();
}
