import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Lease } from './lease.ts';
import type { SessionLock } from './lock.ts';
import type { TurnHolder } from './lost-update.ts';
import { Turnstile } from './turnstile.ts';

/**
 * A turn that is being held, and that requests made by whoever holds it may join. Those who join go one at a time among
 * themselves, and may be joined in their turn; the turn is over when the last of them has left.
 */
export class OpenTurn {
  readonly holder: TurnHolder;
  /** Whether it may be joined: a port keeps the row itself locked, so that nobody else could write it. */
  isJoinable = true;
  readonly #lease: Lease;
  readonly #parts: { readonly clock: Clock; readonly longestQueue: number };
  #inner: Turnstile | null = null;
  #within: OpenTurn | null = null;
  #joined = 0;
  #isClosed = false;
  readonly #empty = Promise.withResolvers<void>();

  constructor(lease: Lease, holder: TurnHolder, parts: { clock: Clock; longestQueue: number }) {
    this.#lease = lease;
    this.holder = holder;
    this.#parts = parts;
  }

  /** The turn that is worked in now: this one, or that of a request within it. */
  get innermost(): OpenTurn {
    return this.#within?.innermost ?? this;
  }

  /** Says which turn is worked in within this one; null when that is over. */
  workIn(turn: OpenTurn | null): void {
    this.#within = turn;
  }

  /** Joins. Waits for others who joined, and rejects as Turnstile.enter does, or with NESTED_REFUSED. */
  async join(patienceMs: number, gone: AbortSignal): Promise<Lease> {
    if (this.#isClosed)
      throw new Problem('NESTED_REFUSED', 'the request it was made within has ended meanwhile');
    this.#inner ??= new Turnstile({ ...this.#parts, lock: heldAlready(this.#lease) });
    this.#joined++;
    let inner: Lease;
    try {
      inner = await this.#inner.enter('', patienceMs, gone);
    } catch (thrown) {
      this.#left();
      throw thrown;
    }
    const leave = async (lastly?: () => Promise<void>): Promise<void> => {
      await inner.leave(lastly);
      this.#left();
    };
    let leaving: Promise<void> | null = null;
    const { sessionId } = this.#lease;
    // To have waited for its like is no race that was prevented: they are all one visitor's one request.
    return {
      ...inner,
      sessionId,
      overlapped: false,
      isWithin: true,
      leave: (lastly) => (leaving ??= leave(lastly)),
    };
  }

  /** Whether nobody is left who joined. */
  get isEmpty(): boolean {
    return this.#joined === 0;
  }

  /** Lets nobody join any more, and resolves when nobody is left who did. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#joined > 0) await this.#empty.promise;
  }

  #left(): void {
    if (--this.#joined === 0) this.#empty.resolve();
  }
}

/** The lock of those within: the one without holds it for them. */
function heldAlready({ fence, lost }: Lease): SessionLock {
  if (fence === null) throw new TypeError('a lease on nothing cannot be joined');
  return { acquire: async () => ({ fence, lost, contended: false, release: async () => undefined }) };
}
