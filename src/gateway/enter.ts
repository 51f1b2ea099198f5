import { asProblem, type Problem } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Route } from '../routing/route.ts';
import { leaseOnNothing, type Lease } from '../session/lease.ts';
import type { Sight } from '../session/snapshot.ts';
import type { Client } from './client.ts';
import type { Parts } from './parts.ts';

/** A turn, and the session as it was found; null where nobody looked. */
export interface Entered {
  readonly lease: Lease;
  readonly before: Sight | null;
  readonly problem: null;
}

/** A turn, or the reason why there is none. */
export type Entry = Entered | { readonly problem: Problem };

/** Waits for the turn a route needs: `write` takes one, everything else has nothing to wait for. */
export async function enter(exchange: Exchange, route: Route, client: Client, parts: Parts): Promise<Entry> {
  const { sessions } = parts;
  const { sessionId } = exchange;
  if (sessions === null || sessionId === null || route.session !== 'write') {
    return { lease: leaseOnNothing(sessionId), before: null, problem: null };
  }
  try {
    const lease = await sessions.turnstile.enter(sessionId, sessions.patienceMs, client.gone);
    const before = sessions.watch === null ? null : await sessions.watch.look(sessionId);
    return { lease, before, problem: null };
  } catch (thrown) {
    return { problem: asProblem(thrown, 'LOCK_DOWN') };
  }
}
