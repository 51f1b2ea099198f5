import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import { joinRows, type KeyRow, splitRows } from '../perl/rows.ts';
import type { Fence } from '../session/lock.ts';
import { ExactColumns, idLiteral, nameOf, strictly, writeExactly } from './exact-bytes.ts';
import { fenceCondition, mustHold } from './fence.ts';
import { refuseFile, type SessionRecords, SessionRows, type SessionTable, stale } from './session-table.ts';

/** What reads and writes the sessions of a table. Throws RangeError where a name could not be put into SQL safely. */
export function sessionRecords(where: SessionTable): SessionRecords {
  return where.format === 'rows' ? new SessionKeyRows(where) : new SessionRows(where);
}

const keyColumn = 'data_key';

/** The rows of one session. */
interface Found {
  readonly bytes: Buffer;
  /** The newest row of each key. */
  readonly newest: ReadonlyMap<string, KeyRow>;
  /** The AUTO_INCREMENT values of all rows of each key, as text. */
  readonly places: ReadonlyMap<string, readonly string[]>;
}

/**
 * Sessions of a row for each key, as OTRS and Znuny keep them (perl.md 6.1). The newest row of a key counts. Who changes
 * a key adds a row and then removes the ones it has read; so whoever reads without a lock finds the old value or the new
 * one. To everybody else such a session is bytes, too: those of joinRows.
 */
export class SessionKeyRows implements SessionRecords {
  readonly #columns: ExactColumns;
  readonly #where: SessionTable;
  readonly #id: string;
  #counter: Promise<string> | null = null;

