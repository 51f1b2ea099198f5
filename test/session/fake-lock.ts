import { Problem } from '../../src/errors.ts';
import type { Clock } from '../../src/exchange/clock.ts';
import type { HeldLock, SessionLock } from '../../src/session/lock.ts';

/** A lock in memory, with another gateway played by the test. */
export interface FakeLock extends SessionLock {
  /** The other gateway takes a session, or gives it back. */
  take(sessionId: string): void;
  giveBack(sessionId: string): void;
  /** The next one who asks for a session is told that nobody can be asked. */
  failNext(sessionId: string): void;
  /** Sessions somebody of ours holds now. */
  readonly held: ReadonlySet<string>;
  /** How often the lock of a session was asked for. */
  asked(sessionId: string): number;
}

/** Throws when two of ours hold one session at once: what the turnstile is there to prevent. */
export function fakeLock(clock: Clock): FakeLock {
  const held = new Set<string>();
  const taken = new Set<string>();
  const failing = new Set<string>();
  const asks = new Map<string, number>();
  const waiting = new Set<{ sessionId: string; go: () => void }>();

  const hold = (sessionId: string, contended: boolean): HeldLock => {
    if (held.has(sessionId)) throw new Error(`two requests hold the lock of ${sessionId}`);
    held.add(sessionId);
    return {
      fence: { kind: 'name', lockName: `lock of ${sessionId}`, connectionId: 1 },
      lost: new AbortController().signal,
      contended,
      release: async () => {
        await Promise.resolve();
        if (!held.delete(sessionId)) throw new Error(`the lock of ${sessionId} was given back twice`);
      },
    };
  };

  return {
    held,
    asked: (sessionId) => asks.get(sessionId) ?? 0,
    take: (sessionId) => void taken.add(sessionId),
    failNext: (sessionId) => void failing.add(sessionId),
    giveBack: (sessionId) => {
      taken.delete(sessionId);
      for (const each of waiting) if (each.sessionId === sessionId) each.go();
    },
    acquire: async (sessionId, patienceMs, gone) => {
      asks.set(sessionId, (asks.get(sessionId) ?? 0) + 1);
      if (held.has(sessionId)) throw new Error(`two requests ask for the lock of ${sessionId} at once`);
      if (failing.delete(sessionId)) throw new Problem('LOCK_DOWN', 'nobody can be asked');
      if (!taken.has(sessionId)) return hold(sessionId, false);
      if (gone.aborted) return null;
      return new Promise((resolve) => {
        const stop = (outcome: () => HeldLock | null): void => {
          waiting.delete(waiter);
          callOff();
          resolve(outcome());
        };
        const waiter = { sessionId, go: () => stop(() => hold(sessionId, true)) };
        waiting.add(waiter);
        const callOff = clock.after(patienceMs, () => stop(() => null));
        gone.addEventListener('abort', () => waiting.has(waiter) && stop(() => null), { once: true });
      });
    },
  };
}
