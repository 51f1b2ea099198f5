import type { Exchange } from '../exchange/exchange.ts';
import type { Outcome } from '../exchange/outcome.ts';
import type { FollowedRecord } from '../record.ts';
import type { Route } from '../routing/route.ts';
import { sessionLabel } from '../session/identity.ts';
import type { Lease } from '../session/lease.ts';
import type { SessionWork, TurnSeen } from '../session/lost-update.ts';
import type { Sight } from '../session/snapshot.ts';
import type { Entered } from './enter.ts';
import type { Followed } from './follow.ts';
import type { Parts } from './parts.ts';
import { Sights } from './sights.ts';

/** What was seen of an exchange's work on sessions; null where nobody looked. */
export interface Seen {
  readonly turn: TurnSeen | null;
  readonly followed: FollowedRecord | null;
  readonly aside: SessionWork | null;
}

/**
 * Gives the turns to the next ones, after a last look at the sessions. Resolves with what the one looked like that the answer
 * gave; null where nobody looked. Never rejects.
 */
export async function leave(
  lease: Lease,
  sights: Sights,
  outcome: Outcome,
  followed: Followed | null,
  parts: Parts,
): Promise<Sight | null> {
  const afterFollowed = followed?.lease == null ? null : await leaveFollowed(followed.lease, parts);
  await lease.leave(() => sights.leave(outcome.kind === 'failed' ? outcome : null));
  return afterFollowed;
}

async function leaveFollowed(lease: Lease, parts: Parts): Promise<Sight | null> {
  const sights = new Sights(lease, parts.sessions?.watch ?? null, parts.clock);
  await lease.leave(() => sights.leave(null));
  return sights.after;
}

/** What was seen of turns that are just over. To be called at once: turns go in order. */
export async function whatWasSeen(
  exchange: Exchange,
  route: Route,
  { lease, nested, witness }: Entered,
  { before, after }: Pick<Sights, 'before' | 'after'>,
  followed: Followed | null,
  afterFollowed: Sight | null,
  parts: Parts,
): Promise<Seen> {
  const watch = parts.sessions?.watch ?? null;
  const holder = { exchange: exchange.id, route: route.name };
  // What is done within a turn is that turn's: its own end tells the next one how the session was left.
  const turn =
    watch === null || lease.fence === null || lease.sessionId === null
      ? null
      : nested === null
        ? watch.turn(lease.sessionId, holder, { before, after })
        : { ...watch.aside({ before, after }), outside: null };
  const other =
    watch === null || followed?.lease == null
      ? null
      : watch.turn(followed.sessionId, holder, { before: followed.before, after: afterFollowed });
  return {
    turn: await turn,
    followed:
      followed === null
        ? null
        : { session: sessionLabel(followed.sessionId), notHad: followed.notHad, seen: await other },
    aside: witness === null ? null : await witness.end(),
  };
}
