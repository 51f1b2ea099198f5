import { randomBytes } from 'node:crypto';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';
import type { LeftAs, TimelineEntry, TimelineStore } from '../session/timeline-entry.ts';
import {
  deleteOlder,
  ensureTable,
  insertRows,
  labelsLike,
  readEntries,
  readLeft,
  readList,
  rowOf,
  serverTimeMs,
  type TimelineRow,
} from './timeline-rows.ts';

/** How long rows wait for others to be written with. */
const everyMs = 250;
const mostPerStatement = 300;
/** Rows that wait while the database does not take them; a row is some hundred bytes. */
const mostWaiting = 5_000;
/** How long somebody waits for what is read. */
const patienceMs = 2_000;
/** How long nobody writes after a write that failed. */
const restMs = 5_000;
/** How often old rows are looked for, and how many are deleted at once. */
const sweepMs = 30_000;
const mostSwept = 1_000;
/** What is lost is said so often at most. */
const tellMs = 60_000;
/** How often it is asked again what others did: a row may be on its way for as long as it waits for others. */
const questions = 3;
const pauseMs = 2 * everyMs;
/** Questions under way at once; beyond this nobody can tell. */
const mostQuestions = 50;
/**
 * How far two gateways may be from each other in saying when a turn was left, by the database's clock. Half of a round
 * trip, and no more: what a stale write puts back is just what some turn before ours left.
 */
const skewMs = 30;

/** Everything the timeline in a table needs. */
export interface TimelineTableParts {
  readonly options: ConnectionOptions;
  /** The name of this gateway among the others. */
  readonly gateway: string;
  readonly keepMs: number;
  readonly clock: Clock;
  /** Told what was lost, and why; once a minute at most. */
  readonly onLost: (rows: number, reason: string) => void;
}

/**
 * The timeline of all gateways, in the table banyan_timeline of the sessions' database. No request waits for it: rows are
 * taken into memory, written soon in few statements, and dropped where the database is in trouble for long.
 *
 * One connection does everything, in order, so what is read has every row in it that was taken before.
 */
export class TimelineTable implements TimelineStore {
  readonly #parts: TimelineTableParts;
  /** Its name in the table: two containers may have one host name, and in both our process is number 1. */
  readonly #self: string;
  #connecting: Promise<Connection> | null = null;
  /** How much the clock of the server is ahead of ours. */
  #aheadMs = 0;
  #waiting: TimelineRow[] = [];
  #writing: Promise<void> | null = null;
  #restsUntilMs = -Infinity;
  #lost = { rows: 0, firstMs: 0, lastMs: 0, reason: '' };
  #untold = 0;
  #toldMs = -Infinity;
  #questions = 0;
  /** Takes no more rows. */
  #isClosed = false;
  /** Makes no more connections. */
  #isOver = false;
  #callOff: (() => void)[] = [];

  constructor(parts: TimelineTableParts) {
    this.#parts = parts;
    this.#self = `${parts.gateway.slice(0, 90)}/${randomBytes(4).toString('hex')}`;
    this.#every(everyMs, () => this.#flush());
    this.#every(sweepMs, () => this.#sweep());
  }

  add(session: string, entry: TimelineEntry): void {
    this.#take(rowOf(session, entry));
  }

  left(session: string, as: LeftAs | null, atMs: number): void {
    this.#take({ kind: 'left', session, atMs: Math.round(atMs), heldMs: 0, entry: null, left: as });
  }

  async explainedByOthers(
    session: string,
    digest: string | null,
    sinceMs: number,
    untilMs: number,
  ): Promise<boolean> {
    if (this.#questions >= mostQuestions || this.#isClosed) return true;
    this.#questions++;
    try {
      for (let asked = 0; asked < questions; asked++) {
        await this.#pause(pauseMs);
        const found = await this.#read((connection) =>
          readLeft(
            connection,
            session,
            this.#self,
            this.#atServer(sinceMs) - skewMs,
            this.#atServer(untilMs) + skewMs,
          ),
        );
        if (found.some((left) => typeof left === 'string' || left.digest === digest)) return true;
      }
      return false;
    } catch {
      return true; // the database takes its time, or we are closing
    } finally {
      this.#questions--;
    }
  }

  labels(beginning: string): Promise<string[]> {
    return this.#read((connection) => labelsLike(connection, beginning));
  }

  entries(session: string): Promise<TimelineEntry[]> {
    return this.#read((connection) => readEntries(connection, session));
  }

  async list(by: Parameters<TimelineStore['list']>[0]): ReturnType<TimelineStore['list']> {
    void this.#flush(); // on the same connection, so it is done first
    return this.#read((connection) => readList(connection, by, this.#parts.clock.epochMs()));
  }

