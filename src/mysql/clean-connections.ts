import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import { Problem } from '../errors.ts';

/** A connection with a transaction begun, and what the server said to that. */
export interface Begun {
  readonly connection: PoolConnection;
  readonly header: ResultSetHeader;
}

/** As many idle connections as may have been ended by the server without our having heard of it yet. */
const mostStale = 10;

/** Lends connections on which nothing is left of the port before: no variable, no lock, no setting, no transaction. */
export class CleanConnections {
  readonly #pool: Pool;
  readonly #charset: string;
  readonly #prepared = new WeakSet<object>();
  readonly #cleaning = new Set<Promise<void>>();

  constructor(pool: Pool, charset: string) {
    this.#pool = pool;
    this.#charset = charset;
  }

  /** Rejects with Problem DATABASE_DOWN. */
  async begin(): Promise<Begun> {
    for (let stale = 0; ; stale++) {
      let connection: PoolConnection | null = null;
      try {
        connection = await this.#pool.getConnection();
        if (!this.#prepared.has(connection.connection)) await this.#prepare(connection);
        const [header] = await connection.query<ResultSetHeader>('START TRANSACTION');
        return { connection, header };
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
    const cleaning = clean()
      .catch(() => connection.destroy())
      .finally(() => this.#cleaning.delete(cleaning));
    this.#cleaning.add(cleaning);
  }

  /** Ends all connections, once those that are being cleaned are clean. */
  async close(): Promise<void> {
    await Promise.all(this.#cleaning);
    await this.#pool.end();
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
