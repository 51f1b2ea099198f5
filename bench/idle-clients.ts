import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

/** Clients that have made a request and keep their connections. */
export interface IdleClients {
  /** How many connections are still open. */
  open(): number;
  /** Every connection is used once more; rejects where one of them is not what it was. */
  again(): Promise<void>;
  leave(): void;
}

const atOnce = 100;

/** Has so many clients ask for a page, each over a connection of its own, which it keeps. */
export async function openClients(
  url: string,
  clients: number,
  headersOf: (client: number) => string,
): Promise<IdleClients> {
  const { hostname, port, pathname } = new URL(url);
  const mayOpen = Number(
    /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1],
  );
  if (mayOpen < clients + 500)
    throw new Error(`${clients} clients need more open files than ${mayOpen}: raise the limit (ulimit -Hn)`);
  const sockets: Socket[] = [];
  const ask = (client: number): Promise<void> =>
    askOn(
      (sockets[client] ??= connect(Number(port), hostname)),
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n${headersOf(client)}\r\n`,
    );
  const all = async (): Promise<void> => {
    for (let first = 0; first < clients; first += atOnce) {
      const group = Array.from({ length: Math.min(atOnce, clients - first) }, (_, at) => ask(first + at));
      await Promise.all(group);
    }
  };
  await all();
  return {
    open: () => sockets.filter((socket) => !socket.destroyed && socket.readyState === 'open').length,
    again: all,
    leave: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sends a request and waits for the page, whose end is a line that nothing else of an answer has. */
function askOn(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = '';
    const settle = (problem?: Error): void => {
      socket.off('data', take).off('close', closed).off('error', settle);
      // From here on an idle connection that is closed is only counted.
      socket.on('error', () => undefined);
      if (problem === undefined) resolve();
      else reject(problem);
    };
    const take = (chunk: Buffer): void => {
      got += chunk.toString('latin1');
      if (!/a page\n(\r\n0\r\n\r\n)?$/.test(got)) return;
      settle(got.startsWith('HTTP/1.1 200 ') ? undefined : new Error(`not the page: ${got}`));
    };
    const closed = (): void => settle(new Error(`a connection was closed after: ${got}`));
    socket.on('data', take).once('close', closed).once('error', settle);
    socket.write(request);
  });
}
