import type { Route } from '../routing/route.ts';
import type { SessionWork } from '../session/lost-update.ts';
import type { Parts } from './parts.ts';

/** Somebody who looks on while an exchange without a turn is served. */
export interface Witness {
  /** What the exchange did to the session; null where somebody else may have done it. Never rejects. */
  end(): Promise<SessionWork | null>;
}

/** How often an exchange of one route is looked at: two reads each, and a habit shows soon enough. */
const everyMs = 200;

/**
 * Looks at the session of an exchange that takes no turn in it, now and then. A route that says `read` or `none` and
 * writes all the same undoes the work of others (perl.md 0.1): it is to be named. Null where nobody looks.
 */
export async function beginToWitness(
  sessionId: string | null,
  route: Route,
  parts: Parts,
): Promise<Witness | null> {
  const { sessions, clock } = parts;
  const watch = sessions?.watch ?? null;
  if (sessions === null || watch === null || sessionId === null || route.session === 'write') return null;
  if (!sessions.witnessed.isDue(route.name, clock.nowMs(), everyMs)) return null;
  const testimony = sessions.turnstile.witness(sessionId);
  const before = await watch.look(sessionId);
  return {
    end: async () => {
      const after = before === null ? null : await watch.look(sessionId);
      testimony.stop();
      if (before === null || after === null || !testimony.undisturbed()) return null;
      const work = watch.aside({ before, after });
      if (work.wrote === 'unchanged') return work;
      return (await watch.aloneSince(before.takenAtMs)) ? work : null;
    },
  };
}
