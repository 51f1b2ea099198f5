import type { KeyObject } from 'node:crypto';
import type { Clock } from '../exchange/clock.ts';
import { Register } from '../exchange/register.ts';
import { sessionLabel } from './identity.ts';
import { readLease, signLease } from './lease-token.ts';
import { noLease, type Lease } from './lease.ts';
import type { Fence } from './lock.ts';
import type { TurnHolder } from './lost-update.ts';
import { OpenTurn } from './open-turn.ts';

/** The name under which an exchange holds the turn of a session that it gave its visitor. */
export function followedBy(exchange: string): string {
  return `${exchange}+`;
}

/** Everything that nesting needs. */
export interface NestingParts {
  readonly clock: Clock;
  /** Tells this gateway from all others. */
  readonly gateway: string;
  /** Signs lease tokens; the same for all gateways that are to know each other's. Prepared once: that takes longer than to sign. */
  readonly key: KeyObject;
  readonly longestQueue: number;
  /** Whether a turn of another gateway is still held. Never rejects. */
  readonly isHeld: (fence: Fence) => Promise<boolean>;
}

/**
 * Requests within requests: a script that asks the site for another page with its own visitor's session, while it
 * holds the turn. The inner request must not wait for the turn, for the outer one waits for the inner: it joins.
 */
export class Nesting {
  readonly #parts: NestingParts;
  /** By exchange. */
  readonly #open = new Register<string, OpenTurn>();
  /** Turns of other gateways that were joined here, by exchange. */
  readonly #foreign = new Map<string, OpenTurn>();
  /** The outermost turns, by session. */
  readonly #sessions = new Register<string, OpenTurn>();

  constructor(parts: NestingParts) {
    this.#parts = parts;
  }

  /** Turns that can be joined now. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Says that an exchange holds a turn, `within` another or on its own. Gives back the lease, with the token by which
   * the turn can be joined for `lastsMs`; it is left only when all who joined have left.
   */
  open(lease: Lease, holder: TurnHolder, within: OpenTurn | null, lastsMs: number): Lease {
    const { sessionId, fence } = lease;
    if (sessionId === null || fence === null) return lease;
    const turn = new OpenTurn(lease, holder, this.#parts);
    this.#open.set(holder.exchange, turn);
    if (within === null) this.#sessions.set(sessionId, turn);
    else within.workIn(turn);
    const expiresAtMs = this.#parts.clock.epochMs() + lastsMs;
    const claims = {
      gateway: this.#parts.gateway,
      exchange: holder.exchange,
      session: sessionLabel(sessionId),
      fence,
      expiresAtMs,
    };
    const leave = async (lastly?: () => Promise<void>): Promise<void> => {
      this.#open.delete(holder.exchange); // from here on nobody new joins
      if (within === null) this.#sessions.delete(sessionId);
      await turn.close();
      within?.workIn(null);
      await lease.leave(lastly);
    };
    let leaving: Promise<void> | null = null;
    const { key } = this.#parts;
    return {
      ...lease,
      // Signed when it is asked for: a port is given none. No getter: V8 gives each object of a literal that has one a
      // hidden class of its own, in the old generation, and with it whatever the getter can see.
      token: () => signLease(claims, key),
      leave: (lastly) => (leaving ??= leave(lastly)),
    };
  }

  /** Says whether the turn of an exchange may be joined from now on. */
  allowJoining(exchange: string, isJoinable: boolean): void {
    const turn = this.#open.get(exchange);
    if (turn !== undefined) turn.isJoinable = isJoinable;
  }

  /** The turn a token stands for; null where it stands for none that is still held in this session. Never rejects. */
  async byToken(token: string, sessionId: string): Promise<OpenTurn | null> {
    const claims = readLease(token, this.#parts.key, this.#parts.clock.epochMs());
    if (claims === null) return null;
    if (claims.session !== sessionLabel(sessionId)) {
      // The session that it has just given its visitor is its own, too.
      const given = this.#sessions.get(sessionId);
      return given?.holder.exchange === followedBy(claims.exchange) ? given.innermost : null;
    }
    const known = this.#open.get(claims.exchange);
    if (known !== undefined || claims.gateway === this.#parts.gateway) return known ?? null;
    if (!(await this.#parts.isHeld(claims.fence))) return null;
    // Another gateway holds it. Whoever joins here goes beside those who join there; they are one visitor's one request.
    for (const [exchange, turn] of this.#foreign) if (turn.isEmpty) this.#foreign.delete(exchange);
    const lease = { ...noLease, sessionId, fence: claims.fence };
    const turn =
      this.#foreign.get(claims.exchange) ??
      new OpenTurn(lease, { exchange: claims.exchange, route: '' }, this.#parts);
    this.#foreign.set(claims.exchange, turn);
    return turn;
  }

  /** The turn that is worked in now in a session; null where none is, in this gateway. */
  bySession(sessionId: string): OpenTurn | null {
    return this.#sessions.get(sessionId)?.innermost ?? null;
  }
}
