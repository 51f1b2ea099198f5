import { createHash } from 'node:crypto';
import type { HeldLock, KeptLock } from '../session/lock.ts';
import type { Hold, Locker } from './locker.ts';

/** The first byte that stands for no session. Presence has the ones from here. */
export const beyondSessions = 2n ** 62n;

/**
 * The byte of a session, the same for every gateway on the same folder. With a million turns held at once, the
 * chance that two of them share one of 2^62 bytes is one in ten million.
 */
export function byteOf(sessionId: string): bigint {
  return createHash('sha256').update(sessionId).digest().readBigUInt64BE() >> 2n;
}

/**
 * A byte of one lock file beside the sessions as the exclusion between the gateways of one machine. Perl never looks at
 * it, so a script may take the locks of its own while a gateway holds its turn. Who waits, waits in the kernel's queue:
 * first come first served, and a gateway that is killed leaves nothing locked.
 */
export class FileLock implements KeptLock {
  readonly #locker: Locker;
  readonly #onLost: (locks: number) => void;
  #lostNow = 0;

  /** The lock owns the locker; `onLost` is told how many locks went down with its process. */
  constructor(parts: { locker: Locker; onLost: (locks: number) => void }) {
    this.#locker = parts.locker;
    this.#onLost = parts.onLost;
  }

  async acquire(sessionId: string, patienceMs: number, gone: AbortSignal): Promise<HeldLock | null> {
    const hold = await this.#locker.lockByte(byteOf(sessionId), { ms: patienceMs, gone });
    return hold === null ? null : this.#hold(hold);
  }

  async ping(): Promise<void> {
    await this.#locker.isTaken(0n, 1);
  }

  close(): Promise<void> {
    return this.#locker.close();
  }

  #hold(hold: Hold): HeldLock {
    const { contended, lost } = hold;
    const lose = (): void => this.#lose();
    lost.addEventListener('abort', lose, { once: true });
    return {
      fence: { kind: 'file' },
      lost,
      contended,
      release: () => {
        lost.removeEventListener('abort', lose);
        return hold.release();
      },
    };
  }

  /** They are all lost at once, one after the other. */
  #lose(): void {
    this.#lostNow++;
    if (this.#lostNow > 1) return;
    queueMicrotask(() => {
      this.#onLost(this.#lostNow);
      this.#lostNow = 0;
    });
  }
}
