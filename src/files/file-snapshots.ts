import type { Clock } from '../exchange/clock.ts';
import type { Sight } from '../session/snapshot.ts';
import type { Locker } from './locker.ts';
import type { SessionFolder } from './session-folder.ts';
import { readSession } from './session-reader.ts';

/** Looks under way at once; beyond this one is left out. */
const mostLooks = 64;
/** How long a look may take: a turn waits for it. */
const patienceMs = 250;
/** How long nobody looks after a look that failed: a folder in trouble must not cost every request its patience. */
const restMs = 1_000;

/** Looks at files of sessions, for people. What it costs is bounded: no request fails or waits long for it. */
export interface FileSnapshots {
  /** The file as it is now; null where it could not be had soon enough. Never rejects. */
  look(id: string): Promise<Sight | null>;
  close(): Promise<void>;
}

/** A reader on the locker of the gateway, which is not closed with it. */
export function fileSnapshots(folder: SessionFolder, locker: Locker, clock: Clock): FileSnapshots {
  let looks = 0;
  let restsUntilMs = -Infinity;

  /** A look that is late goes on, and counts as one until it is over. */
  const read = async (id: string): Promise<Sight> => {
    looks++;
    try {
      return { bytes: await readSession(folder, id, locker, clock), takenAtMs: clock.epochMs() };
    } finally {
      looks--;
    }
  };
  const look = async (id: string): Promise<Sight | null> => {
    if (looks >= mostLooks || clock.nowMs() < restsUntilMs) return null;
    let callOff = (): void => undefined;
    const late = new Promise<null>((resolve) => {
      callOff = clock.after(patienceMs, () => resolve(null));
    });
    const sight = await Promise.race([late, read(id).catch(() => null)]);
    callOff();
    if (sight === null) restsUntilMs = clock.nowMs() + restMs;
    return sight;
  };
  return { look, close: () => Promise.resolve() };
}
