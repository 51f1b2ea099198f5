import mysql, {
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type ResultSetHeader,
} from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { QueryResult, SessionStore, Transaction } from '../session/store.ts';
import { SessionRows, type SessionTable } from './session-table.ts';

/**
 * Opens transactions on a pool of connections.
 *
 * READ COMMITTED: an old script reads what is committed at each statement, because it runs with AutoCommit, and a port
 * has to see the same; and a SELECT … FOR UPDATE of a session that is not there must not lock the gap, or two new
 * visitors at once deadlock (perl.md 4.1).
 */
export function mysqlStore(options: PoolOptions, where: SessionTable): SessionStore {
  const pool = mysql.createPool({ ...options, connectTimeout: 3_000, waitForConnections: true });
  const rows = new SessionRows(where);
  return {
    begin: async () => {
      const connection = await checkOut(pool);
      return new MysqlTransaction(connection, rows);
    },
    close: () => pool.end(),
  };
}

/** As many idle connections as may have been ended by the server without our having heard of it yet. */
const mostStale = 10;

async function checkOut(pool: Pool): Promise<PoolConnection> {
  for (let stale = 0; ; stale++) {
    let connection: PoolConnection | null = null;
    try {
      connection = await pool.getConnection();
      await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      await connection.query('START TRANSACTION');
      return connection;
    } catch (thrown) {
      connection?.destroy();
      const wasStale = connection !== null && (thrown as { fatal?: unknown }).fatal === true;
      if (wasStale && stale < mostStale) continue; // nothing was begun on it
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Problem('DATABASE_DOWN', `no transaction could be begun: ${reason}`, thrown);
    }
  }
}

class MysqlTransaction implements Transaction {
  readonly #connection: PoolConnection;
  readonly #rows: SessionRows;

  constructor(connection: PoolConnection, rows: SessionRows) {
    this.#connection = connection;
    this.#rows = rows;
  }

  loadSession(id: string, forUpdate: boolean): Promise<Buffer | null> {
    return this.#rows.read(this.#connection, id, forUpdate);
  }

  addSession(id: string, bytes: Buffer): Promise<void> {
    return this.#rows.insert(this.#connection, id, bytes);
  }

  saveSession(id: string, bytes: Buffer, fence: Parameters<Transaction['saveSession']>[2]): Promise<void> {
    return this.#rows.update(this.#connection, id, bytes, fence);
  }

  removeSession(id: string): Promise<void> {
    return this.#rows.remove(this.#connection, id);
  }

  async query(sql: string, values: readonly unknown[]): Promise<QueryResult> {
    values.forEach(refuseObject);
    const [result] = await this.#connection.query(sql, [...values]);
    if (Array.isArray(result)) {
      return { rows: result as Record<string, unknown>[], affectedRows: 0, insertId: 0 };
    }
    const { affectedRows, insertId } = result as ResultSetHeader;
    return { rows: [], affectedRows, insertId };
  }

  async commit(): Promise<void> {
    try {
      await this.#connection.query('COMMIT');
      this.#connection.release();
    } catch (thrown) {
      this.#connection.destroy();
      throw thrown;
    }
  }

  async rollBack(): Promise<void> {
    try {
      await this.#connection.query('ROLLBACK');
      this.#connection.release();
    } catch {
      this.#connection.destroy();
    }
  }
}

/** mysql2 writes an object as `a = 1, b = 2`: whoever passes on what a client sent as JSON would be passing on SQL. */
function refuseObject(value: unknown): void {
  if (Array.isArray(value)) value.forEach(refuseObject);
  else if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Date) &&
    !Buffer.isBuffer(value)
  ) {
    throw new TypeError(
      'a value of a statement must be a string, number, Buffer, Date, null, or a list of such',
    );
  }
}
