import type { Clock } from '../exchange/clock.ts';
import type { Sight } from './snapshot.ts';

/** Looks at sessions, for people. What it costs is bounded: no request fails or waits long for it. */
export interface SnapshotReader {
  /** The session as it is kept now; null where it could not be had soon enough. Never rejects. */
  look(id: string): Promise<Sight | null>;
  close(): Promise<void>;
}

/** How long a look may take: a turn waits for it. */
export const patienceMs = 250;
/** How long nobody looks after a look that failed: a store in trouble must not cost every request its patience. */
const restMs = 1_000;
/** Looks under way at once; beyond this one is left out. */
const mostLooks = 64;

/** Looks, and after a `read` that rejects looks no more for a while. */
export function restAfter(
  read: (id: string) => Promise<Buffer | null>,
  clock: Clock,
): SnapshotReader['look'] {
  let restsUntilMs = -Infinity;
  return async (id) => {
    if (clock.nowMs() < restsUntilMs) return null;
    try {
      return { bytes: await read(id), takenAtMs: clock.epochMs() };
    } catch {
      restsUntilMs = clock.nowMs() + restMs;
      return null;
    }
  };
}

/** Looks with bounded patience. A `read` counts as a look until it settles, however late that is. */
export function patientLook(
  read: (id: string) => Promise<Buffer | null>,
  clock: Clock,
): SnapshotReader['look'] {
  let looks = 0;
  const look = restAfter(async (id) => {
    looks++;
    const reading = read(id).finally(() => looks--);
    const late = Promise.withResolvers<never>();
    const callOff = clock.after(patienceMs, () => late.reject(new Error('nobody waits any more')));
    try {
      return await Promise.race([reading, late.promise]);
    } finally {
      callOff();
    }
  }, clock);
  return (id) => (looks >= mostLooks ? Promise.resolve(null) : look(id));
}
