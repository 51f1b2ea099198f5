import type { ServerResponse } from 'node:http';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
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

/** Makes the outlet of an answer whose head has been written. */
type OutletTo = (response: ServerResponse, resume: () => void) => Outlet;

/** How a passed request ended. */
export interface Passed {
  /** The status that was sent, or null when nothing was: then the client still waits for an answer. */
  readonly status: number | null;
  readonly elapsedMs: number;
  readonly problem: Problem | null;
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
  return (response, order) =>
    new Promise((resolve) => {
      let startedMs = clock.nowMs();
      let callOff = (): void => undefined;
      const receiver = new ClientReceiver(response, outletTo, {
        given: () => {
          startedMs = clock.nowMs();
          callOff = clock.after(order.timeoutMs, () => {
            receiver.giveUp(
              new Problem('LEGACY_TIMEOUT', `legacy did not begin to answer within ${order.timeoutMs} ms`),
            );
          });
        },
        done: (status, problem) => {
          callOff();
          response.off('close', left);
          resolve({ status, elapsedMs: clock.nowMs() - startedMs, problem });
        },
      });
      const left = (): void => {
        if (response.writableFinished) return; // it has everything
        receiver.giveUp(new Problem('CLIENT_GONE', 'the client left'));
      };
      response.once('close', left);
      if (response.destroyed) return left(); // already, and it is not said again
      receiver.call = gateTo(order.upstream).send({ ...order, body: null, lengthBytes: 0 }, receiver);
    });
}

interface Telling {
  given(): void;
  done(status: number | null, problem: Problem | null): void;
}

class ClientReceiver implements WaitingReceiver {
  readonly goesAhead = false;
  /** Set as soon as there is one; legacy may have failed before. */
  call: LegacyCall | null = null;
  readonly #response: ServerResponse;
  readonly #outletTo: OutletTo;
  readonly #tell: Telling;
  #status: number | null = null;
  #outlet: Outlet | null = null;
  #flowing = false;
  #isSent = false;
  #exit: { readonly problem: Problem | null } | null = null;
  #over = false;

  constructor(response: ServerResponse, outletTo: OutletTo, tell: Telling) {
    this.#response = response;
    this.#outletTo = outletTo;
    this.#tell = tell;
  }

  given(): void {
    this.#tell.given();
  }

  isWanted(): boolean {
    return !this.#over;
  }

  /** Ends the wait for an answer that has not begun, or for a client that is gone. */
  giveUp(problem: Problem): void {
    if (this.#over || this.#isSent || (problem.code === 'LEGACY_TIMEOUT' && this.#status !== null)) return;
    this.#finish(problem);
    this.call?.abort();
  }

  head(status: number, reason: string, headers: string[], controls: LegacyControls): void {
    if (this.#over) return;
    this.#response.writeHead(status, reason, answerHeaders(headers));
    this.#status = status;
    this.#outlet = this.#outletTo(this.#response, () => {
      if (!this.#over) controls.resume();
    });
    // A page that is printed as it is made must be seen as it is made: the head goes now unless data follows at once.
    queueMicrotask(() => {
      if (!this.#over && !this.#flowing) this.#response.flushHeaders();
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
    this.#tell.done(this.#status, problem);
  }
}
