import { createHash } from 'node:crypto';
import { Problem } from '../errors.ts';
import { cookieValue } from '../exchange/cookies.ts';
import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import { requestParams } from '../exchange/params.ts';

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
  const { name } = places;
  const cookie = cookieValue(request.headers, name);
  const claimed =
    (places.path === null ? null : idInPath(request.path, places.path)) ??
    (cookie === null || cookie === '0' ? idParameter(request, name) : cookie); // Perl's `||`
  const id = canonicalId(claimed ?? '', places);
  if (/[^\x20-\x7e]/.test(id))
    throw new Problem('BAD_SESSION_ID', 'the session id holds a byte that is not ASCII');
  return id === '' ? null : id;
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
  const contentType = headerValue(headers, 'content-type');
  if (body !== null && contentType !== null && /^multipart\/form-data\b/i.test(contentType)) {
    return multipartField(body.toString('latin1'), name);
  }
  if (query === '' && body === null) return null;
  return requestParams({ method, query, contentType, body: body ?? Buffer.alloc(0) }).get(name);
}

/** The value of a plain field of a multipart form: enough to find an id, not a reader of forms. */
function multipartField(text: string, name: string): string | null {
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const part = new RegExp(
    `\\r?\\n?content-disposition:[^\\r\\n]*\\bname="?${quoted}"?(?:;|\\r?\\n)`,
    'i',
  ).exec(text);
  if (part === null) return null;
  const from = /\r?\n\r?\n/g;
  from.lastIndex = part.index + part[0].length - 2;
  const blank = from.exec(text);
  return blank === null
    ? null
    : (/^[^\r\n]*/.exec(text.slice(from.lastIndex, from.lastIndex + 1024))?.[0] ?? null);
}

/** A short name for a session in logs: enough to tell sessions apart, nothing to enter one with. */
export function sessionLabel(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex').slice(0, 10);
}
