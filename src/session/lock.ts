/**
 * What a lock is known by where it is kept, so that a write can ask there, in the statement itself, whether it is still
 * held: a named lock of MySQL's and the connection that holds it, a row of the lock table and its holder's token, or
 * nothing, where a port keeps the file of the session itself locked while it works.
 */
export type Fence =
  | { readonly kind: 'name'; readonly lockName: string; readonly connectionId: number }
  | { readonly kind: 'row'; readonly lockName: string; readonly owner: string; readonly token: number }
  | { readonly kind: 'file' };

/** Whether a lock is lost; an AbortSignal can say so. */
export interface Loss {
  readonly aborted: boolean;
}

/** A lock that was had. */
export interface HeldLock {
  readonly fence: Fence;
  /** Aborted when the lock is lost before it was released: somebody else may hold it by now. */
  readonly lost: Loss;
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

/** A lock with connections or processes of its own behind it. */
export interface KeptLock extends SessionLock {
  /** Rejects with Problem LOCK_DOWN where nobody could be asked now. */
  ping(): Promise<void>;
  /** Ends what keeps the locks; whatever is still held is freed with it. */
  close(): Promise<void>;
}
