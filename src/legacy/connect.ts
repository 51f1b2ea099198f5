import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import type { UpstreamTls } from '../routing/route.ts';

/** How long legacy may take to take a connection. */
export const connectMs = 3_000;

/** What TLS is told about whom to expect. */
export type Verification = Pick<
  ConnectionOptions,
  'ALPNProtocols' | 'rejectUnauthorized' | 'ca' | 'servername'
>;

/** What the certificate of an https:// upstream is held against. Throws where the file of its authorities is gone. */
export function tlsOptions({ hostname }: URL, tls: UpstreamTls | undefined): Verification {
  const caFile = tls?.caFile ?? null;
  const name = tls?.serverName ?? hostname;
  return {
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls?.isVerified ?? true,
    ...(caFile === null ? {} : { ca: readFileSync(caFile) }),
    // An address is no name to ask for (RFC 6066 section 3); the certificate is held against it all the same.
    ...(isIP(hostOf(name)) === 0 ? { servername: name } : {}),
  };
}

/** The host of an address as a socket wants it: IPv6 without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/**
 * Connects undici to an upstream. Left to itself it would take the name to verify from the Host field of each request,
 * which the client writes: a certificate would be held against whatever a client likes (undici 7.30, core/request.js).
 */
export function connectorTo(origin: URL, tls: UpstreamTls | undefined): buildConnector.connector {
  if (origin.protocol === 'http:') return buildConnector({ timeout: connectMs });
  const { servername, ...options } = tlsOptions(origin, tls);
  const connect = buildConnector({ ...options, timeout: connectMs });
  return (asked, callback) => connect({ ...asked, servername: servername ?? '' }, callback);
}
