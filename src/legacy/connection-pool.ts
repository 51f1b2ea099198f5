import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { Roster } from '../exchange/roster.ts';
import { connectMs, type Dial } from './connect.ts';
import { Connection, type Asking, type ConnectionOwner } from './connection.ts';

/** How connections are opened and kept. */
export interface PoolOptions {
  readonly dial: Dial;
  readonly readyEvent: string;
  /** Apache closes an idle connection after its KeepAliveTimeout (5 s); we must be quicker, or a request meets the close. */
  readonly longestIdleMs: number;
  readonly longestSilenceMs: number;
  readonly clock: Clock;
}

/**
 * A connection that has been idle for longer may have been closed meanwhile, and the news be in the very poll that brought the
 * request: Apache's event MPM closes idle ones without a word when its workers are busy. So it rests once more first.
 */
const freshMs = 10;

/** How often connections are looked at that nobody asks for. */
const lookMs = 1_000;

/**
 * Connections to one legacy. Those that have been used last are used first, so that it keeps no more of them open than are
 * needed. A request that finds none waits for one; each of those that wait has one coming. How many there may be at
 * once is the gate's business.
 *
 *    opening ─▶ #idle ─▶ asked ─▶ #ended ─▶ #rested ─▶ #idle
 *
 * A legacy may close behind its answer without having said so. A request that meets the close has no answer, and nobody
 * may ask it again. So a connection rests after its answer until the loop has polled once more: what came with the answer
 * has been read by then, and has closed it. The loop is not kept turning for that, unless somebody waits.
 */
export class ConnectionPool implements ConnectionOwner {
  readonly #options: PoolOptions;
  readonly #connections = new Set<Connection>();
  /** Those that are being opened, each with what calls off its limit of time. */
  readonly #opening = new Map<Connection, () => void>();
  readonly #waiting = new Roster<Asking>();
  #idle: Connection[] = [];
  #ended: Connection[] = [];
  #rested: Connection[] = [];
  #turning: NodeJS.Immediate | null = null;
  #isLooking = false;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Asks, now or when a connection is there. */
  ask(asking: Asking): void {
    if (this.#isClosed) return this.#refuse(asking, new Error('this gateway ends'));
    const connection = this.#takeIdle();
    if (connection !== null && this.#options.clock.nowMs() - connection.restedAtMs < freshMs)
      return connection.ask(asking);
    asking.place = this.#waiting.add(asking);
    if (connection !== null) this.#rest(connection);
    this.#turning?.ref();
    this.#grow();
  }

  /** Calls it off where it waits for a connection. */
  callOff(asking: Asking): void {
    if (asking.place?.leave() === true) this.#refuse(asking, new Error('it was given up while it waited'));
  }

  /** Breaks everything off. */
  close(): void {
    this.#isClosed = true;
    for (const { value } of this.#waiting.places()) this.callOff(value);
    for (const connection of this.#connections) connection.breakOff();
  }

  opened(connection: Connection): void {
    this.#leaveOpening(connection);
    this.#keep(connection, Infinity);
    this.#becomeIdle([connection]);
    this.#serve();
  }

  released(connection: Connection, keptMs: number): void {
    this.#keep(connection, keptMs);
    this.#rest(connection);
  }

  closed(connection: Connection, unopened: Error | null): void {
    this.#connections.delete(connection);
    this.#leaveOpening(connection);
    const next = this.#waiting.first;
    if (unopened !== null && next?.leave() === true) this.#refuse(next.value, unopened);
    this.#grow();
  }

  #rest(connection: Connection): void {
    this.#ended.push(connection);
    this.#turning ??= setImmediate(this.#turn).unref();
  }

  #becomeIdle(connections: readonly Connection[]): void {
    const nowMs = this.#options.clock.nowMs();
    for (const connection of connections) {
      connection.restedAtMs = nowMs;
      this.#idle.push(connection);
    }
  }

  /** The one that was used last, where it is not stale. */
  #takeIdle(): Connection | null {
    if (this.#idle.length === 0) return null;
    const nowMs = this.#options.clock.nowMs();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (connection.isClosed) continue;
      if (nowMs < connection.staleAtMs) return connection;
      connection.close();
    }
  }

  #keep(connection: Connection, keptMs: number): void {
    connection.staleAtMs = this.#options.clock.nowMs() + Math.min(keptMs, this.#options.longestIdleMs);
  }

  /** Has those that wait go on, in their order. */
  #serve(): void {
    for (let next = this.#waiting.first; next !== null; next = this.#waiting.first) {
      const connection = this.#takeIdle();
      if (connection === null) break;
      next.leave();
      connection.ask(next.value);
    }
    this.#grow();
  }

  /** Opens what is missing. */
  #grow(): void {
    if (this.#isClosed) return;
    const coming = this.#opening.size + this.#ended.length + this.#rested.length;
    for (let missing = this.#waiting.size - coming; missing > 0; missing--) this.#open();
  }

  #open(): void {
    const { dial, readyEvent, clock } = this.#options;
    const connection = new Connection(dial, readyEvent, this);
    this.#connections.add(connection);
    const overdue = (): void => connection.close(new Error(`no connection within ${connectMs} ms`));
    this.#opening.set(connection, clock.after(connectMs, overdue));
    this.#lookLater();
  }

  #leaveOpening(connection: Connection): void {
    this.#opening.get(connection)?.();
    this.#opening.delete(connection);
  }

  /** Comes behind each poll: what had ended before one has rested after the next. */
  readonly #turn = (): void => {
    this.#becomeIdle(this.#rested);
    this.#rested = this.#ended;
    this.#ended = [];
    this.#turning = this.#rested.length > 0 ? setImmediate(this.#turn).unref() : null;
    if (this.#waiting.size === 0) return;
    this.#turning?.ref();
    this.#serve();
  };

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#options.clock.after(lookMs, () => {
      this.#isLooking = false;
      const nowMs = this.#options.clock.nowMs();
      for (const connection of this.#connections) connection.look(nowMs, this.#options.longestSilenceMs);
      this.#idle = this.#idle.filter((connection) => {
        if (nowMs >= connection.staleAtMs) connection.close();
        return !connection.isClosed;
      });
      if (this.#connections.size > 0) this.#lookLater();
    });
  }

  #refuse({ receiver }: Asking, error: Error): void {
    const code = (error as { code?: unknown }).code;
    receiver.failed(
      new Problem('LEGACY_DOWN', `legacy cannot be reached: ${error.message} (${String(code)})`, error),
    );
    receiver.exited(null);
  }
}
