import { closeSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { getSystemErrorMap } from 'node:util';
import type { Address } from '../config/address.ts';

/** A socket that is kept open for workers to listen on, and that nobody accepts from here. */
export interface SharedSocket {
  readonly fd: number;
  close(): void;
}

/** A handle as Node's own `cluster` opens it for its workers. */
interface Handle {
  readonly fd: number;
  getsockname(out: object): number;
  close(): void;
}

/** What Node does not document, and cluster is made of: a bound socket without a server that would accept from it. */
const { _createServerHandle: bind } = net as unknown as {
  _createServerHandle: (this: void, host: string, tcpPort: number, family: number) => Handle | number;
};

/**
 * Binds an address. The first worker that listens makes it a listening socket, and it stays one for as long as any process
 * has it: while a worker is replaced, connections wait in the queue of the others. Rejects where the address is taken.
 */
export async function bindSocket({ host, tcpPort }: Address): Promise<SharedSocket> {
  const { address, family } = await lookup(host);
  const handle = bind(address, tcpPort, family);
  // libuv keeps to itself that an address is in use, until somebody asks.
  const error = typeof handle === 'number' ? handle : handle.getsockname({});
  if (typeof handle !== 'number' && error === 0) return { fd: handle.fd, close: () => handle.close() };
  if (typeof handle !== 'number') handle.close();
  const [code, message] = getSystemErrorMap().get(error) ?? [String(error), 'unknown error'];
  throw new Error(`listen ${code}: ${message} ${host}:${tcpPort}`);
}

/** A socket that was opened for us already. */
export function passedSocket(fd: number): SharedSocket {
  return { fd, close: () => closeSync(fd) };
}
