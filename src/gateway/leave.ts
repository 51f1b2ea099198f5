import type { Exchange } from '../exchange/exchange.ts';
import type { Outcome } from '../exchange/outcome.ts';
import type { FollowedRecord } from '../record.ts';
import type { Route } from '../routing/route.ts';
import { sessionLabel } from '../session/identity.ts';
import type { Lease } from '../session/lease.ts';
import type { SessionWork, TurnSeen } from '../session/lost-update.ts';
import type { Entered } from './enter.ts';
import type { Followed } from './follow.ts';
import type { Parts } from './parts.ts';
import type { Sights } from './sights.ts';

/** What was seen of an exchange's work on sessions; null where nobody looked. */
export interface Seen {
  readonly turn: TurnSeen | null;
  readonly followed: FollowedRecord | null;
  readonly aside: SessionWork | null;
}

/** Gives the turns to the next ones, after a last look at the sessions. Never rejects. */
export async function leave(
  lease: Lease,
  sights: Sights,
  outcome: Outcome,
  followed: Followed | null,
): Promise<void> {
  await followed?.lease?.leave(async () => followed.sights?.leave(null));
  await lease.leave(() => sights.leave(outcome.kind === 'failed' ? outcome : null));
}

/** What was seen of turns that are just over. To be called at once: turns go in order. */
export async function whatWasSeen(
  exchange: Exchange,
  route: Route,
  { lease, nested, witness }: Entered,
  { before, after }: Pick<Sights, 'before' | 'after'>,
  followed: Followed | null,
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
    watch === null || followed === null || followed.sights === null
      ? null
      : watch.turn(followed.sessionId, holder, followed.sights);
  return {
    turn: await turn,
    followed:
      followed === null
        ? null
        : { session: sessionLabel(followed.sessionId), notHad: followed.notHad, seen: await other },
    aside: witness === null ? null : await witness.end(),
  };
}
