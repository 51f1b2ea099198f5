import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';

/** One line of the server's general log. */
export interface LoggedLine {
  /** By our clock, since 1970. */
  readonly atMs: number;
  readonly thread: string;
  /** Connect, Query, Execute, Prepare, Quit and others. */
  readonly kind: string;
  readonly sql: string;
}

/** Why the log cannot be had, and what helps. */
export class LogRefused extends Error {
  readonly help: string;

  constructor(message: string, help: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LogRefused';
    this.help = help;
  }
}

/** What the server's log was set to before we came. */
interface Before {
  readonly isOn: boolean;
  readonly output: string;
  /** Whether it was written into the table already: then nothing is set, and nobody needs the right to. */
  readonly isReady: boolean;
  /** What it is set to meanwhile: its file goes on where it is in use, for this log or that of slow statements. */
  readonly meanwhile: string;
}

/** No question of ours may keep who records from setting the log as it was. */
const answerTimeoutMs = 30_000;

const intoTable = /TABLE/i;

/** Held while the log is ours: of two at once the first to end would leave the other one blind. */
const lockOfLog = 'bny:general-log';
/** What statements of gateways and port hosts, and of nobody else, have in them. */
const ofBanyan = [
  'bny:',
  'banyan:',
  'banyan\\_',
  "\\_latin1 X'",
  'SESSION sql\\_mode = REPLACE(@@SESSION.sql\\_mode',
];
/** ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. */
const denied: readonly unknown[] = [1142, 1227, 1044];

/**
 * The general log of a server, while it is written into its table for us: all that anybody sends to the server. What was
 * set before is set again at the end. The lines stay in the table, whoever else may have had some there.
 */
export class GeneralLog {
  readonly #options: ConnectionOptions;
  readonly #before: Before;
  #connection: Connection;
  #sinceMs = Infinity;
  /** How far the clock of the server is ahead of ours. */
  #aheadMs = 0;

  private constructor(options: ConnectionOptions, connection: Connection, before: Before) {
    this.#options = options;
    this.#connection = connection;
    this.#before = before;
  }

  /** Begins it. Rejects with LogRefused, or with what the connection says; and then nothing has changed. */
  static async open(options: ConnectionOptions): Promise<GeneralLog> {
    const connection = await connect(options);
    try {
      const log = new GeneralLog(options, connection, await foundOn(connection));
      await log.#set();
      return log;
    } catch (thrown) {
      connection.destroy();
      if (!denied.includes((thrown as { errno?: unknown }).errno)) throw thrown;
      throw new LogRefused(
        `this account may not have the server's log: ${(thrown as Error).message}`,
        'it needs SUPER (on MySQL 8 SYSTEM_VARIABLES_ADMIN is enough) and SELECT on mysql.general_log',
        thrown,
      );
    }
  }

