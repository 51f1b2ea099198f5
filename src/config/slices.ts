import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../exchange/clock.ts';

/** How long requests may have to wait for one slice of something long. */
const sliceMs = 5;

/** Takes the steps of something long in slices, and lets everybody else have the thread between two. */
export async function inSlices<Result>(steps: Iterator<void, Result>, clock: Clock): Promise<Result> {
  let sinceMs = clock.nowMs();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.nowMs() - sinceMs < sliceMs) continue;
    await setImmediate();
    sinceMs = clock.nowMs();
  }
}
