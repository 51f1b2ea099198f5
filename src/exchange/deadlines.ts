import type { Clock } from './clock.ts';
import { type Place, Roster } from './roster.ts';

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
  readonly #open = new Roster<Bounded>();
  #strikesAtMs = Infinity;
  #callOff: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches it until its place is left. */
  add(each: Bounded): Place<Bounded> {
    if (each.deadlineMs < this.#strikesAtMs) this.#set(each.deadlineMs);
    return this.#open.add(each);
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
    for (const place of this.#open.places()) {
      const { deadlineMs } = place.value;
      if (deadlineMs > nowMs) nextMs = Math.min(nextMs, deadlineMs);
      else if (place.leave()) place.value.late();
    }
    if (nextMs < this.#strikesAtMs) this.#set(Math.max(nextMs, nowMs + coarseMs));
  }
}
