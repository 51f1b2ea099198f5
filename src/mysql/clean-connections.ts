import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import { Problem } from '../errors.ts';

/** A connection with a transaction begun, and what the server said to that. */
export interface Begun {
  readonly connection: PoolConnection;
  readonly header: ResultSetHeader;
}

/** As many idle connections as may have been ended by the server without our having heard of it yet. */
const mostStale = 10;

/** ER_UNKNOWN_SYSTEM_VARIABLE. */
const unknownVariable = 1193;
/** What the level of isolation is called before MySQL 5.7.20 and MariaDB 11.1; MySQL 8 knows only the other name. */
const olderIsolation = 'tx_isolation';

/** Lends connections on which nothing is left of the port before: no variable, no lock, no setting, no transaction. */
export class CleanConnections {
  readonly #pool: Pool;
  readonly #charset: string;
  #isolation = 'transaction_isolation';
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

  /**
   * One statement for all that a connection has to have, as each is a round trip: the character set, which a reset forgets;
   * READ COMMITTED; and backslashes that escape, or a value with a quote would be SQL, for mysql2 escapes with them (measured).
   */
  async #prepare(connection: PoolConnection): Promise<void> {
    const isolation = this.#isolation;
    try {
      await connection.query(
        `SET NAMES ${this.#charset}, SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', ''),` +
          ` SESSION ${isolation} = 'READ-COMMITTED'`,
      );
    } catch (thrown) {
      const isUnknown = (thrown as { errno?: unknown }).errno === unknownVariable;
      if (!isUnknown || isolation === olderIsolation) throw thrown;
      this.#isolation = olderIsolation;
      return this.#prepare(connection);
    }
    this.#prepared.add(connection.connection);
  }
}
