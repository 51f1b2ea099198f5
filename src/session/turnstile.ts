import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Lease } from './lease.ts';
import type { HeldLock, SessionLock } from './lock.ts';

interface Waiter {
  /** Lets the waiter through. */
  admit(): void;
}

interface Witness {
  disturbed: boolean;
}

/**
 * Requests of one session go through one at a time.
 *
 * First they queue in this process, first come first served; whoever is at the head then takes the lock that other
 * gateways see. So one session costs the database one waiter a gateway, however many of its requests are waiting.
 *
 * Invariant: a session has an entry in `#queues` exactly while somebody holds its place at the head, and that
 * somebody calls `#next` exactly once.
 */
export class Turnstile {
  readonly #queues = new Map<string, Waiter[]>();
  /** Sessions whose holder has finished its work and is only giving its turn back. */
  readonly #leaving = new Set<string>();
  /** Those who want to know whether anybody had a turn in a session while they looked at it. */
  readonly #witnesses = new Map<string, Set<Witness>>();
  readonly #lock: SessionLock;
  readonly #clock: Clock;
  readonly #longestQueue: number;
  #held = 0;
  #waiting = 0;

  constructor(parts: { lock: SessionLock; clock: Clock; longestQueue: number }) {
    this.#lock = parts.lock;
    this.#clock = parts.clock;
    this.#longestQueue = parts.longestQueue;
  }

  /** Turns held now. */
  get held(): number {
    return this.#held;
  }

  /** Requests waiting for a turn now. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Watches a session of which nobody has a turn: whether that is so until `stop`. Several may watch one session; they
   * disturb each other, for then nobody can say which of them wrote.
   */
  witness(sessionId: string): { undisturbed: () => boolean; stop: () => void } {
    const others = this.#witnesses.get(sessionId) ?? new Set();
    const witness: Witness = { disturbed: this.#queues.has(sessionId) || others.size > 0 };
    for (const other of others) other.disturbed = true;
    this.#witnesses.set(sessionId, others.add(witness));
    return {
      undisturbed: () => !witness.disturbed,
      stop: () => {
        others.delete(witness);
        if (others.size === 0) this.#witnesses.delete(sessionId);
      },
    };
  }

  /**
   * Waits for a turn. Rejects with Problem TURN_QUEUE_FULL, TURN_TIMEOUT, LOCK_DOWN, or CLIENT_GONE when `gone` is
   * aborted while waiting: a client who left is not served any more, and nothing has been started for it.
   */
  async enter(sessionId: string, patienceMs: number, gone: AbortSignal): Promise<Lease> {
    const startedMs = this.#clock.nowMs();
    for (const witness of this.#witnesses.get(sessionId) ?? []) witness.disturbed = true;
    const queued = this.#isWorkedOn(sessionId);
    const queue = this.#queues.get(sessionId);
    if (queue === undefined) this.#queues.set(sessionId, []);
    else await this.#reachHead(queue, patienceMs, gone);
    const headMs = this.#clock.nowMs();
    let lock: HeldLock | null;
    this.#waiting++;
    try {
      lock = await this.#lock.acquire(sessionId, Math.max(0, patienceMs - (headMs - startedMs)), gone);
      if (lock === null) throw gone.aborted ? clientGone() : turnTimeout(patienceMs);
      if (gone.aborted) {
        await lock.release();
        throw clientGone();
      }
    } catch (thrown) {
      this.#next(sessionId);
      throw thrown;
    } finally {
      this.#waiting--;
    }
    const waitedMs = { local: headMs - startedMs, database: this.#clock.nowMs() - headMs };
    return this.#lease(sessionId, lock, waitedMs, queued || lock.contended);
  }

  #lease(sessionId: string, lock: HeldLock, waitedMs: Lease['waitedMs'], overlapped: boolean): Lease {
    this.#held++;
    let left: Promise<void> | null = null;
    const leave = async (lastly?: () => Promise<void>): Promise<void> => {
      this.#leaving.add(sessionId);
      await lastly?.();
      this.#held--;
      await lock.release();
      this.#leaving.delete(sessionId);
      this.#next(sessionId);
    };
    return {
      sessionId,
      waitedMs,
      overlapped,
      isWithin: false,
      token: () => null,
      fence: lock.fence,
      lost: lock.lost,
      leave: (lastly) => (left ??= leave(lastly)),
    };
  }

  #isWorkedOn(sessionId: string): boolean {
    const queue = this.#queues.get(sessionId);
    return queue !== undefined && (queue.length > 0 || !this.#leaving.has(sessionId));
  }

  async #reachHead(queue: Waiter[], patienceMs: number, gone: AbortSignal): Promise<void> {
    if (queue.length >= this.#longestQueue) {
      throw new Problem('TURN_QUEUE_FULL', `${queue.length} requests of the session are waiting already`);
    }
    this.#waiting++;
    try {
      await this.#wait(queue, patienceMs, gone);
    } finally {
      this.#waiting--;
    }
  }

  #wait(queue: Waiter[], patienceMs: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        const place = queue.indexOf(waiter);
        if (place !== -1) queue.splice(place, 1);
        callOff();
        gone.removeEventListener('abort', leave);
        outcome();
      };
      const waiter: Waiter = { admit: () => settle(resolve) };
      const leave = (): void => settle(() => reject(clientGone()));
      const callOff = this.#clock.after(patienceMs, () => settle(() => reject(turnTimeout(patienceMs))));
      queue.push(waiter);
      if (gone.aborted) leave();
      else gone.addEventListener('abort', leave, { once: true });
    });
  }

  #next(sessionId: string): void {
    const first = this.#queues.get(sessionId)?.[0];
    if (first === undefined) this.#queues.delete(sessionId);
    else first.admit();
  }
}

function turnTimeout(patienceMs: number): Problem {
  return new Problem('TURN_TIMEOUT', `the turn was not had within ${patienceMs} ms`);
}

function clientGone(): Problem {
  return new Problem('CLIENT_GONE', 'the client left while it waited for its turn');
}
