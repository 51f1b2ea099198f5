import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Fence } from '../session/lock.ts';

/** The table of locks, where they are rows (lock-table.ts). It is in the database that the connection is in. */
export const lockTable = 'banyan_locks';

/**
 * What a statement asks in its own WHERE, so that it does nothing where the turn is not held. Only a named lock can be
 * asked for in there (perl.md 0.8); for the others it is TRUE, and `mustHold` is what asks.
 */
export function fenceCondition(fence: Fence): { sql: string; values: (string | number)[] } {
  if (fence.kind !== 'name') return { sql: 'TRUE', values: [] };
  return { sql: 'IS_USED_LOCK(?) = ?', values: [fence.lockName, fence.connectionId] };
}

/**
 * Throws Problem LEASE_LOST where the turn is not held any more. A lock that is a row is held from here to the end of
 * the caller's transaction: whoever would take it over waits for that, or is refused by Galera's certification, for
 * which the row has to change. So it belongs late in a transaction, after the write that it is for, and before COMMIT.
 */
export async function mustHold(connection: Connection, fence: Fence): Promise<void> {
  if (!(await isHeld(connection, fence))) {
    throw new Problem('LEASE_LOST', 'the turn in the session was lost before the port could write');
  }
}

async function isHeld(connection: Connection, fence: Fence): Promise<boolean> {
  switch (fence.kind) {
    case 'name': {
      const { sql, values } = fenceCondition(fence);
      const [rows] = await connection.query<RowDataPacket[]>(`SELECT ${sql} AS held`, values);
      return rows[0]?.['held'] === 1;
    }
    case 'row': {
      const { lockName, owner, token } = fence;
      const sql = `UPDATE ${lockTable} SET writes = writes + 1 WHERE name = ? AND owner = ? AND token = ?`;
      const [result] = await connection.query<ResultSetHeader>(sql, [lockName, owner, token]);
      return result.affectedRows === 1;
    }
    case 'file':
      return true; // whoever can write at all has the file locked
  }
}
