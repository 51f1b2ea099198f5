import type { Clock } from '../exchange/clock.ts';
import { cookieValue } from '../exchange/cookies.ts';
import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import type { Answer } from '../exchange/outcome.ts';
import type { RequestTarget } from '../exchange/path.ts';
import { type Forced, isAdminToken, readPass } from '../routing/force.ts';
import type { Route } from '../routing/route.ts';

/** How a side is asked for: a field that is `legacy`, `port` or a pass, and for the first two the admin token. */
const sideField = 'banyan-side';
const tokenField = 'banyan-token';
/** A pass as a cookie, for browsers; and as a parameter, for the link that sets the cookie. */
const passName = 'banyan-side';

/** The side that a request may ask for and does; null where it does not, or may not. Never an error: it is then served as any. */
export function forcedSide(
  headers: RawHeaders,
  route: Route,
  adminToken: string | null,
  clock: Pick<Clock, 'epochMs'>,
): Forced | null {
  if (adminToken === null) return null;
  const asked = headerValue(headers, sideField);
  if (asked === 'legacy' || asked === 'port') {
    const token = headerValue(headers, tokenField);
    return token !== null && isAdminToken(token, adminToken) ? { side: asked, by: 'token' } : null;
  }
  const signed = asked ?? cookieValue(headers, passName);
  const pass = signed === null ? null : readPass(signed, adminToken, clock.epochMs());
  if (pass === null || (pass.route !== '*' && pass.route !== route.name)) return null;
  return { side: pass.side, by: 'link' };
}

/**
 * The answer to a tester's link, `…?banyan-side=PASS`: a cookie that lasts as long as the pass, and the same page without
 * it. Null for every other request, and for a pass that is forged or over: the script then sees the parameter.
 */
export function answerToLink(
  method: string,
  target: RequestTarget,
  adminToken: string | null,
  clock: Pick<Clock, 'epochMs'>,
): Answer | null {
  if (adminToken === null || method !== 'GET' || !target.query.includes(`${passName}=`)) return null;
  const parts = target.query.split('&');
  const given = parts.find((part) => part.startsWith(`${passName}=`));
  const signed = given?.slice(passName.length + 1) ?? '';
  const atMs = clock.epochMs();
  const pass = readPass(signed, adminToken, atMs);
  if (pass === null) return null;
  const rest = parts.filter((part) => part !== given).join('&');
  const seconds = Math.ceil(pass.untilSeconds - atMs / 1000);
  return {
    status: 303,
    headers: [
      'Location',
      pagePath(target.path) + (rest === '' ? '' : `?${rest}`),
      'Set-Cookie',
      `${passName}=${signed}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`,
      'Cache-Control',
      'no-store',
      'Content-Length',
      '0',
    ],
    body: null,
  };
}

/** A browser takes a backslash for a slash, and `//` for the beginning of another site's address. */
function pagePath(path: string): string {
  return path.replaceAll('\\', '%5C');
}
