import type { ServerResponse } from 'node:http';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { type Bounded, Deadlines } from '../exchange/deadlines.ts';
import type { Place } from '../exchange/roster.ts';
import { answerHeaders } from '../exchange/headers.ts';
import type { Outlet } from '../exchange/outlet.ts';
import type { Upstream } from '../routing/route.ts';
import type { GateTo, LegacyCall, LegacyControls, WaitingReceiver } from './transport.ts';

/** A request that nobody needs to understand. It has no body. */
export interface PassOrder {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly upstream: Upstream;
  readonly headers: string[];
  readonly timeoutMs: number;
}

/** How a passed request ended. */
export interface Passed {
  /** The status that was sent, or null when nothing was: then the client still waits for an answer. */
  readonly status: number | null;
  readonly elapsedMs: number;
  readonly problem: Problem | null;
}

/** Makes the outlet of an answer whose head has been written. */
type OutletTo = (response: ServerResponse, resume: () => void) => Outlet;

/** What it takes to pass requests through. */
interface PassParts {
  readonly clock: Clock;
  readonly outletTo: OutletTo;
  readonly deadlines: Deadlines;
}

/**
 * Passes a request to legacy and its answer back, both as they flow. No turn is held, so nobody waits for a script
 * whose client has left: it is broken off, as it would be without us.
 */
export function passThrough(
  gateTo: GateTo,
  clock: Clock,
  outletTo: OutletTo,
): (response: ServerResponse, order: PassOrder) => Promise<Passed> {
  const parts: PassParts = { clock, outletTo, deadlines: new Deadlines(clock) };
  return (response, order) =>
    new Promise((resolve) => {
      const receiver = new ClientReceiver(response, order.timeoutMs, parts, resolve);
      response.on('close', () => receiver.closed());
      if (response.destroyed) return receiver.closed(); // already, and it is not said again
      receiver.call = gateTo(order.upstream).send({ ...order, body: null, lengthBytes: 0 }, receiver);
    });
}

class ClientReceiver implements WaitingReceiver, Bounded {
  readonly goesAhead = false;
  /** Set as soon as there is one; legacy may have failed before. */
  call: LegacyCall | null = null;
  /** Counted from when legacy is given the request. */
  deadlineMs = Infinity;
  readonly #response: ServerResponse;
  readonly #timeoutMs: number;
  #startedMs: number;
  readonly #parts: PassParts;
  readonly #done: (passed: Passed) => void;
  #status: number | null = null;
  #outlet: Outlet | null = null;
  #flowing = false;
  #isSent = false;
  #exit: { readonly problem: Problem | null } | null = null;
  #over = false;
  #place: Place<Bounded> | null = null;

  constructor(response: ServerResponse, timeoutMs: number, parts: PassParts, done: (passed: Passed) => void) {
    this.#response = response;
    this.#parts = parts;
    this.#done = done;
    this.#timeoutMs = timeoutMs;
    this.#startedMs = parts.clock.nowMs();
  }

  given(): void {
    this.#startedMs = this.#parts.clock.nowMs();
    this.deadlineMs = this.#startedMs + this.#timeoutMs;
    this.#place = this.#parts.deadlines.add(this);
  }

  isWanted(): boolean {
    return !this.#over;
  }

  late(): void {
    if (this.#status !== null) return; // it has begun
    const why = `legacy did not begin to answer within ${this.#timeoutMs} ms`;
    this.#giveUp(new Problem('LEGACY_TIMEOUT', why));
  }

  /** The client has everything, or has left. */
  closed(): void {
    if (!this.#response.writableFinished) this.#giveUp(new Problem('CLIENT_GONE', 'the client left'));
  }

  #giveUp(problem: Problem): void {
    if (this.#over || this.#isSent) return;
    this.#finish(problem);
    this.call?.abort();
  }

  head(status: number, reason: string, headers: string[], controls: LegacyControls): void {
    if (this.#over) return;
    this.#response.writeHead(status, reason, answerHeaders(headers));
    this.#status = status;
    this.#outlet = this.#parts.outletTo(this.#response, () => {
      if (!this.#over) controls.resume();
    });
    // A page that is printed as it is made must be seen as it is made: the head goes now unless data follows at once.
    // flushHeaders() would send it in UTF-8, and a byte of latin-1 as two (Node 24, measured); a write of nothing does not.
    queueMicrotask(() => {
      if (!this.#over && !this.#flowing) this.#response.write('', 'latin1');
    });
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#flowing = true;
    return this.#outlet?.write(chunk) ?? true;
  }

  end(): void {
    if (this.#over) return;
    this.#outlet?.end(() => {
      if (this.#over) return;
      this.#isSent = true;
      if (this.#exit !== null) this.#finish(this.#exit.problem);
    });
  }

  exited(problem: Problem | null): void {
    this.#exit = { problem };
    if (this.#isSent && !this.#over) this.#finish(problem);
  }

  failed(problem: Problem): void {
    if (this.#over) return;
    if (this.#status !== null) this.#response.destroy(); // a cut answer must look cut
    this.#finish(problem);
  }

  #finish(problem: Problem | null): void {
    this.#over = true;
    this.#place?.leave();
    const elapsedMs = this.#parts.clock.nowMs() - this.#startedMs;
    this.#done({ status: this.#status, elapsedMs, problem });
  }
}
