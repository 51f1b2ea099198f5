import { hash } from 'node:crypto';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Fence } from '../session/lock.ts';
import type { SessionFormat } from '../session/module.ts';
import { ExactColumns, idLiteral, nameOf, strictly, writeExactly } from './exact-bytes.ts';
import { fenceCondition, mustHold } from './fence.ts';

/** The table that sessions are kept in. */
export interface SessionTable {
  readonly format: SessionFormat;
  readonly table: string;
  readonly idColumn: string;
  readonly dataColumn: string;
  /** The character set of the *legacy* connection, which decides what bytes Perl sees in a TEXT column. */
  readonly charset: string;
}

/**
 * Reads and writes sessions on a connection of the caller's, inside the caller's transaction. After a Problem that has
 * to be rolled back.
 */
export interface SessionRecords {
  /**
   * The bytes of a session, or null where there is none. With `forUpdate` it cannot be changed by anybody until the
   * transaction ends, whether they take turns or not; where the engine knows row locks, which MyISAM does not.
   */
  read(connection: Connection, id: string, forUpdate: boolean): Promise<Buffer | null>;
  /** The same of several sessions at once, each at its id's place. */
  readAll(connection: Connection, ids: readonly string[]): Promise<(Buffer | null)[]>;
  /** Adds a session. The id is new and random, so nobody can have one of that name. */
  insert(connection: Connection, id: string, bytes: Buffer): Promise<void>;
  /**
   * Writes a session where `read` is what it still is, on the condition that the turn is held. Throws Problem LEASE_LOST
   * when it is not, SESSION_STALE when the session was changed or is gone, SESSION_UNWRITABLE when the column cannot hold
   * the bytes.
   */
  update(
    connection: Connection,
    id: string,
    change: { read: Buffer; bytes: Buffer },
    fence: Fence,
  ): Promise<void>;
  /** Removes a session; as `update`. */
  remove(connection: Connection, id: string, read: Buffer, fence: Fence): Promise<void>;
}

/** Sessions of one row each, as CGI::Session and Apache::Session keep them. Other columns of the row stay as they are. */
export class SessionRows implements SessionRecords {
  readonly #columns: ExactColumns;
  readonly #table: string;
  readonly #id: string;
  readonly #data: string;
  readonly #dataColumn: string;

  /** Throws RangeError where a name could not be put into SQL safely. */
  constructor({ table, idColumn, dataColumn, charset }: SessionTable) {
    this.#columns = new ExactColumns(table, [dataColumn], charset);
    this.#table = this.#columns.table;
    this.#id = nameOf(idColumn);
    this.#data = nameOf(dataColumn);
    this.#dataColumn = dataColumn;
  }

  async read(connection: Connection, id: string, forUpdate: boolean): Promise<Buffer | null> {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT ${await this.#bytesOf(connection)} AS bytes FROM ${this.#table} WHERE ${this.#id} = ${idLiteral(id)}` +
        (forUpdate ? ' FOR UPDATE' : ''),
    );
    const bytes: unknown = rows[0]?.['bytes'];
    return bytes instanceof Buffer ? bytes : null;
  }

  /** The server says of each row whose it is: it alone knows what its collation takes for one id. */
  async readAll(connection: Connection, ids: readonly string[]): Promise<(Buffer | null)[]> {
    const literals = ids.map(idLiteral);
    const isOf = literals.map((literal) => `${this.#id} = ${literal}`);
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT CONCAT(${isOf.join()}) AS whose, ${await this.#bytesOf(connection)} AS bytes` +
        ` FROM ${this.#table} WHERE ${this.#id} IN (${literals.join()})`,
    );
    const found: (Buffer | null)[] = ids.map(() => null);
    for (const { whose, bytes } of rows as { whose: string; bytes: unknown }[])
      for (let place = whose.indexOf('1'); place !== -1; place = whose.indexOf('1', place + 1))
        if (bytes instanceof Buffer) found[place] ??= bytes;
    return found;
  }

  /** Not strictly: where the server fills other columns in by itself, it does so for Perl, too. */
  async insert(connection: Connection, id: string, bytes: Buffer): Promise<void> {
    const literal = await this.#columns.literal(connection, this.#dataColumn, bytes);
    const sql = `INSERT INTO ${this.#table} (${this.#id}, ${this.#data}) VALUES (${idLiteral(id)}, ${literal})`;
    try {
      await writeExactly(connection, bytes.length, sql, []);
    } catch (thrown) {
      // A MyISAM table keeps what is rolled back.
      if (thrown instanceof Problem)
        await connection.query(`DELETE FROM ${this.#table} WHERE ${this.#id} = ${idLiteral(id)}`);
      throw thrown;
    }
  }

  async update(
    connection: Connection,
    id: string,
    { read, bytes }: { read: Buffer; bytes: Buffer },
    fence: Fence,
  ): Promise<void> {
    const literal = await this.#columns.literal(connection, this.#dataColumn, bytes);
    const sql = `${strictly.update} ${this.#table} SET ${this.#data} = ${literal}`;
    await this.#change(connection, sql, { id, read, bytes: bytes.length }, fence);
  }

  async remove(connection: Connection, id: string, read: Buffer, fence: Fence): Promise<void> {
    await this.#change(connection, `DELETE FROM ${this.#table}`, { id, read, bytes: 0 }, fence);
  }

  /** The server itself is asked, in the same statement, for the turn (perl.md 0.8) and for what was read (perl.md 4). */
  async #change(
    connection: Connection,
    sql: string,
    { id, read, bytes }: { id: string; read: Buffer; bytes: number },
    fence: Fence,
  ): Promise<void> {
    refuseFile(fence);
    const held = fenceCondition(fence);
    const same = `MD5(${await this.#bytesOf(connection)}) = ?`;
    const matched = await writeExactly(
      connection,
      bytes,
      `${sql} WHERE ${this.#id} = ${idLiteral(id)} AND ${held.sql} AND ${same}`,
      [...held.values, hash('md5', read)],
    );
    if (matched === 0 || fence.kind === 'row') await mustHold(connection, fence);
    if (matched === 0) throw stale((await this.read(connection, id, false)) !== null);
  }

  #bytesOf(connection: Connection): Promise<string> {
    return this.#columns.bytesOf(connection, this.#dataColumn);
  }
}

/** Throws Problem LEASE_LOST for a turn that is kept with files: in a database it says nothing. */
export function refuseFile(fence: Fence): void {
  if (fence.kind === 'file')
    throw new Problem('LEASE_LOST', 'the turn is kept with files, the session in a table');
}

/** What is wrong with a session that is not any more what was read. */
export function stale(isThere: boolean): Problem {
  const what = isThere ? 'changed by somebody without a turn' : 'deleted';
  return new Problem('SESSION_STALE', `the session was ${what} while the port worked on it`);
}
