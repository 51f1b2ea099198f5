import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate as pollOnce, setTimeout as pass } from 'node:timers/promises';
import { asProblem, Problem } from '../errors.ts';
import type { Place } from '../exchange/roster.ts';
import type { Dial } from './connect.ts';
import type { LegacyReceiver, LegacyRequest } from './transport.ts';
import { broke, type AnswerHead } from './wire-head.ts';
import { AnswerParser, type AnswerSink } from './wire-parser.ts';

/** A request that is to be asked, and who takes in the answer. */
export interface Asking {
  readonly head: string;
  readonly request: LegacyRequest;
  readonly receiver: LegacyReceiver;
  /** What carries it, while it is under way. */
  connection: Connection | null;
  /** Where it stands, while it waits for a connection. */
  place: Place<Asking> | null;
}

/** Who has opened a connection. */
export interface ConnectionOwner {
  /** It is there, and has nothing to do. */
  opened(connection: Connection): void;
  /** Its answer is complete, and it may be asked again within so many milliseconds. */
  released(connection: Connection, keptMs: number): void;
  /** It is no more, or never was: `unopened` says why. */
  closed(connection: Connection, unopened: Error | null): void;
}

/**
 * Where all connections read to, one after the other: the parser has copied what it keeps before the next read begins. So
 * a connection holds no memory for it, and no read makes garbage.
 */
const slab = Buffer.allocUnsafeSlow(65_536);

/** What has been sent by a legacy that is gone is there within this time. */
const restMs = 10;

/**
 * One connection to legacy, which carries one request at a time:
 *
 *    opening ─▶ ready ◀─▶ asked        any of them ─▶ closed
 *
 * It always reads, but where a receiver holds it back: a byte or an end that comes while it is ready closes it at once.
 */
export class Connection implements AnswerSink {
  /** When it has been idle for so long that legacy may be about to close it. */
  staleAtMs = 0;
  /** When the loop had last polled twice since it was used. */
  restedAtMs = -Infinity;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser = new AnswerParser(this);
  #isOpen = false;
  #isClosed = false;
  #asking: Asking | null = null;
  /** A streamed body that is being sent. */
  #body: Readable | null = null;
  /** Wakes who waits until the socket takes more. */
  #drained: () => void = () => undefined;
  #isHeldBack = false;
  /** Whether anything has moved since the last look at it. */
  #hasMoved = true;
  #silentSinceMs = 0;

