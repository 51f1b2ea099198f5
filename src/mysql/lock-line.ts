import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { mostAtOnce } from './fair-queue.ts';
import { HeldLocks } from './held-locks.ts';

/** A connection that goes silent holds its locks until wait_timeout; the server's default is 8 hours. */
const waitTimeoutSeconds = 30;
const heartbeatMs = 10_000;
const longestConnectMs = 3_000;

/** Something a server can be asked in a SELECT. */
export interface Question {
  readonly sql: string;
  readonly values: readonly string[];
}

interface Asked {
  readonly question: Question;
  readonly answer: PromiseWithResolvers<number>;
}

/**
 * One connection, the named locks it holds and the questions it has not answered: they live and die together.
 *
 * One statement is under way at a time, and what is asked meanwhile goes together in the next one: a busy gateway makes
 * a few round trips for many turns (measured with 32 visitors: 2 to 3 times the requests a second).
 */
export class LockLine {
  readonly connectionId: number;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #answerTimeoutMs: number;
  readonly #onDown: (locks: number) => void;
  readonly #held = new HeldLocks();
  /** Not asked yet, in order. */
  readonly #waiting: Asked[] = [];
  /** Asked and not answered; empty while nothing is under way. */
  #underWay: readonly Asked[] = [];
  #isDown = false;

  /** Connects. A server that does not answer within `answerTimeoutMs` is taken for lost; `onDown` is told of it once. */
  static async open(
    options: ConnectionOptions,
    parts: { clock: Clock; answerTimeoutMs: number; onDown: (locks: number) => void },
  ): Promise<LockLine> {
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

  private constructor(
    connection: Connection,
    parts: { clock: Clock; answerTimeoutMs: number; onDown: (locks: number) => void },
  ) {
    this.connectionId = connection.threadId ?? 0;
    this.#connection = connection;
    this.#clock = parts.clock;
    this.#answerTimeoutMs = parts.answerTimeoutMs;
    this.#onDown = parts.onDown;
    const ended = (thrown?: unknown): void => this.end(thrown);
    connection.on('error', ended);
    (connection as unknown as { on(event: 'end', listener: () => void): void }).on('end', ended);
  }

  /** The number that each of these is; 0 for NULL. Rejects with Problem LOCK_DOWN. */
  ask(questions: readonly Question[]): Promise<number[]> {
    if (this.#isDown) return Promise.reject(lockDown(new Error('the connection was lost')));
    const asked = questions.map((question) => ({ question, answer: Promise.withResolvers<number>() }));
    this.#waiting.push(...asked);
    if (this.#underWay.length === 0) void this.#askAll();
    return Promise.all(asked.map(({ answer }) => answer.promise));
  }

  /** Notes a lock that was just had. Throws Problem LOCK_DOWN where it is lost already. */
  hold(): ReturnType<HeldLocks['add']> {
    if (this.#isDown) throw lockDown(new Error('the connection was lost as it got the lock'));
    return this.#held.add();
  }

  /** Ends the connection. Everything held on it is lost: the server has freed it, or soon will. */
  end(reason: unknown = new Error('the connection was ended')): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#connection.destroy();
    // A connection that is ended forgets whom it owes an answer.
    for (const { answer } of [...this.#underWay, ...this.#waiting.splice(0)]) answer.reject(lockDown(reason));
    this.#onDown(this.#held.loseAll());
  }

  async #askAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#underWay = this.#waiting.splice(0, mostAtOnce);
      const sql = `SELECT ${this.#underWay.map(({ question }) => question.sql).join(', ')}`;
      const values = this.#underWay.flatMap(({ question }) => question.values);
      try {
        const options = { sql, rowsAsArray: true, timeout: this.#answerTimeoutMs };
        const [rows] = await this.#connection.query<RowDataPacket[][]>(options, values);
        this.#underWay.forEach(({ answer }, place) =>
          answer.resolve(Number((rows[0] as readonly unknown[] | undefined)?.[place] ?? 0)),
        );
      } catch (thrown) {
        this.end(thrown);
      }
      this.#underWay = [];
    }
  }

  #beat(): void {
    this.#clock.after(heartbeatMs, () => {
      if (this.#isDown) return;
      this.ask([{ sql: '? IS NOT NULL', values: ['heartbeat'] }]).then(
        () => this.#beat(),
        () => undefined, // the line is down already
      );
    });
  }
}

/** Nobody can be asked for a lock, and why. */
export function lockDown(thrown: unknown): Problem {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const detail = `the database that keeps the session locks cannot be asked: ${reason}`;
  return new Problem('LOCK_DOWN', detail, thrown);
}
