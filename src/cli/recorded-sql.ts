import mysql, { type SqlValue } from 'mysql2';
import type { Rehearsed } from '../porting/rehearsal.ts';
import { maskedSql, sqlTokens } from './record-mask.ts';

/** A statement as it is shown, and as it is compared. */
interface Seen {
  readonly shown: string;
  readonly key: string;
}

/** What says nothing of what a page does: of connections, transactions and locks. */
const aside =
  /^(?:SET|SHOW|USE|START|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|(?:UN)?LOCK|SELECT (?:GET|RELEASE)_LOCK)\b/i;

/**
 * What a port sent otherwise than legacy had, a line each: `- ` what only legacy sent, `+ ` what only the port did. How
 * each of them writes the same, and what they do to read and keep the session, is no difference.
 */
export function sqlDifferences(
  legacy: readonly string[],
  port: Rehearsed['statements'],
  isOfSession: (sql: string) => boolean,
): string[] {
  const seen = (statements: readonly string[]): Seen[] =>
    statements
      .filter((sql) => !aside.test(sql.trim()) && !isOfSession(sql))
      // What legacy sent is masked by the names of its columns; and once more is no other.
      .map((sql) => maskedSql(sql, { secrets: { ids: [], values: [] }, also: [], isOfSession }))
      .map((sql) => ({ shown: inOneLine(sql), key: keyOf(sql) }));
  const ours = seen(legacy);
  const theirs = seen(port.map(({ sql, values }) => mysql.format(sql, [...values] as SqlValue[])));
  const left = [...theirs];
  const missing = ours.filter(({ key }) => {
    const at = left.findIndex((each) => each.key === key);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  if (missing.length + left.length > 0)
    return [...missing.map(({ shown }) => `- ${shown}`), ...left.map(({ shown }) => `+ ${shown}`)];
  const isSameOrder = ours.every(({ key }, at) => key === theirs[at]?.key);
  return isSameOrder ? [] : ['the same statements, in another order'];
}

/** A statement on one line. */
export function inOneLine(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim();
}

/** Perl puts every value in quotes, a port only texts; and nobody minds blanks, case and backquotes. */
function keyOf(sql: string): string {
  return sqlTokens(sql.replace(/;\s*$/, ''))
    .filter((part) => part.trim() !== '')
    .map((part) => (/^['"]/.test(part) ? part.slice(1, -1) : part.replaceAll('`', '').toLowerCase()))
    .join(' ');
}
