import { createHash } from 'node:crypto';
import { Problem } from '../errors.ts';
import { cookieValue } from '../exchange/cookies.ts';
import type { RawHeaders } from '../exchange/headers.ts';

/**
 * The session a request names with its cookie, in one spelling. MySQL compares ids without regard to case and trailing
 * spaces, so `ABC` and `abc ` are one row and must be one turn (perl.md 1.2, measured). Null where there is none.
 *
 * Throws Problem BAD_SESSION_ID for an id with a byte that is not printable ASCII. No module makes such ids, and the
 * collations find 48 of those bytes equal to letters (`\xE9` to `e`, measured): they would be a second turn in the same
 * session.
 */
export function sessionIdOf(headers: RawHeaders, cookieName: string): string | null {
  const id = cookieValue(headers, cookieName)?.replace(/ +$/, '').toLowerCase() ?? '';
  if (/[^\x20-\x7e]/.test(id))
    throw new Problem('BAD_SESSION_ID', 'the session id holds a byte that is not ASCII');
  return id === '' ? null : id;
}

/** A short name for a session in logs: enough to tell sessions apart, nothing to enter one with. */
export function sessionLabel(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex').slice(0, 10);
}
