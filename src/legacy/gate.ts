import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { type Place, Roster } from '../exchange/roster.ts';
import type { UpstreamLimits } from '../routing/route.ts';
import type {
  LegacyCall,
  LegacyControls,
  LegacyGate,
  LegacyReceiver,
  LegacyRequest,
  LegacyTransport,
  WaitingReceiver,
} from './transport.ts';

/** What a gate works with. */
export interface GateParts {
  /** The upstream's name, for the log. */
  readonly name: string;
  readonly transport: LegacyTransport;
  readonly clock: Clock;
  readonly limits: UpstreamLimits;
  /** Told of each request that had to wait, however that ended. */
  readonly waited: (milliseconds: number) => void;
}

/**
 * Gives an upstream no more requests at once than it can work on; the others wait, first come first served.
 *
 * A request has its place until legacy is done with it, not until its client has left: a script that nobody reads any
 * more still takes up a process. So one that is broken off keeps its connection until legacy begins to answer, for only
 * then does a broken connection tell legacy anything.
 *
 * A request that a script makes in the middle of its own goes ahead: its script would wait in vain for a place that it has
 * itself. Within a turn they go one at a time, so there are no more of them than there are places, for each depth.
 *
 * Invariant: while anybody waits, all places are taken, so whoever finds a place free overtakes nobody.
 */
export class Gate implements LegacyGate {
  readonly #parts: GateParts;
  readonly #waiting = new Roster<GatedCall>();
  #limits: UpstreamLimits;
  #running = 0;
  #isAdmitting = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#limits = parts.limits;
  }

  /** Requests that have a place now. */
  get running(): number {
    return this.#running;
  }

  /** Requests that wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many places there are. */
  get places(): number {
    return this.#limits.atOnce;
  }

  /** Holds it to other limits from now on. Who waits already, or runs, is not refused for it. */
  limit(limits: UpstreamLimits): void {
    this.#limits = limits;
    this.#admit();
  }

  send(request: LegacyRequest, receiver: WaitingReceiver): LegacyCall {
    const call = new GatedCall(this, request, receiver);
    if (this.#running < this.#limits.atOnce || receiver.goesAhead) {
      this.#running++;
      call.start(this.#parts.transport);
    } else if (this.#hasRoom()) this.#wait(call);
    else call.fail(new Problem('LEGACY_BUSY', `${this.#waiting.size} requests wait for ${this.#parts.name}`));
    return call;
  }

  /** Takes a call that waits out of the queue. Returns false where it does not wait. */
  withdraw(call: GatedCall): boolean {
    if (call.place?.leave() !== true) return false;
    this.#parts.waited(call.stopWaiting());
    return true;
  }

  /** Gives a place back. */
  done(): void {
    this.#running--;
    this.#admit();
  }

  /** Who has left meanwhile is not counted: a crowd that reloads would fill the queue. */
  #hasRoom(): boolean {
    if (this.#waiting.size < this.#limits.queue) return true;
    for (const { value } of this.#waiting.places()) if (!value.isWanted()) value.abort();
    return this.#waiting.size < this.#limits.queue;
  }

  #wait(call: GatedCall): void {
    const { name, clock } = this.#parts;
    const { waitMs } = this.#limits;
    call.place = this.#waiting.add(call);
    const sinceMs = clock.nowMs();
    const callOff = clock.after(waitMs, () => {
      this.withdraw(call);
      call.fail(new Problem('LEGACY_QUEUE_TIMEOUT', `no place at ${name} was free within ${waitMs} ms`));
    });
    call.stopWaiting = () => {
      callOff();
      return clock.nowMs() - sinceMs;
    };
  }

  /** A loop, because a call that fails at once gives its place back before `start` returns. */
  #admit(): void {
    if (this.#isAdmitting || this.#waiting.size === 0) return;
    this.#isAdmitting = true;
    for (let next = this.#waiting.first; next !== null; next = this.#waiting.first) {
      if (this.#running >= this.#limits.atOnce) break;
      const call = next.value;
      if (!call.isWanted()) call.abort();
      else {
        this.withdraw(call);
        this.#running++;
        call.start(this.#parts.transport);
      }
    }
    this.#isAdmitting = false;
  }
}

/** One request: what the caller holds of it, and what legacy's answer passes through. */
class GatedCall implements LegacyCall, LegacyReceiver {
  readonly #gate: Gate;
  readonly #request: LegacyRequest;
  readonly #receiver: WaitingReceiver;
  /** Where it stands, while it waits. */
  place: Place<GatedCall> | null = null;
  /** Legacy's end of it, once it has been given the request. */
  #call: LegacyCall | null = null;
  #hasHead = false;
  #isAborted = false;
  /** Ends its time; says how long it has waited. Set while it waits. */
  stopWaiting = (): number => 0;

  constructor(gate: Gate, request: LegacyRequest, receiver: WaitingReceiver) {
    this.#gate = gate;
    this.#request = request;
    this.#receiver = receiver;
  }

  start(transport: LegacyTransport): void {
    this.#receiver.given();
    this.#call = transport.send(this.#request, this);
  }

  isWanted(): boolean {
    return this.#receiver.isWanted();
  }

  /** Ends one that legacy has not been given. */
  fail(problem: Problem): void {
    this.#receiver.failed(problem);
    this.#receiver.exited(null);
  }

  abort(): void {
    if (this.#leaveQueue()) return;
    this.#isAborted = true;
    if (this.#hasHead) this.#call?.abort();
  }

  abortIfUnsent(): void {
    if (!this.#leaveQueue()) this.#call?.abortIfUnsent();
  }

  #leaveQueue(): boolean {
    if (!this.#gate.withdraw(this)) return false;
    this.fail(new Problem('CLIENT_GONE', 'it was called off while it waited for a place at legacy'));
    return true;
  }

  head(status: number, reason: string, headers: string[], controls: LegacyControls): void {
    this.#hasHead = true;
    this.#receiver.head(status, reason, headers, controls);
    if (this.#isAborted) queueMicrotask(() => this.#call?.abort()); // not while it still tells us
  }

  data(chunk: Buffer): boolean {
    return this.#receiver.data(chunk);
  }

  end(): void {
    this.#receiver.end();
  }

  failed(problem: Problem): void {
    this.#receiver.failed(problem);
  }

  exited(problem: Problem | null): void {
    this.#receiver.exited(problem);
    this.#gate.done();
  }
}
