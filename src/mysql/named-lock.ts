import { createHash } from 'node:crypto';
import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { HeldLock, SessionLock } from '../session/lock.ts';

/** A connection that goes silent holds its locks until wait_timeout; the server's default is 8 hours. */
const waitTimeoutSeconds = 30;
const heartbeatMs = 10_000;
/** No answer to a question that takes 0.1 ms: the server is gone without a word, or stalled. */
const answerTimeoutMs = 5_000;
const longestConnectMs = 3_000;
const shortestPauseMs = 1;
const longestPauseMs = 25;

/**
 * The name of the lock of a session, the same for every gateway on the same table. 44 characters, lower case:
 * MySQL allows 64 and ignores case, MariaDB minds it (perl.md 0.7). The prefix keeps it apart from the names that
 * Perl uses: `Apache-Session-<id>`, and the bare session id of CGI::Session 3.x (perl.md 0.6).
 */
export function lockName(scope: string, sessionId: string): string {
  return `bny:${createHash('sha256').update(`${scope}\0${sessionId}`).digest('hex').slice(0, 40)}`;
}

/** Questions that go together in one statement. */
const mostAtOnce = 64;

/** An expression with one placeholder, and whoever waits for whether it is 1. */
interface Question {
  readonly expression: 'GET_LOCK(?, 0)' | 'RELEASE_LOCK(?)' | '? IS NOT NULL';
  readonly value: string;
  readonly answer: PromiseWithResolvers<boolean>;
}

/** One live connection, the locks it holds and the questions it has not answered. They live and die together. */
interface Line {
  readonly connection: Connection;
  readonly connectionId: number;
  readonly held: Set<AbortController>;
  /** Not asked yet, in order. */
  readonly waiting: Question[];
  /** Asked and not answered; empty while nothing is under way. */
  underWay: readonly Question[];
  /** Set when the connection is lost: whoever has been handed the line just before must not wait on it. */
  dropped: boolean;
}

/**
 * MySQL's GET_LOCK as the exclusion between gateways. One connection holds the locks of all sessions (perl.md 4: many
 * names on one connection, MySQL 5.7.5 or MariaDB 10.0.2), so it may only ask `GET_LOCK(name, 0)`: any other timeout
 * would make every session wait for this one. Who does not get it asks again after a pause that grows to 25 ms.
 */
export class NamedLock implements SessionLock {
  readonly #options: ConnectionOptions;
  readonly #scope: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onLost: (locks: number) => void;
  readonly #answerTimeoutMs: number;
  #line: Promise<Line> | null = null;
  #live: Line | null = null;
  #closed = false;

  /**
   * `scope` names the session table; `onLost` is told how many locks went down with a connection. A server that does
   * not answer within `answerTimeoutMs` is taken for lost.
   */
  constructor(parts: {
    options: ConnectionOptions;
    scope: string;
    clock: Clock;
    random: () => number;
    onLost: (locks: number) => void;
    answerTimeoutMs?: number;
  }) {
    this.#options = parts.options;
    this.#scope = parts.scope;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#onLost = parts.onLost;
    this.#answerTimeoutMs = parts.answerTimeoutMs ?? answerTimeoutMs;
  }

