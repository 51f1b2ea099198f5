import mysql, { type ConnectionOptions } from 'mysql2/promise';
import type { SessionTable } from './session-table.ts';

/** As long as a transaction may take to end that nobody speaks for any more. */
const patienceSeconds = 60;

/**
 * Waits until no transaction holds the row of a session, or the one that is about to be added: of one whose port host has
 * died while it committed nobody knows when the server gets to its COMMIT, and whoever read the session before that
 * would write over it. Rejects never: a server that cannot be asked has nothing pending that it could still do.
 */
export async function untilRowIsFree(
  options: ConnectionOptions,
  { table, idColumn }: SessionTable,
  id: string,
): Promise<void> {
  try {
    const connection = await mysql.createConnection({ ...options, connectTimeout: 3_000 });
    try {
      await connection.query('SET SESSION innodb_lock_wait_timeout = ?', [patienceSeconds]);
      await connection.query('START TRANSACTION');
      await connection.query('SELECT 1 FROM ?? WHERE ?? = ? FOR UPDATE', [table, idColumn, id]);
      await connection.query('ROLLBACK');
    } finally {
      connection.destroy();
    }
  } catch {
    // It is down, and its transactions with it; or the patience is over.
  }
}
