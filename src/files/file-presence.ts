import type { Clock } from '../exchange/clock.ts';
import { keepPresence, type Presence } from '../session/presence.ts';
import { beyondSessions } from './file-lock.ts';
import { noPatience, type Hold, type Locker } from './locker.ts';

/** So many gateways can be told apart; one more is not seen by the others. */
const places = 16;

/** Each gateway holds one of a few bytes of the lock file for as long as it runs. */
export function filePresence(locker: Locker, clock: Clock): Promise<Presence> {
  let place: Hold | null = null;
  const announce = async (): Promise<Hold> => {
    for (let at = 0; at < places; at++) {
      const hold = await locker.lockByte(beyondSessions + BigInt(at), noPatience);
      if (hold !== null) return hold;
    }
    throw new Error('every place is taken');
  };
  return keepPresence(
    {
      announce: async () => {
        if (place?.lost.aborted === true) place = null;
        const isNew = place === null;
        place ??= await announce();
        return isNew;
      },
      areOthers: () => locker.isTaken(beyondSessions, places),
      leave: async () => {
        await place?.release();
        place = null;
      },
    },
    clock,
  );
}
