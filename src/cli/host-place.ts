import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { connect, type AddressInfo, type Server } from 'node:net';
import { isAbsolute } from 'node:path';
import { parseAddress, type Address } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { exitCodes, Failure } from './failure.ts';

/** Where a port host listens. */
export type HostPlace = { readonly socketPath: string } | Address;

/** The longest name of a unix socket (unix(7), sun_path). */
const longestPathBytes = 107;
/** Its owner and group may connect: whoever does can act as any session. */
const umaskOfSocket = 0o117;

/** Reads `unix:/run/ports.sock` or `host:port`. Throws a Failure. */
export function parsePlace(text: string): HostPlace {
  if (!text.startsWith('unix:')) {
    try {
      return parseAddress(text, '--listen');
    } catch (thrown) {
      const help = 'write unix:/run/ports.sock, or host:port';
      throw new Failure(exitCodes.usage, (thrown as Error).message, help, thrown);
    }
  }
  const socketPath = text.slice('unix:'.length);
  const help = 'write the whole path of a file, such as unix:/run/ports.sock';
  if (!isAbsolute(socketPath))
    throw new Failure(exitCodes.usage, `cannot listen at "${text}": it is no whole path`, help);
  return { socketPath };
}

/** The same of where routes.yaml says that the gateway finds its ports. */
export function placeIn({ url }: Settings['ports']): HostPlace | null {
  if (url === null || 'socketPath' in url) return url;
  const { hostname, port } = new URL(url.origin);
  return { host: hostname.replace(/^\[|\]$/g, ''), tcpPort: Number(port) || 80 };
}

/**
 * Has a server listen, and says where in the words of `ports: { url }`. A socket that a host has left behind which is no
 * more is taken away; one on which somebody listens stays, and is a Failure.
 */
export async function listenAt(server: Server, place: HostPlace): Promise<string> {
  if (!('socketPath' in place)) {
    await listening(server, () => server.listen({ host: place.host, port: place.tcpPort }));
    const { address, family, port } = server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }
  const { socketPath } = place;
  if (Buffer.byteLength(socketPath) > longestPathBytes)
    throw new Failure(
      exitCodes.findings,
      `cannot listen at ${socketPath}: the path of a socket has no more than ${longestPathBytes} bytes`,
    );
  await clear(socketPath);
  await listening(server, () => {
    const before = process.umask(umaskOfSocket); // changed afterwards, it would be open to all for a moment
    server.listen(socketPath);
    process.umask(before);
  });
  return `unix:${socketPath}`;
}

async function listening(server: Server, listen: () => void): Promise<void> {
  const isUp = once(server, 'listening');
  listen();
  await isUp.catch((error: Error) => {
    throw new Failure(exitCodes.findings, `the host cannot listen: ${error.message}`, null, error);
  });
}

async function clear(socketPath: string): Promise<void> {
  const found = lstatSync(socketPath, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new Failure(exitCodes.findings, `${socketPath} is there already, and is no socket`);
  if (await isAnswered(socketPath))
    throw new Failure(exitCodes.findings, `somebody listens at ${socketPath} already`, 'end that host first');
  rmSync(socketPath, { force: true });
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') return resolve(false);
      reject(new Failure(exitCodes.findings, `${socketPath} cannot be looked at: ${error.message}`));
    });
  });
}
