import type { Clock } from '../../src/exchange/clock.ts';

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /** Moves on; what is due meanwhile is called back, in order, each at its own time. */
  advance(milliseconds: number): void;
  /** How many calls back are still to come. */
  readonly pending: number;
}

/** A clock for a test. It begins at 0, and at the first second of 2003. */
export function fakeClock(): FakeClock {
  let now = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  return {
    nowMs: () => now,
    epochMs: () => 1_041_379_200_000 + now,
    after: (milliseconds, callback) => {
      const timer = { atMs: now + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    advance: (milliseconds) => {
      const end = now + milliseconds;
      for (;;) {
        const due = timers.filter((each) => each.atMs <= end);
        const [first] = due.sort((one, other) => one.atMs - other.atMs); // the sort is stable: ties in order
        if (first === undefined) break;
        timers = timers.filter((each) => each !== first);
        now = Math.max(now, first.atMs);
        first.callback();
      }
      now = end;
    },
    get pending() {
      return timers.length;
    },
  };
}

/** Lets everything that can go on without time passing go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
