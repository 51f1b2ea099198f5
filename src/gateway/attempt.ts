import type { Exchange } from '../exchange/exchange.ts';
import type { Outcome } from '../exchange/outcome.ts';
import type { Presence } from '../routing/backend.ts';
import type { Decision } from '../routing/decide.ts';
import type { Lease } from '../session/lease.ts';
import type { Parts } from './parts.ts';
import type { Sights } from './sights.ts';

/**
 * Lets the decided side serve. When the port fails, and it is certain that it left no trace, legacy answers the same
 * request under the same turn; in every other case nobody runs it a second time.
 */
export async function attempt(
  exchange: Exchange,
  decision: Decision,
  lease: Lease,
  sights: Sights,
  client: Presence,
  parts: Parts,
): Promise<Outcome> {
  const { route } = decision;
  const askLegacy = async (): Promise<Outcome> => {
    await sights.find();
    return parts.legacy.handle(exchange, route, lease, client);
  };
  if (decision.serve === 'legacy') return askLegacy();
  parts.sessions?.nesting.allowJoining(exchange.id, false);
  if (!parts.port.tellsOfSessions) await sights.find();
  const outcome = await parts.port.handle(exchange, route, lease, client);
  if (outcome.kind === 'answered' && outcome.session !== undefined) sights.told(outcome.session);
  if (outcome.kind === 'answered' || !outcome.problem.mayFallBack || lease.lost.aborted) return outcome;
  if (route.fallback === 'error' && outcome.problem.code !== 'PORT_HANDED_OVER') return outcome;
  parts.sessions?.nesting.allowJoining(exchange.id, true);
  const instead = await askLegacy();
  return { ...instead, insteadOf: outcome };
}