  /** Writes what waits, and ends the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const late = this.#pause(restMs);
    for (const callOff of this.#callOff) callOff();
    await Promise.race([this.#flush(), late]);
    this.#isOver = true;
    await this.#connecting?.then((connection) => connection.destroy()).catch(() => undefined);
  }

  #take(row: TimelineRow): void {
    if (this.#isClosed) return;
    if (this.#waiting.length < mostWaiting) this.#waiting.push(row);
    else this.#lose(1, 'the database does not take them');
  }

  /** Writes everything that waits; one batch at a time. Never rejects. */
  #flush(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    this.#tell();
    while (this.#waiting.length > 0 && this.#parts.clock.nowMs() >= this.#restsUntilMs) {
      const gap = this.#gap();
      const batch = this.#waiting.slice(0, mostPerStatement);
      try {
        await this.#use((connection) => {
          const rows = [...gap, ...batch].map((row) =>
            row.entry === null ? { ...row, atMs: this.#atServer(row.atMs) } : row,
          );
          return insertRows(connection, this.#self, rows);
        });
        this.#waiting = this.#waiting.slice(batch.length);
        if (gap.length > 0) this.#lost.rows = 0;
      } catch (thrown) {
        this.#restsUntilMs = this.#parts.clock.nowMs() + restMs;
        // A database that is away may come back; one that says no to these rows will say so again.
        if (isTrouble(thrown)) return;
        this.#waiting = this.#waiting.slice(batch.length);
        this.#lose(batch.length, thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
  }

  /** A row that tells the others that there are rows missing: they cannot say then what we did. */
  #gap(): TimelineRow[] {
    const { rows, firstMs, lastMs } = this.#lost;
    if (rows === 0) return [];
    const heldMs = lastMs - firstMs;
    return [{ kind: 'gap', session: '', atMs: Math.round(lastMs), heldMs, entry: null, left: null }];
  }

  #lose(rows: number, reason: string): void {
    const nowMs = this.#parts.clock.epochMs();
    const firstMs = this.#lost.rows === 0 ? nowMs - everyMs : this.#lost.firstMs;
    this.#lost = { rows: this.#lost.rows + rows, firstMs, lastMs: nowMs, reason };
    this.#untold += rows;
  }

  #tell(): void {
    const nowMs = this.#parts.clock.nowMs();
    if (this.#untold === 0 || nowMs - this.#toldMs < tellMs) return;
    this.#parts.onLost(this.#untold, this.#lost.reason);
    this.#untold = 0;
    this.#toldMs = nowMs;
  }

  async #sweep(): Promise<void> {
    const beforeMs = this.#parts.clock.epochMs() - this.#parts.keepMs;
    const sweep = (): Promise<number> =>
      this.#use((connection) => deleteOlder(connection, beforeMs, mostSwept));
    try {
      await this.#use((connection) => this.#compareClocks(connection));
      while (!this.#isClosed && (await sweep()) === mostSwept) await this.#pause(everyMs);
    } catch {
      // the next time, or another gateway
    }
  }

  /** Does something on the connection; one that is in trouble is ended, and the next use makes another. */
  async #use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    this.#connecting ??= this.#connect();
    const connecting = this.#connecting;
    let connection: Connection | null = null;
    try {
      connection = await connecting;
      return await work(connection);
    } catch (thrown) {
      if (connection === null || isTrouble(thrown)) {
        connection?.destroy();
        if (this.#connecting === connecting) this.#connecting = null;
      }
      throw thrown;
    }
  }

  /** Reads for somebody who waits, and not for long: the rows that wait to be written may have to wait for theirs. */
  #read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const late = this.#pause(patienceMs).then(() => {
      throw new Error('the database takes its time');
    });
    return Promise.race([this.#use(work), late]);
  }

  async #connect(): Promise<Connection> {
    if (this.#isOver) throw new Error('the timeline is closed');
    const charset = 'utf8mb4_general_ci';
    const connection = await mysql.createConnection({
      ...this.#parts.options,
      charset,
      connectTimeout: 3_000,
    });
    connection.on('error', () => undefined); // the next use finds out
    try {
      // What a visitor named a key is escaped with backslashes, which NO_BACKSLASH_ESCAPES would not understand.
      await connection.query("SET SESSION sql_mode = 'STRICT_TRANS_TABLES'");
      await ensureTable(connection);
      await this.#compareClocks(connection);
    } catch (thrown) {
      connection.destroy();
      throw thrown;
    }
    return connection;
  }

  /** What gateways tell each other of turns is told by the server's clock: their own may be seconds apart. */
  async #compareClocks(connection: Connection): Promise<void> {
    const { clock } = this.#parts;
    const askedMs = clock.epochMs();
    const serverMs = await serverTimeMs(connection);
    this.#aheadMs = serverMs - (askedMs + clock.epochMs()) / 2;
  }

  #atServer(epochMs: number): number {
    return Math.round(epochMs + this.#aheadMs);
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    const at = this.#callOff.push(() => undefined) - 1;
    const again = (): void => {
      this.#callOff[at] = this.#parts.clock.after(milliseconds, () => void work().then(again));
      if (this.#isClosed) this.#callOff[at]();
    };
    again();
  }

  #pause(milliseconds: number): Promise<undefined> {
    return new Promise((resolve) => this.#parts.clock.after(milliseconds, () => resolve(undefined)));
  }
}

/** Whether it is the connection that is to blame, or a table that is not there, and not what was written. */
function isTrouble(thrown: unknown): boolean {
  const { fatal, code } = thrown as { fatal?: unknown; code?: unknown };
  const away = ['PROTOCOL_SEQUENCE_TIMEOUT', 'ECONNREFUSED', 'ER_CON_COUNT_ERROR', 'ER_NO_SUCH_TABLE'];
  return fatal === true || away.includes(String(code)) || !String(code).startsWith('ER_');
}
