import mysql, {
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2/promise';
import { lockTable } from './fence.ts';
import { lockDown } from './lock-line.ts';

/** No connection waits for another one's statement: one that does is a take-over meeting a write that is under way. */
const connections = 4;
const longestConnectMs = 3_000;
/** The least that MySQL knows, in seconds. */
const rowWaitSeconds = 1;

const noSuchTable = 1146;
/**
 * Nothing was done, and it may be asked again: somebody else's row of that name (1062), a deadlock or Galera's
 * certification (1213), a row that is locked (1205), a node that is not ready (1047), a row that changed (1020).
 */
const comeAgain = new Set([1020, 1047, 1062, 1205, 1213]);

/**
 * The statements of the lock table. A row is a gateway (token 0), or a place in a queue that a gateway stands at: the
 * turn, or one to wait at. A row of a place is worth something as long as its gateway has a row too. `writes` makes
 * every renewal and every fence a change, without which Galera would not certify it.
 */
export class LockRows {
  readonly #pool: Pool;
  readonly #answerTimeoutMs: number;
  readonly #prepared = new WeakSet<object>();

  constructor(options: PoolOptions, answerTimeoutMs: number) {
    const connectTimeout = Math.min(longestConnectMs, answerTimeoutMs);
    this.#pool = mysql.createPool({ ...options, connectionLimit: connections, connectTimeout });
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  /** Adds a gateway, and the table where it is missing: to make one takes a right that is not always given. */
  async register(owner: string): Promise<void> {
    const sql = `INSERT INTO ${lockTable} (name, owner, token) VALUES (?, ?, 0)`;
    try {
      await this.#run(sql, [gatewayName(owner), owner]);
    } catch (thrown) {
      if (errnoOf((thrown as { cause?: unknown }).cause) !== noSuchTable) throw thrown;
      await this.#run(createTable, []);
      await this.#run(sql, [gatewayName(owner), owner]);
    }
  }

  /** Whether the gateway still has its row; null where it cannot be said now. */
  async renew(owner: string): Promise<boolean | null> {
    const sql = `UPDATE ${lockTable} SET writes = writes + 1 WHERE name = ?`;
    const matched = await this.#change(sql, [gatewayName(owner)]);
    return matched === null ? null : matched === 1;
  }

  /** All gateways, and how often each has renewed its row. */
  async gateways(): Promise<{ owner: string; writes: number }[]> {
    const sql = `SELECT owner, writes FROM ${lockTable} WHERE name LIKE 'gateway:%'`;
    return (await this.#run(sql, [])) as { owner: string; writes: number }[];
  }

  /** Ends a gateway, if it has not renewed its row since. From then on what it held is nobody's. */
  async bury(owner: string, writes: number): Promise<void> {
    await this.#change(`DELETE FROM ${lockTable} WHERE name = ? AND writes = ?`, [
      gatewayName(owner),
      writes,
    ]);
  }

  /** Places of gateways that are no more. */
  async orphans(): Promise<{ owner: string; token: number }[]> {
    const sql = `SELECT place.owner, place.token FROM ${lockTable} AS place
      LEFT JOIN ${lockTable} AS gateway ON gateway.name = CONCAT('gateway:', place.owner)
      WHERE place.token > 0 AND gateway.name IS NULL LIMIT 1000`;
    return (await this.#run(sql, [])) as { owner: string; token: number }[];
  }

  /** The places of one gateway. */
  async tokensOf(owner: string): Promise<number[]> {
    const sql = `SELECT token FROM ${lockTable} WHERE owner = ? AND token > 0`;
    return ((await this.#run(sql, [owner])) as { token: number }[]).map(({ token }) => token);
  }

  /**
   * Takes a place, unless somebody stands at one of these; whether it did. Who stands there is read as it was committed,
   * without a row lock, so a port that writes under its turn holds nobody up.
   */
  async take(owner: string, token: number, name: string, unless: readonly string[]): Promise<boolean> {
    const sql = `INSERT INTO ${lockTable} (name, owner, token)
      SELECT ?, gateway.owner, ? FROM ${lockTable} AS gateway WHERE gateway.name = ?
      AND NOT EXISTS (SELECT 1 FROM ${lockTable} AS place WHERE place.name IN (?))`;
    return (await this.#change(sql, [name, token, gatewayName(owner), unless])) === 1;
  }

  /** Moves a place up to a better one; whether it did. */
  async move(owner: string, token: number, name: string): Promise<boolean> {
    const sql = `UPDATE ${lockTable} SET name = ? WHERE owner = ? AND token = ?`;
    return (await this.#change(sql, [name, owner, token])) === 1;
  }

  /** Which of these places somebody stands at. */
  async taken(names: readonly string[]): Promise<Set<string>> {
    const rows = await this.#run(`SELECT name FROM ${lockTable} WHERE name IN (?)`, [names]);
    return new Set((rows as { name: string }[]).map(({ name }) => name));
  }

  /** Gives up a place, wherever it is; whether it is certain that it is gone. Never rejects. */
  async remove(owner: string, token: number): Promise<boolean> {
    const sql = `DELETE FROM ${lockTable} WHERE owner = ? AND token = ?`;
    return this.#change(sql, [owner, token]).then(
      (matched) => matched !== null,
      () => false,
    );
  }

  /** Gives up everything that a gateway had, and the gateway. */
  async leave(owner: string): Promise<void> {
    await this.#change(`DELETE FROM ${lockTable} WHERE owner = ?`, [owner]);
  }

  /** Whether the database answers. Rejects with Problem LOCK_DOWN. */
  async ping(): Promise<void> {
    await this.#run(`SELECT 1`, []);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  /** How many rows were added, matched or removed; null where nothing was done and it may be asked again. */
  async #change(sql: string, values: readonly unknown[]): Promise<number | null> {
    try {
      return ((await this.#run(sql, values)) as ResultSetHeader).affectedRows;
    } catch (thrown) {
      if (comeAgain.has(errnoOf((thrown as { cause?: unknown }).cause))) return null;
      throw thrown;
    }
  }

  /** Rejects with Problem LOCK_DOWN; the cause says what the server said. */
  async #run(sql: string, values: readonly unknown[]): Promise<RowDataPacket[] | ResultSetHeader> {
    let connection: PoolConnection | null = null;
    try {
      connection = await this.#pool.getConnection();
      if (!this.#prepared.has(connection.connection)) await this.#prepare(connection);
      const options = { sql, timeout: this.#answerTimeoutMs };
      const [result] = await connection.query<RowDataPacket[] | ResultSetHeader>(options, [...values]);
      connection.release();
      return result;
    } catch (thrown) {
      if (errnoOf(thrown) === 0) connection?.destroy();
      else connection?.release();
      throw lockDown(thrown);
    }
  }

  /** READ COMMITTED: what is looked at is not locked, and neither are gaps. */
  async #prepare(connection: PoolConnection): Promise<void> {
    const timeout = this.#answerTimeoutMs;
    await connection.query({ sql: 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', timeout });
    await connection.query({ sql: `SET SESSION innodb_lock_wait_timeout = ${rowWaitSeconds}`, timeout });
    this.#prepared.add(connection.connection);
  }
}

function gatewayName(owner: string): string {
  return `gateway:${owner}`;
}

/** The number of an error that the server sent; 0 of any other, after which a connection is of no use. */
function errnoOf(thrown: unknown): number {
  const { errno, sqlState } = thrown as { errno?: unknown; sqlState?: unknown };
  return typeof sqlState === 'string' ? Number(errno) : 0;
}

const createTable = `CREATE TABLE IF NOT EXISTS ${lockTable} (
  name CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  owner CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token BIGINT UNSIGNED NOT NULL,
  writes BIGINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE KEY (owner, token)
) ENGINE=InnoDB`;
