import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';
import { patienceMs, restAfter, type SnapshotReader } from '../session/look.ts';
import { Batches } from './batches.ts';
import { sessionRecords } from './session-rows.ts';
import type { SessionRecords, SessionTable } from './session-table.ts';

/** So many sessions are read with one statement. */
const mostAtOnce = 64;
/** Looks that may wait for theirs; beyond this one is left out. */
const mostWaiting = 512;
const connectTimeoutMs = 3_000;

/** A look, and when it was asked for. */
interface Look {
  readonly id: string;
  readonly askedMs: number;
}

/** Looks through one connection, which is opened when it is first needed, and anew after a look that failed. */
export function snapshotReader(
  options: ConnectionOptions,
  where: SessionTable,
  clock: Clock,
): SnapshotReader {
  const records = sessionRecords(where);
  let line: LookLine | null = null;
  const lookSoon = restAfter((id) => {
    line ??= new LookLine(options, records, clock);
    const own = line;
    return own.read(id).catch((thrown: unknown) => {
      if (line === own) line = null;
      throw thrown;
    });
  }, clock);
  return {
    look: (id) => (line !== null && line.waiting >= mostWaiting ? Promise.resolve(null) : lookSoon(id)),
    close: async () => line?.end(new Error('the gateway is closing')),
  };
}

/**
 * One connection, and the looks it has not answered: they live and die together. It is not the one that keeps the locks:
 * a table that somebody has locked must hold no turn up.
 */
class LookLine {
  readonly #options: ConnectionOptions;
  readonly #records: SessionRecords;
  readonly #clock: Clock;
  readonly #looks = new Batches<Look, Buffer | null>(mostAtOnce, (looks) => this.#lookTogether(looks));
  #connection: Connection | null = null;
  #isOver = false;

  constructor(options: ConnectionOptions, records: SessionRecords, clock: Clock) {
    this.#options = options;
    this.#records = records;
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#looks.waiting;
  }

  /** Rejects where it was not answered soon enough, and then so does everything else. */
  read(id: string): Promise<Buffer | null> {
    return this.#looks.ask({ id, askedMs: this.#clock.nowMs() });
  }

  end(reason: unknown): void {
    this.#isOver = true;
    this.#connection?.destroy();
    this.#looks.fail(reason);
  }

  /** Whoever has waited longest sets the time: nobody waits longer than that for a statement that others are in. */
  async #lookTogether(looks: readonly Look[]): Promise<readonly (Buffer | null)[]> {
    const leftMs = Math.max(0, (looks[0]?.askedMs ?? 0) + patienceMs - this.#clock.nowMs());
    const callOff = this.#clock.after(leftMs, () => this.end(new Error('nobody waits any more')));
    try {
      const ids = looks.map(({ id }) => id);
      return await this.#records.readAll((this.#connection ??= await this.#connect()), ids);
    } catch (thrown) {
      this.end(thrown);
      throw thrown;
    } finally {
      callOff();
    }
  }

  async #connect(): Promise<Connection> {
    const connection = await mysql.createConnection({ ...this.#options, connectTimeout: connectTimeoutMs });
    connection.on('error', (thrown) => this.end(thrown));
    if (this.#isOver) connection.destroy(); // nobody has waited for it
    return connection;
  }
}
