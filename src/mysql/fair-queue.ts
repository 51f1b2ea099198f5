import type { Clock } from '../exchange/clock.ts';
import { Roster } from '../exchange/roster.ts';
import type { Asker } from './asker.ts';

/** The pauses of somebody who waits, while nothing moves; they are counted anew with every place moved up. */
const shortestPauseMs = 1;
const longestPauseMs = 10;
/** Doubled, they leave gaps between those who wait, and the queue grows out of its places (simulated). */
const pauseGrowth = 1.25;
/** Two statements of those who wait are at least so far apart. */
const betweenMs = 1;

/** So many questions go together in one statement: 0.4 ms of work where they wait, 1.2 ms where they are new, measured. */
export const mostAtOnce = 64;

interface Waiter<A> {
  readonly asker: A;
  readonly dueMs: number;
  /** Whether it moved up. */
  readonly answer: PromiseWithResolvers<boolean>;
}

/**
 * Waiting for a turn that another gateway has. All who wait are asked for together, in one statement a millisecond at
 * most, however many they are.
 *
 * What is guaranteed: once a gateway stands at a place, nobody who comes later has the turn before it, so it waits for
 * those ahead and no others, 7 at most. It stands at one with the second thing it asks (the third, in a table) where
 * the last place is free; until then one that is as new may pass it. So two gateways that always want one session
 * alternate, and up to six take turns strictly where a script takes 10 ms, the longest pause (fair-queue.test.ts).
 * What is not: where more of them leave gaps and fill the places up, the last place is whoever's asks for it first when
 * it is free. Each has the same odds, and nobody can name a bound.
 */
export class FairQueue<A extends Asker> {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #ask: (askers: readonly A[]) => Promise<readonly number[]>;
  readonly #waiting = new Roster<Waiter<A>>();
  #isAsking = false;
  #lastAskedMs = -Infinity;
  /** When the timer rings; Infinity where there is none. */
  #ringsMs = Infinity;
  #callOff = (): void => undefined;

  /**
   * `ask` takes the locks ahead of each asker, one after the other until one is not to be had, each time giving up
   * where it stood; for who is new, only where nobody stands behind. It says how many each has moved.
   */
  constructor(parts: {
    clock: Clock;
    random: () => number;
    ask: (askers: readonly A[]) => Promise<readonly number[]>;
  }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#ask = parts.ask;
  }

  /**
   * Ends when the asker has its turn, when its patience is over, or when `gone` is aborted; wherever it then stands is
   * the caller's to give up. Rejects as `ask` does.
   */
  async wait(asker: A, patienceMs: number, gone: AbortSignal): Promise<void> {
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    let moved = asker.asksForTurn && (await this.#askFor([asker]))[0] === true;
    let pauseMs = shortestPauseMs;
    while (!asker.hasTurn && !gone.aborted && this.#clock.nowMs() < deadlineMs) {
      if (asker.isNew) {
        [moved = false] = await this.#askFor([asker]);
        continue;
      }
      pauseMs = moved ? shortestPauseMs : Math.min(longestPauseMs, pauseMs * pauseGrowth);
      // Between half and all of it: gateways that ask in step would always find the same one first.
      const jitteredMs = Math.max(shortestPauseMs, (pauseMs * (1 + this.#random())) / 2);
      const dueMs = Math.min(this.#clock.nowMs() + jitteredMs, deadlineMs); // at the end once more
      moved = await this.#askLater(asker, dueMs, gone);
    }
  }

  async #askFor(askers: readonly A[]): Promise<boolean[]> {
    const moved = await this.#ask(askers);
    askers.forEach((asker, index) => asker.move(moved[index] ?? 0));
    return moved.map((steps) => steps > 0);
  }

  #askLater(asker: A, dueMs: number, gone: AbortSignal): Promise<boolean> {
    const waiter = { asker, dueMs, answer: Promise.withResolvers<boolean>() };
    const place = this.#waiting.add(waiter);
    const leave = (): void => {
      if (place.leave()) waiter.answer.resolve(false); // else the server is being asked just now
    };
    gone.addEventListener('abort', leave, { once: true });
    this.#wakeAt(dueMs);
    return waiter.answer.promise.finally(() => gone.removeEventListener('abort', leave));
  }

  #wakeAt(dueMs: number): void {
    const atMs = Math.max(dueMs, this.#lastAskedMs + betweenMs);
    if (this.#isAsking || atMs >= this.#ringsMs) return;
    this.#callOff();
    this.#ringsMs = atMs;
    this.#callOff = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => void this.#tick());
  }

  /** Asks for all who are due, and for those who would be before it may be asked again. */
  async #tick(): Promise<void> {
    this.#ringsMs = Infinity;
    const nowMs = this.#clock.nowMs();
    const due = this.#waiting.places().filter(({ value }) => value.dueMs < nowMs + betweenMs);
    if (nowMs >= this.#lastAskedMs + betweenMs && due.length > 0) {
      const places = due.sort((one, other) => one.value.dueMs - other.value.dueMs).slice(0, mostAtOnce);
      for (const place of places) place.leave();
      const first = places.map(({ value }) => value);
      this.#isAsking = true;
      this.#lastAskedMs = nowMs;
      try {
        const moved = await this.#askFor(first.map(({ asker }) => asker));
        first.forEach(({ answer }, index) => answer.resolve(moved[index] === true));
      } catch (thrown) {
        for (const { answer } of first) answer.reject(thrown);
      }
      this.#isAsking = false;
    }
    let nextMs = Infinity;
    for (const { value } of this.#waiting.places()) nextMs = Math.min(nextMs, value.dueMs);
    if (nextMs < Infinity) this.#wakeAt(nextMs);
  }
}