  async acquire(sessionId: string, patienceMs: number, gone: AbortSignal): Promise<HeldLock | null> {
    const name = lockName(this.#scope, sessionId);
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    let contended = false;
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const line = await this.#connected();
      if (await this.#ask(line, 'GET_LOCK(?, 0)', name)) {
        if (this.#live !== line) throw lockDown(new Error('the connection was lost as it got the lock'));
        return this.#hold(line, name, contended);
      }
      contended = true;
      if (gone.aborted || this.#clock.nowMs() + pauseMs > deadlineMs) return null;
      // Two gateways that ask in step would see each other's lock for ever.
      await this.#pause(shortestPauseMs + this.#random() * pauseMs);
    }
  }

  /** Whether the server can be asked now. */
  async ping(): Promise<void> {
    const line = await this.#connected();
    await this.#ask(line, '? IS NOT NULL', 'ping');
  }

  /** Ends the connection; the server then frees whatever it still held. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#line?.catch(() => null);
    if (this.#live !== null) this.#drop(this.#live);
  }

  #hold(line: Line, name: string, contended: boolean): HeldLock {
    const lost = new AbortController();
    line.held.add(lost);
    return {
      fence: { lockName: name, connectionId: line.connectionId },
      lost: lost.signal,
      contended,
      release: async () => {
        if (!line.held.delete(lost)) return;
        await this.#ask(line, 'RELEASE_LOCK(?)', name).catch(() => undefined);
      },
    };
  }

  #ask(line: Line, expression: Question['expression'], value: string): Promise<boolean> {
    if (line.dropped) return Promise.reject(lockDown(new Error('the connection was lost')));
    const answer = Promise.withResolvers<boolean>();
    line.waiting.push({ expression, value, answer });
    if (line.underWay.length === 0) void this.#askAll(line);
    return answer.promise;
  }

  /**
   * One statement is under way at a time, and what is asked meanwhile goes together in the next one: a busy gateway
   * makes a few round trips for many turns (measured with 32 visitors: 2 to 3 times the requests a second).
   */
  async #askAll(line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      line.underWay = line.waiting.splice(0, mostAtOnce);
      const sql = `SELECT ${line.underWay.map(({ expression }) => expression).join(', ')}`;
      const options = { sql, rowsAsArray: true, timeout: this.#answerTimeoutMs };
      const values = line.underWay.map(({ value }) => value);
      try {
        const [rows] = await line.connection.query<RowDataPacket[][]>(options, values);
        line.underWay.forEach(({ answer }, place) =>
          answer.resolve((rows[0] as readonly unknown[] | undefined)?.[place] === 1),
        );
      } catch (thrown) {
        this.#drop(line, thrown);
      }
      line.underWay = [];
    }
  }

  #connected(): Promise<Line> {
    if (this.#closed) return Promise.reject(lockDown(new Error('the gateway is closing')));
    this.#line ??= this.#connect().catch((thrown: unknown) => {
      this.#line = null;
      throw lockDown(thrown);
    });
    return this.#line;
  }

  async #connect(): Promise<Line> {
    const connectTimeout = Math.min(longestConnectMs, this.#answerTimeoutMs);
    const connection = await mysql.createConnection({ ...this.#options, connectTimeout });
    const connectionId = connection.threadId ?? 0;
    const line: Line = {
      connection,
      connectionId,
      held: new Set(),
      waiting: [],
      underWay: [],
      dropped: false,
    };
    const ended = (thrown?: unknown): void => this.#drop(line, thrown);
    connection.on('error', ended);
    (connection as unknown as { on(event: 'end', listener: () => void): void }).on('end', ended);
    const sql = `SET SESSION wait_timeout = ${waitTimeoutSeconds}`;
    await connection.query({ sql, timeout: this.#answerTimeoutMs }).catch((thrown: unknown) => {
      ended(thrown);
      throw thrown;
    });
    this.#live = line;
    this.#beat(line);
    return line;
  }

  #beat(line: Line): void {
    this.#clock.after(heartbeatMs, () => {
      if (this.#live !== line || this.#closed) return;
      this.#ask(line, '? IS NOT NULL', 'heartbeat').then(
        () => this.#beat(line),
        () => undefined, // the line is dropped already
      );
    });
  }

  /** Everything held on a lost connection is lost: the server has freed it, or soon will. */
  #drop(line: Line, reason: unknown = new Error('the connection was ended')): void {
    if (this.#live === line) this.#live = this.#line = null;
    line.dropped = true;
    line.connection.destroy();
    // A connection that is ended forgets whom it owes an answer.
    for (const { answer } of [...line.underWay, ...line.waiting.splice(0)]) answer.reject(lockDown(reason));
    if (line.held.size > 0) this.#onLost(line.held.size);
    for (const lost of line.held) lost.abort();
    line.held.clear();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(milliseconds, resolve));
  }
}

function lockDown(thrown: unknown): Problem {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem(
    'LOCK_DOWN',
    `the database that keeps the session locks cannot be asked: ${reason}`,
    thrown,
  );
}
