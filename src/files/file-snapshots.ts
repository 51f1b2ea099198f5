import type { Clock } from '../exchange/clock.ts';
import { patientLook, type SnapshotReader } from '../session/look.ts';
import type { Locker } from './locker.ts';
import type { SessionFolder } from './session-folder.ts';
import { readSession } from './session-reader.ts';

/** A reader on the locker of the gateway, which is not closed with it. A look that is late goes on to its end. */
export function fileSnapshots(folder: SessionFolder, locker: Locker, clock: Clock): SnapshotReader {
  return {
    look: patientLook((id) => readSession(folder, id, locker, clock), clock),
    close: () => Promise.resolve(),
  };
}
