import type { Running } from '../compose.ts';
import { exitCodes } from './failure.ts';

/** What does not let go of us, such as a database that says nothing, is given so long after the last request. */
const closeMs = 5_000;

/** How a process that serves comes to its end. */
export interface Ending {
  /** Finishes what is under way and exits: with 0, or where something was cut off with 6. Once is enough. */
  begin(): void;
  /** Cuts off what is under way. */
  now(): void;
}

/** The end of what runs here. */
export function endingOf(running: Running): Ending {
  const now = new AbortController();
  let hasBegun = false;
  return {
    begin: () => {
      if (hasBegun) return;
      hasBegun = true;
      // The turns are free once we are gone.
      setTimeout(() => process.exit(exitCodes.timedOut), running.drainMs() + closeMs);
      void running
        .close(now.signal)
        .then((cut) => process.exit(cut === 0 ? exitCodes.ok : exitCodes.timedOut));
    },
    now: () => now.abort(),
  };
}
