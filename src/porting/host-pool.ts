import { Pool } from 'undici';
import { maxAnswerHeaderSize } from './wire.ts';

/** Connections to one host at most, and as many as it opens to the database: each request has one of both. */
export const mostConnections = 64;

/** Connections to a port host: `socketPath` of a unix socket, or an `http://` origin. */
export function hostPool(where: { readonly socketPath: string } | { readonly origin: string }): Pool {
  const [origin, place] =
    'origin' in where ? [where.origin, {}] : ['http://port-host', { socketPath: where.socketPath }];
  return new Pool(origin, {
    ...place,
    connections: mostConnections,
    headersTimeout: 0, // the route's time is watched by the backend
    bodyTimeout: 0,
    maxHeaderSize: maxAnswerHeaderSize,
    connect: { timeout: 2_000 },
  });
}
