import type { Fence, Loss } from './lock.ts';

/** The right to one turn in a session. It is left when the side is finished, never because the client is gone. */
export interface Lease {
  readonly sessionId: string | null;
  /** Milliseconds waited in the queue of this process, and for another gateway. */
  readonly waitedMs: { readonly local: number; readonly database: number };
  /** Whether the session was busy when the request came: a race that did not happen. */
  readonly overlapped: boolean;
  /** Whether it was had within the turn of another request, which waits for this one. */
  readonly isWithin: boolean;
  /** What a request made from within this turn shows in its Banyan-Lease field to join it; null where it cannot. */
  token(): string | null;
  /** How a write can prove at the database that the turn is still ours; null for a lease on nothing. */
  readonly fence: Fence | null;
  /** Aborted when the turn was lost before it was left. */
  readonly lost: Loss;
  /**
   * Gives the turn to the next one, after `lastly`, which must not reject. From here on nobody works on the session:
   * a request that comes now has not overlapped with anything. Doing it twice does nothing. Never rejects.
   */
  leave(lastly?: () => Promise<void>): Promise<void>;
}

/** The lease of a request that needs no turn. */
export const noLease: Lease = Object.freeze({
  sessionId: null,
  waitedMs: { local: 0, database: 0 },
  overlapped: false,
  isWithin: false,
  fence: null,
  token: () => null,
  lost: { aborted: false },
  leave: () => Promise.resolve(),
});

/** A request without a session has nothing to wait for; one with a session it may not touch has not either. */
export function leaseOnNothing(sessionId: string | null): Lease {
  return sessionId === null ? noLease : { ...noLease, sessionId };
}
