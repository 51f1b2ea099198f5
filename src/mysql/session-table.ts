import mysql, { type Connection, type RowDataPacket, type ResultSetHeader } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Fence } from '../session/lock.ts';

/** The table CGI::Session keeps its sessions in. */
export interface SessionTable {
  readonly table: string;
  /** The character set of the *legacy* connection, which decides what bytes Perl sees in a TEXT column. */
  readonly charset: string;
}

/** The number of the character set `binary` in MySQL's protocol: what a BLOB has. */
const binary = 63;

/** What the server says of bytes that a column or a character set cannot hold: too long, not a character. */
const unwritable = new Set([1300, 1366, 1406]);

/**
 * Reads and writes rows of the session table on a connection of the caller's, inside the caller's transaction.
 *
 * Bytes go both ways through the legacy connection's character set (perl.md 1.4, verified for every sane combination
 * of column and connection): a plain SELECT over a utf8mb4 connection gives other bytes than Perl sees. A BLOB has no
 * characters; there the bytes are simply the bytes.
 */
export class SessionRows {
  readonly #table: string;
  readonly #charset: string;
  #isBlob: Promise<boolean> | null = null;

  /** Throws RangeError where a name could not be put into SQL safely. */
  constructor(where: SessionTable) {
    if (!/^[a-z0-9_]+$/.test(where.charset))
      throw new RangeError(`"${where.charset}" is not a character set`);
    this.#table = mysql.escapeId(where.table);
    this.#charset = where.charset;
  }

  /**
   * The bytes of a session, or null where there is no such row. With `forUpdate` the row cannot be changed by anybody
   * until the transaction ends, whether they take turns or not.
   */
  async read(connection: Connection, id: string, forUpdate: boolean): Promise<Buffer | null> {
    const characters = (await this.#hasBlob(connection))
      ? 'a_session'
      : `CONVERT(a_session USING ${this.#charset})`;
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT CAST(${characters} AS BINARY) AS bytes FROM ${this.#table} WHERE id = ?` +
        (forUpdate ? ' FOR UPDATE' : ''),
      [id],
    );
    const bytes: unknown = rows[0]?.['bytes'];
    return bytes instanceof Buffer ? bytes : null;
  }

  /** Adds a row. The id is new and random, so nobody can have one of that name. */
  async insert(connection: Connection, id: string, bytes: Buffer): Promise<void> {
    const literal = await this.#literal(connection, bytes);
    await write(connection, bytes, `INSERT INTO ${this.#table} (id, a_session) VALUES (?, ${literal})`, [id]);
  }

  /**
   * Writes a row that was read, on the condition that the turn is still held: the server itself is asked, in the same
   * statement (perl.md 0.8). Throws Problem LEASE_LOST when it is not, SESSION_STALE when the row is gone,
   * SESSION_UNWRITABLE when the column cannot hold the bytes; the transaction must then be rolled back.
   */
  async update(connection: Connection, id: string, bytes: Buffer, fence: Fence): Promise<void> {
    const literal = await this.#literal(connection, bytes);
    const sql = `UPDATE ${this.#table} SET a_session = ${literal} WHERE id = ? AND IS_USED_LOCK(?) = ?`;
    const matched = await write(connection, bytes, sql, [id, fence.lockName, fence.connectionId]);
    if (matched > 0) return;
    const [rows] = await connection.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [
      fence.lockName,
    ]);
    if (rows[0]?.['holder'] === fence.connectionId) {
      throw new Problem('SESSION_STALE', 'the session row was deleted while the port worked on it');
    }
    throw new Problem('LEASE_LOST', 'the turn in the session was lost before the port could write');
  }

  /** Removes a row, as CGI::Session does with one that has expired. */
  async remove(connection: Connection, id: string): Promise<void> {
    await connection.query(`DELETE FROM ${this.#table} WHERE id = ?`, [id]);
  }

  /** Hexadecimal digits and a checked name: nothing of the bytes can act as SQL. */
  async #literal(connection: Connection, bytes: Buffer): Promise<string> {
    if (bytes.length === 0) return "''";
    const digits = `X'${bytes.toString('hex')}'`;
    return (await this.#hasBlob(connection)) ? digits : `_${this.#charset} ${digits}`;
  }

  /** Whether the column is a BLOB. The server is asked once. */
  #hasBlob(connection: Connection): Promise<boolean> {
    this.#isBlob ??= this.#askColumn(connection).catch((thrown: unknown) => {
      this.#isBlob = null;
      throw thrown;
    });
    return this.#isBlob;
  }

  async #askColumn(connection: Connection): Promise<boolean> {
    const [, fields] = await connection.query(`SELECT a_session FROM ${this.#table} LIMIT 0`);
    const [column] = fields as unknown as { characterSet?: number }[];
    return column?.characterSet === binary;
  }
}

/** Runs a statement that writes a session; gives back how many rows it matched. */
async function write(connection: Connection, bytes: Buffer, sql: string, values: unknown[]): Promise<number> {
  const doesNotFit = (cause?: unknown): Problem =>
    new Problem(
      'SESSION_UNWRITABLE',
      `the ${bytes.length} bytes of the session do not fit its column`,
      cause,
    );
  let result: ResultSetHeader;
  try {
    [result] = await connection.query<ResultSetHeader>(sql, values);
  } catch (thrown) {
    throw unwritable.has(Number((thrown as { errno?: unknown }).errno)) ? doesNotFit(thrown) : thrown;
  }
  // Without strict mode MySQL cuts what does not fit a TEXT, and Perl can never read it again (perl.md 1.4).
  if (result.warningStatus > 0) throw doesNotFit();
  return result.affectedRows;
}
