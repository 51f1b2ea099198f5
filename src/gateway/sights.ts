import type { Failed, SessionSeen } from '../exchange/outcome.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Lease } from '../session/lease.ts';
import type { Sight } from '../session/snapshot.ts';
import type { SessionWatch } from '../session/watch.ts';

/**
 * What the session of a turn was when it began and when it ended: said by a side that had it to itself, or else looked
 * for. A port host has read the row anyway, and wrote it: to look as well would be two round trips to the database for
 * each request, and two times that the gateway is woken for them (`bench ports`: a quarter of all requests).
 */
export class Sights {
  readonly #lease: Lease;
  readonly #watch: SessionWatch | null;
  readonly #clock: Clock;
  /** When it was found, whenever somebody comes to see it: from then on nobody else was at it. */
  readonly #enteredAtMs: number;
  #before: Sight | null = null;
  #after: Sight | null = null;

  /** To be made when the turn has come. */
  constructor(lease: Lease, watch: SessionWatch | null, clock: Clock) {
    this.#lease = lease;
    this.#watch = watch;
    this.#clock = clock;
    this.#enteredAtMs = clock.epochMs();
  }

  /** As it was found; null where nobody has seen it. */
  get before(): Sight | null {
    return this.#before;
  }

  /** As it was left; null where nobody has seen it, or somebody else may have been at it. */
  get after(): Sight | null {
    return this.#after;
  }

  /** Looks, before a side begins that will say nothing of it. Never rejects. */
  async find(): Promise<void> {
    this.#found((await this.#look())?.bytes);
  }

  /** Takes a side's word. */
  told({ before, after }: SessionSeen): void {
    if (this.#watch === null) return;
    this.#found(before);
    this.#after = { bytes: after, takenAtMs: this.#clock.epochMs() };
  }

  /** Looks a last time, where nobody has said how it was left. `failed` is a port's last word. Never rejects. */
  async leave(failed: Failed | null): Promise<void> {
    this.#after ??= await this.#look();
    if (this.#lease.lost.aborted) this.#after = null;
    const hasLeftNoTrace = failed?.problem.mayFallBack === true;
    if (hasLeftNoTrace && this.#before === null) this.#found(this.#after?.bytes);
  }

  #found(bytes: Buffer | null | undefined): void {
    this.#before = bytes === undefined ? null : { bytes, takenAtMs: this.#enteredAtMs };
  }

  async #look(): Promise<Sight | null> {
    const { sessionId, fence } = this.#lease;
    if (this.#watch === null || fence === null || sessionId === null) return null;
    return this.#watch.look(sessionId);
  }
}
