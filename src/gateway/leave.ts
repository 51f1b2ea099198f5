import type { Exchange } from '../exchange/exchange.ts';
import type { Route } from '../routing/route.ts';
import type { TurnSeen } from '../session/lost-update.ts';
import type { Sight } from '../session/snapshot.ts';
import type { Entered } from './enter.ts';
import type { Parts } from './parts.ts';

/** A turn that was left: what the session looked like just before. */
export interface LeftTurn {
  readonly after: Sight | null;
}

/** Gives the turn to the next one, after a last look at the session. Never rejects. */
export async function leave({ lease }: Entered, parts: Parts): Promise<LeftTurn> {
  const watch = parts.sessions?.watch ?? null;
  const { sessionId, fence } = lease;
  let sight = null as Sight | null;
  await lease.leave(async () => {
    if (watch !== null && fence !== null && sessionId !== null) sight = await watch.look(sessionId);
    if (lease.lost.aborted) sight = null; // of a turn that was lost it cannot be said whose bytes these are
  });
  return { after: sight };
}

/** What was seen of a turn that is just over; null where nobody looks. To be called at once: turns go in order. */
export async function whatWasSeen(
  exchange: Exchange,
  route: Route,
  { lease, before }: Entered,
  { after }: LeftTurn,
  parts: Parts,
): Promise<TurnSeen | null> {
  const watch = parts.sessions?.watch ?? null;
  if (watch === null || lease.fence === null || lease.sessionId === null) return null;
  return watch.turn(lease.sessionId, { exchange: exchange.id, route: route.name }, { before, after });
}
