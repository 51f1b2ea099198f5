import mysql, { type Connection, type RowDataPacket, type ResultSetHeader } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Fence } from '../session/lock.ts';

/** The table CGI::Session keeps its sessions in. */
export interface SessionTable {
  readonly table: string;
  /** The character set of the *legacy* connection, which decides what bytes Perl sees in a TEXT column. */
  readonly charset: string;
}

/**
 * Reads and writes rows of the session table on a connection of the caller's, inside the caller's transaction.
 *
 * Bytes go both ways through the legacy connection's character set (perl.md 1.4, verified for every sane combination
 * of column and connection): a plain SELECT over a utf8mb4 connection gives other bytes than Perl sees.
 */
export class SessionRows {
  readonly #table: string;
  readonly #charset: string;

  /** Throws RangeError where a name could not be put into SQL safely. */
  constructor(where: SessionTable) {
    if (!/^[a-z0-9]+$/.test(where.charset)) throw new RangeError(`"${where.charset}" is not a character set`);
    this.#table = mysql.escapeId(where.table, true);
    this.#charset = where.charset;
  }

  /**
   * The bytes of a session, or null where there is no such row. With `forUpdate` the row cannot be changed by anybody
   * until the transaction ends, whether they take turns or not.
   */
  async read(connection: Connection, id: string, forUpdate: boolean): Promise<Buffer | null> {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT CAST(CONVERT(a_session USING ${this.#charset}) AS BINARY) AS bytes FROM ${this.#table} WHERE id = ?` +
        (forUpdate ? ' FOR UPDATE' : ''),
      [id],
    );
    const bytes: unknown = rows[0]?.['bytes'];
    return bytes instanceof Buffer ? bytes : null;
  }

  /** Adds a row. The id is new and random, so nobody can have one of that name. */
  async insert(connection: Connection, id: string, bytes: Buffer): Promise<void> {
    await connection.query(`INSERT INTO ${this.#table} (id, a_session) VALUES (?, ${this.#literal(bytes)})`, [
      id,
    ]);
  }

  /**
   * Writes a row that was read, on the condition that the turn is still held: the server itself is asked, in the same
   * statement (perl.md 0.8). Throws Problem LEASE_LOST when it is not, SESSION_STALE when the row is gone.
   */
  async update(connection: Connection, id: string, bytes: Buffer, fence: Fence): Promise<void> {
    const [result] = await connection.query<ResultSetHeader>(
      `UPDATE ${this.#table} SET a_session = ${this.#literal(bytes)} WHERE id = ? AND IS_USED_LOCK(?) = ?`,
      [id, fence.lockName, fence.connectionId],
    );
    if (result.warningStatus > 0) {
      // Without strict mode MySQL cuts what does not fit a TEXT, and Perl can never read it again (perl.md 1.4).
      throw new Problem(
        'SESSION_UNWRITABLE',
        `the ${bytes.length} bytes of the session do not fit its column`,
      );
    }
    if (result.affectedRows > 0) return;
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
  #literal(bytes: Buffer): string {
    return bytes.length === 0 ? "''" : `_${this.#charset} X'${bytes.toString('hex')}'`;
  }
}
