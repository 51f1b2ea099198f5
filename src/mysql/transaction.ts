import mysql, {
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type ResultSetHeader,
} from 'mysql2/promise';
import { Problem } from '../errors.ts';
import { moduleCalled } from '../perl/modules.ts';
import type { Fence } from '../session/lock.ts';
import type { SessionModule } from '../session/module.ts';
import type { QueryResult, SessionStore, Transaction } from '../session/store.ts';
import { takeOwnLock } from './own-lock.ts';
import { sessionRecords } from './session-rows.ts';
import type { SessionRecords, SessionTable } from './session-table.ts';

/**
 * Opens transactions on a pool of connections.
 *
 * READ COMMITTED: an old script reads what is committed at each statement, because it runs with AutoCommit, and a port
 * has to see the same; and a SELECT … FOR UPDATE of a session that is not there must not lock the gap, or two new
 * visitors at once deadlock (perl.md 4.1).
 */
export function mysqlStore(options: PoolOptions, where: SessionTable): SessionStore {
  const pool = mysql.createPool({ ...options, connectTimeout: 3_000, waitForConnections: true });
  const sessions: Sessions = { records: sessionRecords(where), module: moduleCalled(where.format) };
  const connections = new CleanConnections(pool, where.charset);
  return {
    begin: async () => new MysqlTransaction(await connections.begin(), connections, sessions),
    close: () => pool.end(),
  };
}

/** As many idle connections as may have been ended by the server without our having heard of it yet. */
const mostStale = 10;

/** Lends connections on which nothing is left of the port before: no variable, no lock, no setting, no transaction. */
class CleanConnections {
  readonly #pool: Pool;
  readonly #charset: string;
  readonly #prepared = new WeakSet<object>();

  constructor(pool: Pool, charset: string) {
    this.#pool = pool;
    this.#charset = charset;
  }

  /** A connection with a transaction begun. Rejects with Problem DATABASE_DOWN. */
  async begin(): Promise<PoolConnection> {
    for (let stale = 0; ; stale++) {
      let connection: PoolConnection | null = null;
      try {
        connection = await this.#pool.getConnection();
        if (!this.#prepared.has(connection.connection)) await this.#prepare(connection);
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

  /** Takes a connection back whose transaction is over. Nobody waits for the cleaning but who wants a lock it held. */
  takeBack(connection: PoolConnection): void {
    const clean = async (): Promise<void> => {
      await connection.reset();
      await connection.query(`SET NAMES ${this.#charset}`); // a reset forgets what was agreed at the start
      await this.#prepare(connection);
      connection.release();
    };
    clean().catch(() => connection.destroy());
  }

  /** Ends a connection and, at the server, what still runs on it: its row locks must not wait for a slow statement. */
  async end(connection: PoolConnection): Promise<void> {
    const { threadId } = connection;
    connection.destroy();
    await this.#pool.query('KILL ?', [threadId]).catch(() => undefined); // it may have ended by itself
  }

  async #prepare(connection: PoolConnection): Promise<void> {
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    // mysql2 escapes with backslashes: where they mean nothing, a value with a quote would be SQL (measured).
    await connection.query("SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')");
    this.#prepared.add(connection.connection);
  }
}

/** InnoDB has undone the whole transaction, and the next statement would be outside of any. */
const deadlock = 1213;
/** What would end the transaction behind our back (MariaDB: "SQL statements causing an implicit commit"). */
const endsTransaction =
  /^\s*(?:commit|rollback(?!\s+to)|start|begin|set\s+autocommit|create|alter|drop|truncate|rename|(?:un)?lock\s+tables|grant|revoke)\b/i;

/** How the sessions of this table are read, written and locked. */
interface Sessions {
  readonly records: SessionRecords;
  readonly module: SessionModule;
}

class MysqlTransaction implements Transaction {
  readonly #connection: PoolConnection;
  readonly #connections: CleanConnections;
  readonly #sessions: Sessions;
  /** What was loaded, by id: it is changed only where it still is that. */
  readonly #loaded = new Map<string, Buffer>();
  /** Why no statement may be sent any more, or null: by now the connection may be somebody else's. */
  #over: string | null = null;
  #running = 0;

  constructor(connection: PoolConnection, connections: CleanConnections, sessions: Sessions) {
    this.#connection = connection;
    this.#connections = connections;
    this.#sessions = sessions;
  }

  loadSession(id: string, forUpdate: boolean): Promise<Buffer | null> {
    return this.#run(async () => {
      const lockName = forUpdate ? this.#sessions.module.ownLockName(id) : null;
      if (lockName !== null) await takeOwnLock(this.#connection, lockName);
      const bytes = await this.#sessions.records.read(this.#connection, id, forUpdate);
      if (bytes !== null) this.#loaded.set(id, bytes);
      return bytes;
    });
  }

  addSession(id: string, bytes: Buffer): Promise<void> {
    return this.#run(() => this.#sessions.records.insert(this.#connection, id, bytes));
  }

  saveSession(id: string, bytes: Buffer, fence: Fence): Promise<void> {
    return this.#run(async () => {
      const change = { read: this.#whatWasLoaded(id), bytes };
      await this.#sessions.records.update(this.#connection, id, change, fence);
      this.#loaded.set(id, bytes);
    });
  }

  removeSession(id: string, fence: Fence): Promise<void> {
    return this.#run(() =>
      this.#sessions.records.remove(this.#connection, id, this.#whatWasLoaded(id), fence),
    );
  }

  #whatWasLoaded(id: string): Buffer {
    const bytes = this.#loaded.get(id);
    if (bytes === undefined) throw new TypeError('a session is changed only by who has loaded it');
    return bytes;
  }

  async query(sql: string, values: readonly unknown[]): Promise<QueryResult> {
    if (endsTransaction.test(sql))
      throw new TypeError('a port may not send a statement that ends its transaction');
    values.forEach(refuseObject);
    const [result] = await this.#run(() => this.#connection.query(sql, [...values]));
    if (Array.isArray(result)) {
      return { rows: result as Record<string, unknown>[], affectedRows: 0, insertId: 0 };
    }
    const { affectedRows, insertId } = result as ResultSetHeader;
    return { rows: [], affectedRows, insertId };
  }

  mustBeOpen(): void {
    if (this.#over !== null) throw new Problem('PORT_FAILED', this.#over);
    if (this.#running > 0)
      throw new Problem('PORT_FAILED', 'the port answered before all its statements had');
  }

  async commit(): Promise<void> {
    this.mustBeOpen();
    this.#over = 'the transaction is over: it was committed';
    try {
      await this.#connection.query('COMMIT');
      this.#connections.takeBack(this.#connection);
    } catch (thrown) {
      this.#connection.destroy();
      throw thrown;
    }
  }

  async rollBack(): Promise<void> {
    this.#over ??= 'the transaction is over: it was rolled back';
    // ROLLBACK would wait behind a statement that still runs; the end of the connection does not.
    if (this.#running > 0) return this.#connections.end(this.#connection);
    try {
      await this.#connection.query('ROLLBACK');
      this.#connections.takeBack(this.#connection);
    } catch {
      this.#connection.destroy();
    }
  }

  async #run<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#over !== null) throw new Problem('PORT_FAILED', this.#over);
    this.#running++;
    try {
      return await statement();
    } catch (thrown) {
      if ((thrown as { errno?: unknown }).errno === deadlock) {
        this.#over = 'the server has undone the transaction to end a deadlock';
      }
      throw thrown;
    } finally {
      this.#running--;
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
