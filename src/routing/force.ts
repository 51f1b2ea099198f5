import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Side } from '../exchange/outcome.ts';

/** A side that somebody with the admin token has asked for. */
export interface Forced {
  readonly side: Side;
  readonly by: 'token' | 'link';
}

/** A pass that lets a tester have one side of one route, or of all, until it is over. */
export interface Pass {
  readonly side: Side;
  /** The name of a route, or `*` for every one. */
  readonly route: string;
  /** Seconds since 1970. */
  readonly untilSeconds: number;
}

/** `SIDE~ROUTE~SECONDS~SIGNATURE`: fit for a header, a cookie and a URL as it is; names of routes hold no `~`. */
export function signPass(pass: Pass, adminToken: string): string {
  const text = `${pass.side}~${pass.route}~${pass.untilSeconds}`;
  return `${text}~${signature(text, adminToken)}`;
}

/** A pass that was signed with this token and is not over at `nowMs`; else null. */
export function readPass(signed: string, adminToken: string, nowMs: number): Pass | null {
  const [, text = '', side, route = '', seconds, given = ''] =
    /^((legacy|port)~([\w.*-]{1,64})~(\d{1,12}))~([\w-]{43})$/.exec(signed) ?? [];
  if (!isSame(given, signature(text, adminToken))) return null;
  const untilSeconds = Number(seconds);
  return untilSeconds * 1000 > nowMs
    ? { side: side === 'port' ? 'port' : 'legacy', route, untilSeconds }
    : null;
}

/** Whether a text is the admin token. Takes the same time wherever it differs. */
export function isAdminToken(text: string, adminToken: string): boolean {
  return isSame(text, adminToken);
}

function signature(text: string, adminToken: string): string {
  return createHmac('sha256', adminToken).update(`banyan side ${text}`).digest('base64url');
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
