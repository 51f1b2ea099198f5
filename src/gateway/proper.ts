import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { ClientLimits } from '../exchange/client-limits.ts';
import { headerValues } from '../exchange/headers.ts';

/**
 * Why a request that Node's parser has taken is not proper HTTP all the same, in words for the log; null where it is.
 * Whoever stands before us may read each of these in another way, and take a part of one request for the next.
 */
export function whatIsImproper({ httpVersion, rawHeaders, headers }: IncomingMessage): string | null {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `it speaks HTTP/${httpVersion}`;
  if (headerValues(rawHeaders, 'host').length > 1) return 'there are two Host fields';
  if (headers['transfer-encoding'] === undefined) return null;
  if (httpVersion === '1.0') return 'HTTP/1.0 has no transfer codings (RFC 9112 section 6.1)';
  const codings = headerValues(rawHeaders, 'transfer-encoding');
  const isChunked = codings.length === 1 && codings[0]?.trim().toLowerCase() === 'chunked';
  return isChunked ? null : `it has the transfer coding ${codings.join(', ')}`; // Node takes off "chunked" only
}

/** Whether a request brings more cookies than it may; Node has joined their fields, as legacy is given them. */
export function hasTooManyCookies({ headers }: IncomingMessage, { cookieBytes }: ClientLimits): boolean {
  return headers.cookie !== undefined && headers.cookie.length > cookieBytes;
}

/**
 * Settles who is asked, in the Host field. With `GET http://shop/page` it is whom the target names, whatever that field
 * says, as in Apache (RFC 9112 section 3.2.2). HTTP/1.0 may name nobody: then it is the address the client has
 * connected to: HTTP/1.1 wants a name, and scripts build links with it.
 */
export function settleHost(target: string, { rawHeaders, httpVersion, socket }: IncomingMessage): void {
  const named = /^https?:\/\/([^/?]+)/i.exec(target)?.[1]?.toLowerCase();
  if (named === undefined && httpVersion === '1.1') return;
  const place = rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  const said = place === -1 ? '' : rawHeaders[place + 1];
  const host = named ?? (said || addressOf(socket));
  if (place === -1) rawHeaders.push('Host', host);
  else rawHeaders[place + 1] = host;
}

function addressOf({ localAddress = '', localPort }: Socket): string {
  const address = localAddress.replace(/^::ffff:/, '');
  return `${isIPv6(address) ? `[${address}]` : address}:${localPort}`;
}
