import type { Clock } from './clock.ts';

/** Something that may take until then, on the clock that only grows. */
export interface Bounded {
  readonly deadlineMs: number;
  /** It took too long. */
  late(): void;
}

/** So late a deadline may be noticed: whoever is late keeps nobody busy more often. */
const coarseMs = 10;

/**
 * Many deadlines on one timer, which is set to the nearest and looks for the next one when it strikes. Hardly a request
 * is ever late, and a timer of its own for each costs 1 us to set and call off (measured).
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #open = new Set<Bounded>();
  #strikesAtMs = Infinity;
  #callOff: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(each: Bounded): void {
    this.#open.add(each);
    if (each.deadlineMs < this.#strikesAtMs) this.#set(each.deadlineMs);
  }

  /** It is over, in time or not. */
  remove(each: Bounded): void {
    this.#open.delete(each);
  }

  #set(atMs: number): void {
    this.#callOff();
    this.#strikesAtMs = atMs;
    this.#callOff = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => this.#strike());
  }

  #strike(): void {
    const nowMs = this.#clock.nowMs();
    this.#strikesAtMs = Infinity;
    let nextMs = Infinity;
    for (const each of this.#open) {
      if (each.deadlineMs > nowMs) nextMs = Math.min(nextMs, each.deadlineMs);
      else if (this.#open.delete(each)) each.late();
    }
    if (nextMs < this.#strikesAtMs) this.#set(Math.max(nextMs, nowMs + coarseMs));
  }
}
