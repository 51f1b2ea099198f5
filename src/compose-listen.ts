import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Address } from './config/address.ts';

/** Where to listen: at an address, or on a socket that listens there already. */
export function placeOf(
  { host, tcpPort }: Address,
  fd: number | null,
): { host: string; port?: number; fd?: number } {
  return fd === null ? { host, port: tcpPort } : { host, fd };
}

/** The address that is listened at. */
export function urlOf(app: FastifyInstance, scheme: 'http' | 'https'): string {
  const address = app.server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${scheme}://${host}:${address.port}`;
}
