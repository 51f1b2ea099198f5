import mysql, { type Connection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';

/**
 * Bytes go both ways through the legacy connection's character set (perl.md 1.4, verified for every sane combination
 * of column and connection): a plain SELECT over a utf8mb4 connection gives other bytes than Perl sees. A BLOB has no
 * characters; there the bytes are simply the bytes.
 */
export class ExactColumns {
  /** The name of the table, ready for SQL. */
  readonly table: string;
  readonly #names: string[];
  readonly #charset: string;
  #binary: Promise<ReadonlySet<string>> | null = null;

  /** Throws RangeError where a name could not be put into SQL safely. */
  constructor(table: string, columns: readonly string[], charset: string) {
    if (!/^[a-z0-9_]+$/.test(charset)) throw new RangeError(`"${charset}" is not a character set`);
    this.table = mysql.escapeId(table);
    this.#names = columns.map(nameOf);
    this.#charset = charset;
  }

  /** An expression for the bytes of a column, as Perl sees them. */
  async bytesOf(connection: Connection, column: string): Promise<string> {
    const name = nameOf(column);
    const characters = (await this.#isBinary(connection, name))
      ? name
      : `CONVERT(${name} USING ${this.#charset})`;
    return `CAST(${characters} AS BINARY)`;
  }

  /** Bytes for a column. Hexadecimal digits and a checked name: nothing of the bytes can act as SQL. */
  async literal(connection: Connection, column: string, bytes: Buffer): Promise<string> {
    if (bytes.length === 0) return "''";
    const digits = `X'${bytes.toString('hex')}'`;
    return (await this.#isBinary(connection, nameOf(column))) ? digits : `_${this.#charset} ${digits}`;
  }

  /** Whether a column is a BLOB or the like. The server is asked once. */
  async #isBinary(connection: Connection, name: string): Promise<boolean> {
    this.#binary ??= this.#ask(connection).catch((thrown: unknown) => {
      this.#binary = null;
      throw thrown;
    });
    return (await this.#binary).has(name);
  }

  async #ask(connection: Connection): Promise<ReadonlySet<string>> {
    const [, fields] = await connection.query(`SELECT ${this.#names.join()} FROM ${this.table} LIMIT 0`);
    const columns = fields as unknown as { characterSet?: number }[];
    return new Set(this.#names.filter((_, at) => columns[at]?.characterSet === binary));
  }
}

/** The number of the character set `binary` in MySQL's protocol: what a BLOB has. */
const binary = 63;

/** The name of a column, ready for SQL. */
export function nameOf(column: string): string {
  return mysql.escapeId(column, true);
}

/**
 * An id, which is ASCII, as a literal. Not as a `?`: mysql2 escapes with backslashes, and in the mode NO_BACKSLASH_ESCAPES
 * the id `' OR 1=1 -- ` of a cookie would be SQL (measured).
 */
export function idLiteral(id: string): string {
  return `_latin1 X'${Buffer.from(id, 'latin1').toString('hex')}'`;
}

/**
 * How a statement begins that had rather fail than cut what does not fit, whatever the server's mode is: a MyISAM table
 * keeps it, whatever is rolled back. The first is for MariaDB (10.1.2), the second for MySQL (8.0.3); each takes the
 * other's for a comment.
 */
export const strictly = {
  update: `${forMariaDb()} UPDATE ${forMysql()}`,
  insert: `${forMariaDb()} INSERT ${forMysql()} INTO`,
};

function forMariaDb(): string {
  return "/*M!100102 SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR */";
}

function forMysql(): string {
  return "/*+ SET_VAR(sql_mode = 'STRICT_ALL_TABLES') */";
}

/** What the server says of what a column or a character set cannot hold: cut, not a character, too long. */
const unfit = new Set([1265, 1300, 1366, 1406]);
/** A column that has to have a value and was given none. */
const noDefault = 1364;

/**
 * Runs a statement that writes a session of so many bytes; gives back how many rows it matched. Throws Problem
 * SESSION_UNWRITABLE where they do not fit. Without strict mode they may then be written, cut, and Perl can never read
 * them again (perl.md 1.4); so they have to be undone.
 */
export async function writeExactly(
  connection: Connection,
  bytes: number,
  sql: string,
  values: unknown[],
): Promise<number> {
  const doesNotFit = `the ${bytes} bytes of the session do not fit its column`;
  let result: ResultSetHeader;
  try {
    [result] = await connection.query<ResultSetHeader>(sql, values);
  } catch (thrown) {
    const { errno, message } = thrown as { errno?: unknown; message?: unknown };
    if (unfit.has(Number(errno))) throw new Problem('SESSION_UNWRITABLE', doesNotFit, thrown);
    if (errno !== noDefault) throw thrown;
    throw new Problem(
      'SESSION_UNWRITABLE',
      `the table wants more than a session: ${String(message)}`,
      thrown,
    );
  }
  if (result.warningStatus > 0 && (await wasCut(connection)))
    throw new Problem('SESSION_UNWRITABLE', doesNotFit);
  return result.affectedRows;
}

/** Whether the statement before this one has warned of that. A server may keep no warnings, only their number. */
async function wasCut(connection: Connection): Promise<boolean> {
  const [warnings] = await connection.query<RowDataPacket[]>('SHOW WARNINGS');
  return warnings.length === 0 || warnings.some((warning) => unfit.has(Number(warning['Code'])));
}
