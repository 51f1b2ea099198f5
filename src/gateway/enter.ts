import { asProblem, type Problem } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Route } from '../routing/route.ts';
import { leaseOnNothing, noLease, type Lease } from '../session/lease.ts';
import type { Client } from './client.ts';
import type { Parts } from './parts.ts';

/** A turn, or the reason why there is none. */
export type Entry = { readonly lease: Lease; readonly problem: null } | { readonly problem: Problem };

/** Waits for the turn a route needs: `write` takes one, everything else has nothing to wait for. */
export async function enter(exchange: Exchange, route: Route, client: Client, parts: Parts): Promise<Entry> {
  const { sessions } = parts;
  const { sessionId } = exchange;
  if (sessions === null || sessionId === null || route.session !== 'write') {
    return { lease: sessionId === null ? noLease : leaseOnNothing(sessionId), problem: null };
  }
  try {
    return {
      lease: await sessions.turnstile.enter(sessionId, sessions.patienceMs, client.gone),
      problem: null,
    };
  } catch (thrown) {
    return { problem: asProblem(thrown, 'LOCK_DOWN') };
  }
}
