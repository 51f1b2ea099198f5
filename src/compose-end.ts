import { Problem } from './errors.ts';
import { normalisePath } from './exchange/path.ts';
import { apologise } from './gateway/client.ts';
import type { Visit } from './gateway/visits.ts';
import { type IdPlaces, withoutId } from './session/identity.ts';
import type { Log } from './telemetry/log.ts';

/** Requests that are named in the line that says what was cut. */
const mostNamed = 20;
/** How long the last words may take: to clients, and of the processes that worked for them. */
const lastWordsMs = 1_000;

/** What it takes to cut requests off. */
export interface CutParts {
  readonly log: Log;
  readonly newId: () => string;
  /** Where ids stand that are not to be seen in the log. */
  readonly idPlaces: IdPlaces | null;
  /** Ends what works for requests. What it does not end in time ends with us. */
  readonly endWork: () => Promise<void>;
}

/**
 * Tells the clients of these requests that they are cut off, where no answer has begun, and names them in the log. Their
 * turns are not left: they are held for as long as this process can do anything to a session, and end with it.
 */
export async function cutOff(visits: readonly Visit[], parts: CutParts): Promise<void> {
  const { log, newId, idPlaces, endWork } = parts;
  const named = visits.map(({ request, response, method, target }) => {
    const id = newId();
    const hadBegun = response.headersSent;
    const answered = new Promise((resolve) => response.once('close', resolve));
    if (!response.destroyed) {
      if (!hadBegun) response.shouldKeepAlive = false;
      apologise(request, response, new Problem('CUT_OFF', 'the gateway ended'), id);
    }
    return { answered, line: { id, method, path: shownPath(target, idPlaces), hadBegun } };
  });
  const requests = named.slice(0, mostNamed).map(({ line }) => line);
  log.error('requests were cut off, for the gateway had to end', { cut: visits.length, requests });
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, lastWordsMs);
  await Promise.race([Promise.all([endWork(), ...named.map(({ answered }) => answered)]), late.promise]);
  clearTimeout(timer);
}

/** As much of a target as a log may hold. */
function shownPath(target: string, idPlaces: IdPlaces | null): string {
  try {
    return withoutId(normalisePath(target), idPlaces);
  } catch {
    return '';
  }
}
