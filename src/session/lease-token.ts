import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Fence } from './lock.ts';

/** What a lease token says: whose turn it is, in which session, and until when it may be shown. */
export interface LeaseClaims {
  /** The gateway that signed it: it knows by itself which of its turns are held. */
  readonly gateway: string;
  /** The exchange that holds the turn. */
  readonly exchange: string;
  /** The label of the session, never its id: scripts that print their environment print the token, too. */
  readonly session: string;
  readonly fence: Fence;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Longer than any token of ours; what is longer is not looked at. */
const longestToken = 1024;

/** A token that whoever serves an exchange may hand on to requests of its own, so that they join its turn. */
export function signLease(claims: LeaseClaims, key: KeyObject): string {
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${text}.${signature(text, key).toString('base64url')}`;
}

/** What a token claims, or null where it was not signed with this key, is no token, or is out of date. Never throws. */
export function readLease(token: string, key: KeyObject, nowMs: number): LeaseClaims | null {
  const [text = '', signed = '', ...more] = token.length > longestToken ? [] : token.split('.');
  const given = Buffer.from(signed, 'base64url');
  const wanted = signature(text, key);
  if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  // What is signed was written by us, or by another gateway with our key.
  const claims = JSON.parse(Buffer.from(text, 'base64url').toString()) as LeaseClaims;
  return claims.expiresAtMs > nowMs ? claims : null;
}

function signature(text: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