  /** Throws RangeError where a name could not be put into SQL safely. */
  constructor(where: SessionTable) {
    this.#where = where;
    this.#columns = new ExactColumns(
      where.table,
      [where.idColumn, keyColumn, where.dataColumn],
      where.charset,
    );
    this.#id = nameOf(where.idColumn);
  }

  async read(connection: Connection, id: string, forUpdate: boolean): Promise<Buffer | null> {
    return (await this.#find(connection, id, forUpdate))?.bytes ?? null;
  }

  /** One after the other: a session is many rows, and there are few such sites. */
  readAll(connection: Connection, ids: readonly string[]): Promise<(Buffer | null)[]> {
    return Promise.all(ids.map((id) => this.read(connection, id, false)));
  }

  insert(): Promise<void> {
    return Promise.reject(
      new Problem('SESSION_UNWRITABLE', 'only the application can begin a session of rows'),
    );
  }

  async update(
    connection: Connection,
    id: string,
    { read, bytes }: { read: Buffer; bytes: Buffer },
    fence: Fence,
  ): Promise<void> {
    const found = await this.#mustBe(connection, id, read, fence);
    const after = splitRows(bytes);
    const stay = new Set<string>();
    for (const row of after.rows) {
      if (isSame(row, found.newest.get(row.key))) stay.add(row.key);
      else await this.#add(connection, after.id, row, fence);
    }
    const gone = [...found.places].flatMap(([key, places]) => (stay.has(key) ? [] : places));
    await this.#delete(connection, gone, fence);
    await mustHold(connection, fence);
  }

  async remove(connection: Connection, id: string, read: Buffer, fence: Fence): Promise<void> {
    const found = await this.#mustBe(connection, id, read, fence);
    await this.#delete(connection, [...found.places.values()].flat(), fence);
    await mustHold(connection, fence);
  }

  /** The rows of a session that is still what was read. MyISAM has no row locks: there a moment stays open. */
  async #mustBe(connection: Connection, id: string, read: Buffer, fence: Fence): Promise<Found> {
    refuseFile(fence);
    const found = await this.#find(connection, id, true);
    if (found?.bytes.equals(read) === true) return found;
    await mustHold(connection, fence);
    throw stale(found !== null);
  }

  async #find(connection: Connection, id: string, forUpdate: boolean): Promise<Found | null> {
    const counter = await this.#counterOf(connection);
    const [idBytes, key, value] = await Promise.all(
      [this.#where.idColumn, keyColumn, this.#where.dataColumn].map((name) =>
        this.#columns.bytesOf(connection, name),
      ),
    );
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT CAST(${counter} AS CHAR) AS place, ${idBytes} AS id, ${key} AS name, ${value} AS value, serialized
         FROM ${this.#columns.table} WHERE ${this.#id} = ${idLiteral(id)} ORDER BY ${counter}${forUpdate ? ' FOR UPDATE' : ''}`,
    );
    const [first] = rows;
    if (first === undefined) return null;
    const newest = new Map<string, KeyRow>();
    const places = new Map<string, string[]>();
    for (const row of rows) {
      const name = this.#text(row['name']) ?? '';
      newest.set(name, {
        key: name,
        isSerialized: Number(row['serialized']) !== 0,
        value: this.#text(row['value']),
      });
      places.set(name, [...(places.get(name) ?? []), String(row['place'])]);
    }
    // In one order, whoever has written which row last.
    const sorted = [...newest.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
    return { bytes: joinRows({ id: this.#text(first['id']) ?? '', rows: sorted }), newest, places };
  }

  async #add(
    connection: Connection,
    id: string,
    { key, isSerialized, value }: KeyRow,
    fence: Fence,
  ): Promise<void> {
    const held = fenceCondition(fence);
    const literal = (column: string, text: string | null): string | Promise<string> =>
      text === null ? 'NULL' : this.#columns.literal(connection, column, this.#bytes(key, text));
    const { idColumn, dataColumn } = this.#where;
    const literals = await Promise.all([
      literal(idColumn, id),
      literal(keyColumn, key),
      literal(dataColumn, value),
    ]);
    const sql =
      `${strictly.insert} ${this.#columns.table} (${this.#id}, ${keyColumn}, ${nameOf(dataColumn)}, serialized)` +
      ` SELECT ${literals.join(', ')}, ${isSerialized ? 1 : 0} FROM DUAL WHERE ${held.sql}`;
    const added = await writeExactly(connection, value?.length ?? 0, sql, held.values);
    if (added === 0)
      throw new Problem('LEASE_LOST', 'the turn in the session was lost before the port could write');
  }

  async #delete(connection: Connection, places: readonly string[], fence: Fence): Promise<void> {
    if (places.length === 0) return;
    const held = fenceCondition(fence);
    const sql = `DELETE FROM ${this.#columns.table} WHERE ${await this.#counterOf(connection)} IN (?) AND ${held.sql}`;
    await connection.query(sql, [places, ...held.values]);
  }

  /** The column that tells which row is newer. The server is asked once. */
  #counterOf(connection: Connection): Promise<string> {
    this.#counter ??= this.#askCounter(connection).catch((thrown: unknown) => {
      this.#counter = null;
      throw thrown;
    });
    return this.#counter;
  }

  async #askCounter(connection: Connection): Promise<string> {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SHOW COLUMNS FROM ${this.#columns.table} WHERE Extra LIKE '%auto_increment%' AND \`Key\` = 'PRI'`,
    );
    const name: unknown = rows[0]?.['Field'];
    if (typeof name === 'string') return nameOf(name);
    throw new Problem('SESSION_UNREADABLE', 'no AUTO_INCREMENT key says which row of the session is newer');
  }

  /** An application that speaks UTF-8 with its database decodes what it gets; of any other each byte is a character. */
  get #encoding(): 'utf8' | 'latin1' {
    return this.#where.charset.startsWith('utf8') ? 'utf8' : 'latin1';
  }

  #text(bytes: unknown): string | null {
    return bytes instanceof Buffer ? bytes.toString(this.#encoding) : null;
  }

  #bytes(key: string, text: string): Buffer {
    if (this.#encoding === 'utf8' || !/[^\0-\xff]/.test(text)) return Buffer.from(text, this.#encoding);
    const message = `key ${JSON.stringify(key)}: a character above U+00FF; this table holds bytes`;
    throw new Problem('SESSION_UNWRITABLE', message);
  }
}

function isSame(one: KeyRow, other: KeyRow | undefined): boolean {
  return other !== undefined && one.isSerialized === other.isSerialized && one.value === other.value;
}
