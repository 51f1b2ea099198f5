import { Roster } from '../exchange/roster.ts';
import type { Loss } from '../session/lock.ts';

/** A lock that is held: no AbortController, for one with a listener takes as long as the rest of a turn's bookkeeping. */
class Held implements Loss {
  aborted = false;
  readonly onLost: () => void;

  constructor(onLost: () => void) {
    this.onLost = onLost;
  }
}

/** Locks that are held on one condition, and are lost all at once when it ends. */
export class HeldLocks {
  readonly #held = new Roster<Held>();

  /** Notes a lock that was just had, and whom to tell when it is lost. `letGo` says whether it was still held. */
  add(onLost: () => void = () => undefined): { readonly lost: Loss; readonly letGo: () => boolean } {
    const lost = new Held(onLost);
    const place = this.#held.add(lost);
    return { lost, letGo: () => place.leave() };
  }

  /** Tells everybody, and says how many they were. */
  loseAll(): number {
    const held = this.#held.places();
    for (const place of held) {
      place.leave();
      place.value.aborted = true;
      place.value.onLost();
    }
    return held.length;
  }
}
