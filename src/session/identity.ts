import { hash } from 'node:crypto';
import { Problem } from '../errors.ts';
import { cookieValue } from '../exchange/cookies.ts';
import { requestHead } from '../exchange/form.ts';
import type { RawHeaders } from '../exchange/headers.ts';
import { requestParams } from '../exchange/params.ts';
import { Recent } from './recent.ts';

/** Where an id stands in a path: behind one text, and before the other or the next slash. */
export interface PathId {
  readonly before: string;
  readonly after: string;
}

/** How a site names the session in its requests. */
export interface IdPlaces {
  /** The name of the cookie, and of the parameter. */
  readonly name: string;
  /** Where the id stands in a path, or null. */
  readonly path: PathId | null;
  /** Whether ids are compared as MySQL compares them: without regard to case and trailing spaces. */
  readonly isFolded: boolean;
}

/** Where the id of a session can stand in a request. */
export interface IdSource {
  readonly headers: RawHeaders;
  readonly method: string;
  /** Normalised and decoded, one character a byte. */
  readonly path: string;
  /** Raw, without `?`. */
  readonly query: string;
  /** The body, where it has been taken in; null before, and where it is too large to be kept in memory. */
  readonly body: Buffer | null;
}

/**
 * The session a request names: in its path where the site keeps it there, else as CGI::Session finds it, in the cookie,
 * else in the parameter of the same name; and in one spelling. MySQL compares ids without regard to case and trailing
 * spaces, so `ABC` and `abc ` are one row and must be one turn (perl.md 1.2, measured); to files they are two. Null
 * where there is none.
 *
 * Throws Problem BAD_SESSION_ID for an id with a byte that is not printable ASCII. No module makes such ids, and the
 * collations find 48 of those bytes equal to letters (`\xE9` to `e`, measured): they would be a second turn in the same
 * session.
 */
export function sessionIdOf(request: IdSource, places: IdPlaces): string | null {
  const claimed = claimedIdOf(request, places);
  return claimed === null ? null : canonicalId(claimed, places);
}

/**
 * The same as it is spelled: what a port opens, for there may be a session of just this id and another that is spelled
 * otherwise. Throws Problem BAD_SESSION_ID.
 */
export function claimedIdOf(request: IdSource, places: IdPlaces): string | null {
  const { name } = places;
  const cookie = cookieValue(request.headers, name);
  return checkedId(
    (places.path === null ? null : idInPath(request.path, places.path)) ??
      (cookie === null || cookie === '0' ? idParameter(request, name) : cookie), // Perl's `||`
  );
}

/** No module makes ids that are nearly so long. */
const longestId = 256;

/** Why a text cannot be the id of a session; null where it can. */
function faultOf(claimed: string): string | null {
  if (claimed.length > longestId) return `the session id has more than ${longestId} characters`;
  return /[^\x20-\x7e]/.test(claimed) ? 'the session id holds a byte that is not ASCII' : null;
}

/** Whether a text could be the id of a session at all. */
export function isId(text: string): boolean {
  return faultOf(text) === null && text.trim() !== '';
}

/** An id as a request names it; null for one that is empty or all blanks. Throws Problem BAD_SESSION_ID. */
export function checkedId(claimed: string | null): string | null {
  if (claimed === null) return null;
  const fault = faultOf(claimed);
  if (fault !== null) throw new Problem('BAD_SESSION_ID', fault);
  return claimed.trim() === '' ? null : claimed;
}

/** The one spelling of an id by which its turn is known. */
export function canonicalId(id: string, { isFolded }: Pick<IdPlaces, 'isFolded'>): string {
  return isFolded ? id.replace(/ +$/, '').toLowerCase() : id;
}

function idInPath(path: string, { before, after }: PathId): string | null {
  const at = path.indexOf(before);
  if (at === -1) return null;
  const rest = path.slice(at + before.length);
  const ends = [rest.indexOf('/'), after === '' ? -1 : rest.indexOf(after)].filter((end) => end !== -1);
  const id = rest.slice(0, Math.min(rest.length, ...ends));
  return id === '' ? null : id;
}

function idParameter({ headers, method, query, body }: IdSource, name: string): string | null {
  if (query === '' && body === null) return null;
  return requestParams({ ...requestHead(method, query, headers), body: body ?? Buffer.alloc(0) }).get(name);
}

/** The last labels: a turn asks for its own four times, and a hash takes a microsecond. */
const labels = new Recent<string>(1_000);

/** A short name for a session in logs: enough to tell sessions apart, nothing to enter one with. */
export function sessionLabel(sessionId: string): string {
  let label = labels.get(sessionId);
  if (label === undefined) {
    label = hash('sha256', sessionId, 'hex').slice(0, 10);
    // A copy: an id cut out of a cookie field would keep the whole field.
    const copy = Buffer.from(sessionId).toString();
    if (copy === sessionId) labels.set(copy, label);
  }
  return label;
}

/** A path for the log: where the site keeps ids in paths, one that stands in it is shown as its label. */
export function withoutId(target: { path: string; decoded: string }, places: IdPlaces | null): string {
  const id = places?.path == null ? null : idInPath(target.decoded, places.path);
  return id === null ? target.path : target.path.replaceAll(id, sessionLabel(id));
}
