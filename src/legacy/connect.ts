import { readFileSync } from 'node:fs';
import { connect as connectPlain, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { UpstreamTls } from '../routing/route.ts';

/** How long legacy may take to take a connection. */
export const connectMs = 3_000;

/** What TLS is told about whom to expect. */
type Verification = Pick<ConnectionOptions, 'ALPNProtocols' | 'rejectUnauthorized' | 'ca' | 'servername'>;

/** What the certificate of an https:// upstream is held against. Throws where the file of its authorities is gone. */
function tlsOptions({ hostname }: URL, tls: UpstreamTls | undefined): Verification {
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
function hostOf(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** A legacy that vanishes without a word is found out after a while, by the system. */
const keepAliveMs = 60_000;

/** Opens a connection to an upstream; `connect`, or `secureConnect` over TLS, says that it is there. */
export type Dial = (more: Pick<TcpNetConnectOpts, 'allowHalfOpen' | 'onread'>) => Socket;

/**
 * The way to open connections to an upstream. Over TLS it is held against its own name, never against what a client has
 * written into its Host field.
 */
export function dialTo(origin: URL, tls: UpstreamTls | undefined): Dial {
  const isEncrypted = origin.protocol === 'https:';
  const where = {
    host: hostOf(origin.hostname),
    port: Number(origin.port) || (isEncrypted ? 443 : 80),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  };
  if (!isEncrypted) return (more) => connectPlain({ ...where, ...more });
  const verification = tlsOptions(origin, tls);
  let session: Buffer | undefined; // saves most of the next handshake
  return (more) => {
    const socket = connectTls({ ...where, ...verification, ...more, ...(session && { session }) });
    return socket.on('session', (next: Buffer) => (session = next));
  };
}

/** The event that says a connection is there. */
export function readyEvent(origin: URL): 'connect' | 'secureConnect' {
  return origin.protocol === 'https:' ? 'secureConnect' : 'connect';
}
