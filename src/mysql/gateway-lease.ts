import type { Clock } from '../exchange/clock.ts';
import { HeldLocks } from './held-locks.ts';
import type { LockRows } from './lock-rows.ts';

interface LeaseParts {
  /** A name that no gateway had before. */
  readonly owner: string;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Is told, once, how many locks were lost. */
  readonly onOver: (locks: number) => void;
}

/**
 * The right of a gateway to all the rows it has in the lock table: one row of its own, renewed every third of the
 * lease. Who sees a gateway's row unchanged for a whole lease, on its own clock, removes it, and then what was held
 * under it. So nobody's clock is compared with anybody else's: the nodes of a cluster do not agree on the time.
 *
 * A gateway gives up first. It counts from before it asked for its last renewal, the others from when they saw it; and
 * a row that was removed cannot be renewed. So it holds nothing for itself that another one has taken over already.
 */
export class GatewayLease {
  readonly owner: string;
  readonly #rows: LockRows;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #onOver: (locks: number) => void;
  readonly #held = new HeldLocks();
  /** The rows that are wanted. Any other of ours is one that could not be removed, or came after it was given up. */
  readonly #wanted = new Set<number>();
  /** When the renewals of other gateways were last seen to go on. */
  readonly #others = new Map<string, { writes: number; sinceMs: number }>();
  #lastToken = 0;
  #renewedMs: number;
  #isOver = false;
  #callOffBeat = (): void => undefined;
  #callOffEnd = (): void => undefined;

  /** Rejects with Problem LOCK_DOWN. */
  static async register(rows: LockRows, parts: LeaseParts): Promise<GatewayLease> {
    const lease = new GatewayLease(rows, parts);
    await rows.register(lease.owner);
    lease.#endInTime();
    await lease.#lookAround().catch(() => undefined); // the next beat does
    lease.#beatAfter(lease.#leaseMs / 3);
    return lease;
  }

  private constructor(rows: LockRows, parts: LeaseParts) {
    this.owner = parts.owner;
    this.#rows = rows;
    this.#clock = parts.clock;
    this.#leaseMs = parts.leaseMs;
    this.#onOver = parts.onOver;
    this.#renewedMs = parts.clock.nowMs();
  }

  get isOver(): boolean {
    return this.#isOver || this.#clock.nowMs() >= this.#renewedMs + this.#leaseMs;
  }

  /** The number of a row. The owner and its numbers are never used twice. */
  nextToken(): number {
    this.#wanted.add(++this.#lastToken);
    return this.#lastToken;
  }

  /** Notes a lock that was just had. */
  hold(): ReturnType<HeldLocks['add']> {
    return this.#held.add();
  }

  /** A token of which no row was ever made. */
  forget(token: number): void {
    this.#wanted.delete(token);
  }

  /** Removes a row of ours; where that cannot be done now, the next beat does. Never rejects. */
  async giveBack(token: number): Promise<void> {
    this.#wanted.delete(token);
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await this.#rows.remove(this.owner, token)) return;
    }
  }

  /** Everything held is lost, or nobody's concern any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#callOffBeat();
    this.#callOffEnd();
    this.#onOver(this.#held.loseAll());
  }

  #endInTime(): void {
    const leftMs = this.#renewedMs + this.#leaseMs - this.#clock.nowMs();
    this.#callOffEnd = this.#clock.after(Math.max(0, leftMs), () => {
      if (this.isOver) this.end();
      else this.#endInTime();
    });
  }

  #beatAfter(milliseconds: number): void {
    if (this.#isOver) return;
    this.#callOffBeat = this.#clock.after(milliseconds, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const askedMs = this.#clock.nowMs();
    const isThere = await this.#rows.renew(this.owner).catch(() => null);
    if (isThere === false) return this.end();
    if (isThere === true && !this.isOver) this.#renewedMs = askedMs;
    await this.#lookAround().catch(() => undefined); // the next beat does
    this.#beatAfter(isThere === true ? this.#leaseMs / 3 : this.#leaseMs / 20);
  }

  /** Removes what is nobody's any more: gateways that renew nothing, what they held, and what we do not want. */
  async #lookAround(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const there = await this.#rows.gateways();
    for (const { owner, writes } of there) {
      const seen = this.#others.get(owner);
      if (seen?.writes !== writes) this.#others.set(owner, { writes, sinceMs: nowMs });
      else if (nowMs - seen.sinceMs >= this.#leaseMs) await this.#rows.bury(owner, writes);
    }
    for (const owner of this.#others.keys()) {
      if (!there.some((other) => other.owner === owner)) this.#others.delete(owner);
    }
    for (const { owner, token } of await this.#rows.orphans()) await this.#rows.remove(owner, token);
    for (const token of await this.#rows.tokensOf(this.owner)) {
      if (!this.#wanted.has(token)) await this.#rows.remove(this.owner, token);
    }
  }
}
