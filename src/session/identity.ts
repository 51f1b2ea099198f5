import { createHash } from 'node:crypto';
import { cookieValue } from '../exchange/cookies.ts';
import type { RawHeaders } from '../exchange/headers.ts';

/**
 * The session a request names with its cookie, in one spelling. MySQL compares ids without regard to case and trailing
 * spaces, so `ABC` and `abc ` are one row and must be one turn (perl.md 1.2, measured). Null where there is none.
 */
export function sessionIdOf(headers: RawHeaders, cookieName: string): string | null {
  const value = cookieValue(headers, cookieName);
  const id = value?.toLowerCase().replace(/ +$/, '') ?? '';
  return id === '' ? null : id;
}

/** A short name for a session in logs: enough to tell sessions apart, nothing to enter one with. */
export function sessionLabel(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex').slice(0, 10);
}
