import type { Clock } from '../exchange/clock.ts';

/** Whether other gateways work on the same sessions: what they change under their turns is no conflict. */
export interface Presence {
  /** Whether it is certain that no other gateway was there from that moment (since 1970) until now. Never rejects. */
  aloneSince(epochMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Where gateways see each other: each has a place there of its own for as long as it runs. */
export interface MeetingPlace {
  /** Takes a place where we have none, or have none any more; gives back whether it was taken just now. */
  announce(): Promise<boolean>;
  /** Whether another place is taken. */
  areOthers(): Promise<boolean>;
  /** Gives ours up. Never rejects. */
  leave(): Promise<void>;
}

/** How often it is asked who is there: a gateway that came and went between is not seen. */
const everyMs = 2_000;

/** Keeps a place, and asks who else has one: every two seconds, and for each finding. */
export async function keepPresence(place: MeetingPlace, clock: Clock): Promise<Presence> {
  let notAloneAtMs = Infinity; // until it is known better
  let isClosed = false;
  let callOff = (): void => undefined;

  const ask = async (): Promise<void> => {
    try {
      const isNew = await place.announce();
      if ((await place.areOthers()) || isNew) notAloneAtMs = clock.epochMs();
    } catch {
      notAloneAtMs = Infinity;
      await place.leave();
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
      await place.leave(); // first: a question that nobody answers would be waited for
      await asking;
      await place.leave();
    },
  };
}
