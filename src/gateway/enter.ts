import { asProblem, Problem } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { NestedRecord } from '../record.ts';
import type { Route } from '../routing/route.ts';
import { leaseOnNothing, type Lease } from '../session/lease.ts';
import type { OpenTurn } from '../session/open-turn.ts';
import type { Client } from './client.ts';
import type { Parts, SessionParts } from './parts.ts';
import { beginToWitness, type Witness } from './witness.ts';

/** A turn. */
export interface Entered {
  readonly lease: Lease;
  readonly nested: NestedRecord | null;
  /** Who looks on where no turn is taken, or null. */
  readonly witness: Witness | null;
  readonly problem: null;
}

/** A turn, or the reason why there is none. */
export type Entry = Entered | { readonly problem: Problem; readonly nested: NestedRecord | null };

/** A turn that a request was made within, and how that is known. */
interface Outer {
  readonly turn: OpenTurn;
  readonly by: NestedRecord['by'];
}

/** Waits for the turn a route needs: `write` takes one, everything else has nothing to wait for. */
export async function enter(exchange: Exchange, route: Route, client: Client, parts: Parts): Promise<Entry> {
  const { sessions } = parts;
  const { sessionId } = exchange;
  if (sessions === null || sessionId === null || route.session !== 'write') {
    const witness = await beginToWitness(sessionId, route, parts);
    return { lease: leaseOnNothing(sessionId), nested: null, witness, problem: null };
  }
  let nested: NestedRecord | null = null;
  try {
    const outer = await outerTurn(exchange, sessionId, sessions);
    if (outer !== null) nested = { by: outer.by, within: outer.turn.holder };
    const turn =
      outer === null
        ? await sessions.turnstile.enter(sessionId, sessions.patienceMs, client.gone)
        : await joinOuter(outer, sessions, client);
    const holder = { exchange: exchange.id, route: route.name };
    const lease = sessions.nesting.open(turn, holder, outer?.turn ?? null, route.timeoutMs + graceMs);
    return { lease, nested, witness: null, problem: null };
  } catch (thrown) {
    return { problem: asProblem(thrown, 'LOCK_DOWN'), nested };
  }
}

/** How much longer than its route's time a lease token is good for: a script may print on for a while. */
const graceMs = 60_000;

/**
 * The turn this request was made within. A token says so for certain. Without one, a request that comes from a legacy
 * host, and that nobody has passed on, can only be a script's; where the session's turn is held by a script, it is that
 * one's, or it would wait for it in vain.
 */
async function outerTurn(
  exchange: Exchange,
  sessionId: string,
  { nesting, nestedBy }: SessionParts,
): Promise<Outer | null> {
  if (exchange.leaseToken !== null) {
    const turn = await nesting.byToken(exchange.leaseToken, sessionId);
    if (turn !== null) return { turn, by: 'token' };
  }
  if (exchange.wasForwarded || !nestedBy.hosts.includes(exchange.clientAddress)) return null;
  const turn = nesting.bySession(sessionId);
  return turn === null ? null : { turn, by: 'origin' };
}

function joinOuter({ turn, by }: Outer, sessions: SessionParts, client: Client): Promise<Lease> {
  const { exchange, route } = turn.holder;
  const within = `it was made within ${exchange} of route ${route}`;
  if (!turn.isJoinable) {
    throw new Problem(
      'NESTED_REFUSED',
      `${within}, whose port keeps the session locked until it has answered`,
    );
  }
  if (by === 'origin' && sessions.nestedBy.byOrigin === 'refuse') {
    throw new Problem('NESTED_REFUSED', `${within}, and routes.yaml says "nested: refuse"`);
  }
  return turn.join(sessions.patienceMs, client.gone);
}
