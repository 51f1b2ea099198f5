/** What a lock is known by at the database, so that a write can ask there whether it is still held. */
export interface Fence {
  readonly lockName: string;
  /** The database connection that holds it. */
  readonly connectionId: number;
}

/** A lock that was had. */
export interface HeldLock {
  readonly fence: Fence;
  /** Aborted when the lock is lost before it was released: somebody else may hold it by now. */
  readonly lost: AbortSignal;
  /** Whether somebody else held it when it was asked for. */
  readonly contended: boolean;
  /** Gives it back. Never rejects: a lock that cannot be given back ends with its connection. */
  release(): Promise<void>;
}

/** Mutual exclusion between gateways. */
export interface SessionLock {
  /**
   * Waits at most `patienceMs` for the lock of a session; null when it was not had by then, or when `gone` is aborted.
   * Rejects with Problem LOCK_DOWN when nobody can be asked.
   */
  acquire(sessionId: string, patienceMs: number, gone: AbortSignal): Promise<HeldLock | null>;
}