  constructor(dial: Dial, readyEvent: string, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = dial({
      onread: { buffer: slab, callback: (length) => this.#read(length) },
    });
    this.#socket.once(readyEvent, () => {
      this.#isOpen = true;
      owner.opened(this);
    });
    this.#outliveWrites();
    this.#socket.on('drain', () => this.#drained());
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#broken(error));
    this.#socket.once('close', () => this.#broken(new Error('the connection was closed')));
  }

  /** Whether it is no more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Asks. The connection is ready. */
  ask(asking: Asking): void {
    const { head, request } = asking;
    const { method, body, lengthBytes } = request;
    this.#asking = asking;
    asking.connection = this;
    this.#hasMoved = true;
    this.#parser.expect(method);
    if (body === null) this.#socket.write(head, 'latin1');
    else if (Buffer.isBuffer(body)) {
      this.#socket.cork(); // one call to the system for both
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    } else {
      this.#socket.write(head, 'latin1');
      void this.#send(body, lengthBytes);
    }
  }

  /** Ends it, and breaks off what is under way. */
  breakOff(): void {
    this.#fail(broke('it was broken off'));
  }

  /** Ends it. Nothing is under way. */
  close(unopened: Error | null = null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#body?.destroy();
    this.#drained();
    this.#socket.destroy();
    this.#owner.closed(this, unopened);
  }

  /** Looked at now and then: gives up on an answer of which nothing has come for so long. */
  look(nowMs: number, longestSilenceMs: number): void {
    if (this.#hasMoved || this.#isHeldBack || this.#asking === null) {
      this.#hasMoved = false;
      this.#silentSinceMs = nowMs;
    } else if (nowMs - this.#silentSinceMs >= longestSilenceMs) this.#fail(broke('nothing came any more'));
  }

  head({ status, reason, fields }: AnswerHead): void {
    const asking = this.#asking;
    asking?.receiver.head(status, reason, fields, {
      resume: () => {
        if (this.#asking === asking) this.#goOn();
      },
    });
  }

  data(piece: Buffer): void {
    if (this.#asking === null || this.#asking.receiver.data(piece)) return;
    this.#isHeldBack = true;
    this.#socket.pause();
  }

  #goOn(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.#socket.resume();
  }

  #read(length: number): boolean {
    this.#hasMoved = true;
    if (this.#asking === null) this.close();
    else this.#take(() => this.#parser.feed(slab, length));
    return true;
  }

  #ended(): void {
    if (!this.#isOpen) return; // an error follows, and says why
    if (this.#asking !== null) this.#take(() => this.#parser.finish());
    this.close();
  }

  /** Has the parser read on. What it refuses, and what the receiver throws, is the end of the connection. */
  #take(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      return this.#fail(asProblem(thrown, 'LEGACY_BROKE'));
    }
    if (this.#asking !== null && this.#parser.isOver) this.#over(this.#asking);
  }

  #over(asking: Asking): void {
    this.#asking = null;
    asking.connection = null;
    this.#goOn();
    // A body that is not wanted any more is not sent on; what has been sent of it is the last thing this connection says.
    const keptMs = this.#body === null && !this.#isClosed ? this.#parser.keptMs : 0;
    if (keptMs > 0) this.#owner.released(this, keptMs);
    else this.close();
    asking.receiver.end();
    asking.receiver.exited(null);
  }

  #broken(error: Error): void {
    if (this.#isClosed) return;
    const code = (error as { code?: unknown }).code;
    if (!this.#isOpen) this.close(error);
    else this.#fail(broke(`${error.message} (${String(code)})`));
  }

  #fail(problem: Problem): void {
    const asking = this.#asking;
    this.#asking = null;
    this.close();
    if (asking === null) return;
    asking.connection = null;
    asking.receiver.failed(problem);
    asking.receiver.exited(null);
  }

  async #send(body: Readable, lengthBytes: number): Promise<void> {
    this.#body = body;
    let left = lengthBytes;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        left -= chunk.length;
        if (this.#isClosed || this.#socket.errored !== null || left < 0) break;
        this.#hasMoved = true;
        if (!this.#socket.write(chunk)) await this.#room();
      }
      if (this.#socket.errored !== null) return; // what has come of the answer is still read
      if (left !== 0) throw new Error('it is not as long as it was said to be');
      this.#body = null;
    } catch (thrown) {
      // Legacy is told by the end of the connection that this was not all.
      this.#fail(new Problem('GATEWAY_FAULT', `a body could not be sent on: ${String(thrown)}`, thrown));
    }
  }

  /**
   * Legacy may have answered and closed before it had read a body. A write that fails for it would have Node throw away
   * what has come before: so it is read first, for as long as there is some.
   */
  #outliveWrites(): void {
    const socket = this.#socket;
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: Error & { syscall?: string }) => {
      if (error?.syscall !== 'write' || this.#asking === null) return destroy(error);
      void this.#readRest(error);
      return socket;
    };
  }

  async #readRest(error: Error): Promise<void> {
    this.#drained();
    do {
      this.#hasMoved = false;
      await pass(restMs);
      await pollOnce();
    } while (!this.#isClosed && (this.#hasMoved || this.#isHeldBack));
    this.#broken(error);
  }

  #room(): Promise<void> {
    return new Promise((resolve) => (this.#drained = resolve));
  }
}
