import { setCookieValue } from '../exchange/cookies.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Outcome } from '../exchange/outcome.ts';
import type { Route } from '../routing/route.ts';
import { canonicalId, isId } from '../session/identity.ts';
import type { Lease } from '../session/lease.ts';
import { followedBy } from '../session/nesting.ts';
import type { Parts } from './parts.ts';
import { Sights } from './sights.ts';

/** A session that an answer gave the visitor, and its turn. */
export interface Followed {
  readonly sessionId: string;
  readonly lease: Lease | null;
  /** What it was like; null where there is no lease. */
  readonly sights: Sights | null;
  /** Why there is no lease, or null. */
  readonly notHad: string | null;
}

/** How long the head of an answer waits for the turn of a session that is nearly always new, and nobody else's. */
const patienceMs = 250;
const never = new AbortController().signal;

/**
 * Takes the turn of the session that a script gives its visitor, at a first visit or a login, before the visitor hears
 * of it. The script writes that session only as it ends, after its answer: without the turn the next request could
 * come first, find nothing there, and begin yet another session.
 */
export async function follow(
  exchange: Exchange,
  route: Route,
  outcome: Outcome,
  parts: Parts,
): Promise<Followed | null> {
  const { sessions } = parts;
  if (sessions === null || outcome.kind === 'failed' || outcome.side === 'port' || route.session !== 'write')
    return null;
  const given = setCookieValue(outcome.answer.headers, sessions.idPlaces.name, parts.clock.epochMs());
  const newId = given === null || !isId(given) ? '' : canonicalId(given, sessions.idPlaces);
  if (newId === '' || newId === exchange.sessionId) return null;
  try {
    const turn = await sessions.turnstile.enter(newId, patienceMs, never);
    const holder = { exchange: followedBy(exchange.id), route: route.name };
    const lease = sessions.nesting.open(turn, holder, null, route.timeoutMs);
    const sights = new Sights(lease, sessions.watch, parts.clock);
    await sights.find();
    return { sessionId: newId, lease, sights, notHad: null };
  } catch (thrown) {
    const notHad = thrown instanceof Error ? thrown.message : String(thrown);
    return { sessionId: newId, lease: null, sights: null, notHad };
  }
}
