import type { IncomingMessage } from 'node:http';
import { headerValue, requestHeaders } from '../exchange/headers.ts';
import { normalisePath } from '../exchange/path.ts';
import { decide, type Decision } from '../routing/decide.ts';
import { claimedIdOf, withoutId } from '../session/identity.ts';
import { connectionOf, originOf } from './client-address.ts';
import { findRoute, turnOf } from './lanes.ts';
import type { Parts } from './parts.ts';
import { hasTooManyCookies, whatIsImproper } from './proper.ts';
import { hasBody, noBody } from './receive.ts';

/** A WebSocket that a client asks for, and legacy is to be asked for. */
export interface Wish {
  readonly id: string;
  readonly startedMs: number;
  readonly decision: Decision;
  readonly target: string;
  readonly shownPath: string;
  readonly client: string;
  readonly headers: string[];
}

/** What legacy is to be asked for; null where nobody asks for a WebSocket, or legacy is not to serve it. */
export function wishOf(request: IncomingMessage, parts: Parts): Wish | null {
  const { rawHeaders: headers, method = '', httpVersion } = request;
  const isWebSocket = headerValue(headers, 'upgrade')?.trim().toLowerCase() === 'websocket';
  if (!isWebSocket || method !== 'GET' || hasBody(request)) return null;
  // HTTP/1.0 knows no upgrades (RFC 9110 section 7.8); of the rest Node looks at no field of an upgrade, and we have to.
  if (httpVersion !== '1.1' || headerValue(headers, 'host') === null) return null;
  if (whatIsImproper(request) !== null || hasTooManyCookies(request, parts.limits().clients)) return null;
  const startedMs = parts.clock.nowMs();
  const places = parts.sessions?.idPlaces ?? null;
  try {
    const target = normalisePath(request.url ?? '/');
    const found = findRoute({ method, target, headers, body: noBody }, parts);
    const from = originOf(connectionOf(request), headers, parts.limits().trust);
    const source = { headers, method, path: target.decoded, query: target.query, body: null };
    const id = parts.newId();
    const decision = decide(
      found.matched,
      {
        headers,
        params: found.params,
        address: from.address,
        sessionId: turnOf(places === null ? null : claimedIdOf(source, places), parts),
        exchangeId: id,
      },
      found.forced,
    );
    if (decision.serve !== 'legacy' || decision.route.upstream.cgi !== undefined) return null; // a CGI script speaks none
    return {
      id,
      startedMs,
      decision,
      target: target.target,
      shownPath: withoutId(target, places),
      client: from.address,
      headers: requestHeaders(headers, from),
    };
  } catch {
    return null; // it is refused as any request of its kind
  }
}