  async #set(): Promise<void> {
    const { isReady, meanwhile } = this.#before;
    const connection = this.#connection;
    // Our own questions need not be in it; where the account may not say so, they are known for ours.
    await connection.query('SET SESSION sql_log_off = 1').catch(() => undefined);
    try {
      if (!isReady) {
        await connection.query('SET GLOBAL log_output = ?', [meanwhile]);
        await connection.query('SET GLOBAL general_log = ON');
      }
      const askedMs = Date.now();
      const [row] = await rowsOf(connection, 'SELECT UNIX_TIMESTAMP(SYSDATE(6)) AS now');
      this.#sinceMs = Date.now() + 1; // it is cut off below the millisecond
      const theirsMs = Number(row?.['now']) * 1000;
      const isSame = theirsMs >= askedMs && theirsMs <= this.#sinceMs;
      this.#aheadMs = isSame ? 0 : theirsMs - (askedMs + this.#sinceMs) / 2;
    } catch (thrown) {
      await this.#restore(connection).catch(() => undefined); // what may not be set was not
      throw thrown;
    }
  }

  /** Since when everything is in it. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** What has to be typed where it could not be set again; null where nothing was set. */
  get undo(): string | null {
    const { isOn, output, isReady } = this.#before;
    if (isReady) return null;
    return `SET GLOBAL general_log = ${isOn ? 'ON' : 'OFF'}, GLOBAL log_output = '${output}'`;
  }

  /** All lines of a time, in their order. Rejects with LogRefused where somebody has switched the log off. */
  async lines(fromMs: number, toMs: number): Promise<LoggedLine[]> {
    const [set] = await this.#ask('SELECT @@GLOBAL.general_log AS isOn, @@GLOBAL.log_output AS output');
    if (Number(set?.['isOn']) !== 1 || !intoTable.test(String(set?.['output'])))
      throw new LogRefused('somebody has switched general_log off', 'what came by then is kept');
    const rows = await this.#ask(
      `SELECT UNIX_TIMESTAMP(event_time) AS at, thread_id AS thread, command_type AS kind, argument AS \`sql\`
         FROM mysql.general_log WHERE event_time BETWEEN FROM_UNIXTIME(?) AND FROM_UNIXTIME(?)`,
      [this.#theirs(fromMs), this.#theirs(toMs)],
    );
    return rows.map(({ at, thread, kind, sql }) => ({
      atMs: Number(at) * 1000 - this.#aheadMs,
      thread: String(thread),
      kind: String(kind),
      sql: Buffer.isBuffer(sql) ? sql.toString('utf8') : String(sql), // MySQL 8 keeps bytes
    }));
  }

  /** The threads that are a gateway's or a port host's. */
  async ownThreads(): Promise<Set<string>> {
    const rows = await this.#ask(
      `SELECT DISTINCT thread_id AS thread FROM mysql.general_log
        WHERE event_time >= FROM_UNIXTIME(?) AND (${ofBanyan.map(() => 'argument LIKE ?').join(' OR ')})`,
      [this.#theirs(this.#sinceMs), ...ofBanyan.map((part) => `%${part}%`)],
    );
    return new Set(rows.map(({ thread }) => String(thread)));
  }

  /** Sets the log as it was. Rejects where it cannot, even over a new connection. */
  async close(): Promise<void> {
    await this.#restore(this.#connection).catch(async () => {
      this.#connection.destroy();
      this.#connection = await connect(this.#options);
      await this.#restore(this.#connection);
    });
    await this.#connection.end().catch(() => this.#connection.destroy());
  }

  async #restore(connection: Connection): Promise<void> {
    const { isOn, output, isReady } = this.#before;
    if (isReady) return;
    if (!isOn) await connection.query({ sql: 'SET GLOBAL general_log = OFF', timeout: answerTimeoutMs });
    const sql = 'SET GLOBAL log_output = ?';
    await connection.query({ sql, values: [output], timeout: answerTimeoutMs });
  }

  #ask(sql: string, values: readonly unknown[] = []): Promise<RowDataPacket[]> {
    return rowsOf(this.#connection, sql, values);
  }

  /** A moment of ours in seconds of the server's clock. */
  #theirs(ms: number): number {
    return (ms + this.#aheadMs) / 1000;
  }
}

/** UTC, because where clocks are set back an hour comes twice. */
async function connect(options: ConnectionOptions): Promise<Connection> {
  const connection = await mysql.createConnection({ ...options, charset: 'utf8mb4', connectTimeout: 5_000 });
  await connection.query("SET time_zone = '+00:00'");
  return connection;
}

async function rowsOf(
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>({
    sql,
    values: [...values],
    timeout: answerTimeoutMs,
  });
  return rows;
}

/** How the log is set, once it is ours alone. Rejects with LogRefused where it is somebody else's. */
async function foundOn(connection: Connection): Promise<Before> {
  await connection.query('SELECT 1 FROM mysql.general_log LIMIT 0');
  const [locked] = await rowsOf(connection, 'SELECT GET_LOCK(?, 0) AS isOurs', [lockOfLog]);
  if (Number(locked?.['isOurs']) !== 1)
    throw new LogRefused('somebody else records SQL of this server now', 'wait until that is over');
  const [set] = await rowsOf(
    connection,
    'SELECT @@GLOBAL.general_log AS isOn, @@GLOBAL.slow_query_log AS isSlowOn, @@GLOBAL.log_output AS output',
  );
  const [isOn, output] = [Number(set?.['isOn']) === 1, String(set?.['output'])];
  const isFileUsed = (isOn || Number(set?.['isSlowOn']) === 1) && /FILE/i.test(output);
  return {
    isOn,
    output,
    isReady: isOn && intoTable.test(output),
    meanwhile: isFileUsed ? 'TABLE,FILE' : 'TABLE',
  };
}
