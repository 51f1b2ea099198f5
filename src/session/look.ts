import type { Clock } from '../exchange/clock.ts';
import type { Sight } from './snapshot.ts';

/** Looks at sessions, for people. What it costs is bounded: no request fails or waits long for it. */
export interface SnapshotReader {
  /** The session as it is kept now; null where it could not be had soon enough. Never rejects. */
  look(id: string): Promise<Sight | null>;
  close(): Promise<void>;
}

/** Looks under way at once; beyond this one is left out. */
const mostLooks = 64;
/** How long a look may take: a turn waits for it. */
const patienceMs = 250;
/** How long nobody looks after a look that failed: a store in trouble must not cost every request its patience. */
const restMs = 1_000;

/**
 * Looks with bounded patience. `read` is told when nobody waits for it any more, and counts as a look until it settles,
 * however late that is.
 */
export function patientLook(
  read: (id: string, late: AbortSignal) => Promise<Buffer | null>,
  clock: Clock,
): SnapshotReader['look'] {
  let looks = 0;
  let restsUntilMs = -Infinity;
  const readOne = async (id: string, late: AbortSignal): Promise<Sight | null> => {
    looks++;
    try {
      return { bytes: await read(id, late), takenAtMs: clock.epochMs() };
    } catch {
      return null; // the same as being late
    } finally {
      looks--;
    }
  };
  return async (id) => {
    if (looks >= mostLooks || clock.nowMs() < restsUntilMs) return null;
    const late = new AbortController();
    const isOver = Promise.withResolvers<null>();
    const callOff = clock.after(patienceMs, () => {
      late.abort();
      isOver.resolve(null);
    });
    const sight = await Promise.race([isOver.promise, readOne(id, late.signal)]);
    callOff();
    if (sight === null) restsUntilMs = clock.nowMs() + restMs;
    return sight;
  };
}
