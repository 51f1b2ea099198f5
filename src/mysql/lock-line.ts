import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { Batches } from './batches.ts';
import { mostAtOnce } from './fair-queue.ts';
import { HeldLocks } from './held-locks.ts';

/** A connection that goes silent holds its locks until wait_timeout; the server's default is 8 hours. */
const waitTimeoutSeconds = 30;
const heartbeatMs = 10_000;
const longestConnectMs = 3_000;

interface Question {
  readonly expression: string;
  readonly ifQuiet: boolean;
}

/** What a line of locks stands on. */
interface LineParts {
  readonly clock: Clock;
  /** A server that does not answer within it is taken for lost. */
  readonly answerTimeoutMs: number;
  /** A condition of SQL's. */
  readonly quiet: string;
  /** Is told, once, how many locks were lost. */
  readonly onDown: (locks: number) => void;
}

/** One connection, the named locks it holds and the questions it has not answered: they live and die together. */
export class LockLine {
  readonly connectionId: number;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #answerTimeoutMs: number;
  readonly #onDown: (locks: number) => void;
  readonly #held = new HeldLocks();
  readonly #quiet: string;
  readonly #batches = new Batches<Question, number | null>(mostAtOnce, (all) => this.#askTogether(all));
  #isDown = false;

  static async open(options: ConnectionOptions, parts: LineParts): Promise<LockLine> {
    const connectTimeout = Math.min(longestConnectMs, parts.answerTimeoutMs);
    const line = new LockLine(await mysql.createConnection({ ...options, connectTimeout }), parts);
    const sql = `SET SESSION wait_timeout = ${waitTimeoutSeconds}`;
    await line.#connection.query({ sql, timeout: parts.answerTimeoutMs }).catch((thrown: unknown) => {
      line.end(thrown);
      throw thrown;
    });
    line.#beat();
    return line;
  }

  private constructor(connection: Connection, parts: LineParts) {
    this.connectionId = connection.threadId ?? 0;
    this.#connection = connection;
    this.#clock = parts.clock;
    this.#answerTimeoutMs = parts.answerTimeoutMs;
    this.#quiet = parts.quiet;
    this.#onDown = parts.onDown;
    const ended = (thrown?: unknown): void => this.end(thrown);
    connection.on('error', ended);
    (connection as unknown as { on(event: 'end', listener: () => void): void }).on('end', ended);
  }

  /**
   * The number that an expression is; 0 for NULL. What is asked so first is worked out first. Nothing is escaped.
   * Rejects with Problem LOCK_DOWN.
   */
  async ask(expression: string): Promise<number> {
    return (await this.#batches.ask({ expression, ifQuiet: false })) ?? 0;
  }

  /** The same where it is quiet; else null, and then the expression was not worked out. */
  askIfQuiet(expression: string): Promise<number | null> {
    return this.#batches.ask({ expression, ifQuiet: true });
  }

  /** Gives a lock back. Never rejects: what cannot be given back ends with the connection. */
  async free(name: string): Promise<void> {
    await this.ask(`RELEASE_LOCK('${name}')`).catch(() => undefined);
  }

  /** Notes a lock that was just had. Throws Problem LOCK_DOWN where it is lost already. */
  hold(onLost: () => void): ReturnType<HeldLocks['add']> {
    if (this.#isDown) throw lockDown(new Error('the connection was lost as it got the lock'));
    return this.#held.add(onLost);
  }

  /** Ends the connection. Everything held on it is lost: the server has freed it, or soon will. */
  end(reason: unknown = new Error('the connection was ended')): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#connection.destroy();
    this.#batches.fail(lockDown(reason));
    this.#onDown(this.#held.loseAll());
  }

  /**
   * One column of one name, whatever is asked: mysql2 compiles a reader for each set of names, and keeps it; and a
   * column without a name of its own is called by its whole text. IF works out only the branch it takes (verified on
   * MariaDB 10.11), and CONCAT_WS everything, in its order.
   */
  async #askTogether(questions: readonly Question[]): Promise<readonly (number | null)[]> {
    const quietly = questions.filter(({ ifQuiet }) => ifQuiet).map(numberOf);
    const always = questions.filter(({ ifQuiet }) => !ifQuiet).map(numberOf);
    const ifQuiet =
      quietly.length === 0
        ? []
        : [`IF(${this.#quiet}, CONCAT_WS(' ', ${quietly.join()}), '${'- '.repeat(quietly.length).trim()}')`];
    const sql = `SELECT CONCAT_WS(' ', ${[...always, ...ifQuiet].join()}) AS numbers`;
    try {
      const options = { sql, timeout: this.#answerTimeoutMs };
      const [[row]] = await this.#connection.query<(RowDataPacket & { numbers: string })[]>(options);
      const numbers = row?.numbers.split(' ').map((number) => (number === '-' ? null : Number(number)));
      let [alwaysAt, quietAt] = [0, always.length];
      return questions.map(({ ifQuiet }) => numbers?.[ifQuiet ? quietAt++ : alwaysAt++] ?? null);
    } catch (thrown) {
      this.end(thrown);
      throw thrown;
    }
  }

  #beat(): void {
    this.#clock.after(heartbeatMs, () => {
      if (this.#isDown) return;
      this.ask("'heartbeat' IS NOT NULL").then(
        () => this.#beat(),
        () => undefined, // the line is down already
      );
    });
  }
}

function numberOf({ expression }: Question): string {
  return `IFNULL(${expression}, 0)`;
}

/** Nobody can be asked for a lock, and why. */
export function lockDown(thrown: unknown): Problem {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const detail = `the database that keeps the session locks cannot be asked: ${reason}`;
  return new Problem('LOCK_DOWN', detail, thrown);
}
