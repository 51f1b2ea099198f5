import type { Clock } from '../exchange/clock.ts';
import type { Presence } from '../session/presence.ts';
import { beyondSessions } from './file-lock.ts';
import { noPatience, type Hold, type Locker } from './locker.ts';

/** So many gateways can be told apart; one more is not seen by the others. */
const places = 16;
/** How often it is asked who is there: a gateway that came and went between is not seen. */
const everyMs = 2_000;

/**
 * Each gateway holds one of a few bytes of the lock file for as long as it runs, and so the others see that it is
 * there: one question every two seconds and one for each finding.
 */
export async function filePresence(locker: Locker, clock: Clock): Promise<Presence> {
  let place: Hold | null = null;
  let notAloneAtMs = Infinity; // until it is known better
  let isClosed = false;
  let callOff = (): void => undefined;

  const announce = async (): Promise<Hold> => {
    for (let at = 0; at < places; at++) {
      const hold = await locker.lockByte(beyondSessions + BigInt(at), noPatience);
      if (hold !== null) return hold;
    }
    throw new Error('every place is taken');
  };
  const ask = async (): Promise<void> => {
    if (place?.lost.aborted === true) place = null;
    const isNew = place === null;
    try {
      place ??= await announce();
      const others = await locker.isTaken(beyondSessions, places);
      if (isNew || others) notAloneAtMs = clock.epochMs();
    } catch {
      notAloneAtMs = Infinity;
      await place?.release();
      place = null;
    }
  };
  let asking: Promise<void> | null = null;
  const askOnce = (): Promise<void> => (asking ??= ask().finally(() => (asking = null)));
  const again = (): void => {
    callOff = clock.after(everyMs, () => {
      void askOnce().then(() => {
        if (!isClosed) again();
      });
    });
  };
  await askOnce();
  again();
  return {
    aloneSince: async (epochMs) => {
      await askOnce();
      return notAloneAtMs < epochMs;
    },
    close: async () => {
      isClosed = true;
      callOff();
      await asking;
      await place?.release();
    },
  };
}
