import type { Exchange } from '../exchange/exchange.ts';
import type { Outcome, Side } from '../exchange/outcome.ts';
import type { Lease } from '../session/lease.ts';
import type { Route } from './route.ts';

/** Of whoever asked: whether they are still there. */
export interface Presence {
  readonly left: boolean;
}

/** What both sides can do. */
export interface Backend {
  readonly side: Side;
  /** Whether it says with an answer what became of the session of its turn. Else somebody has to look before and after. */
  readonly tellsOfSessions: boolean;
  /**
   * Serves an exchange for real, under the turn in its session that `lease` stands for. Never rejects: whatever goes
   * wrong is an outcome. What waits to be begun is not begun for a client that has left.
   */
  handle(exchange: Exchange, route: Route, lease: Lease, client: Presence): Promise<Outcome>;
}
