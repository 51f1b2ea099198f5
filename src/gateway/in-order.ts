import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What becomes of a request that has waited: it is served, or nobody is there any more, or too many wait with it. */
export type AfterEarlier = 'served' | 'closed' | 'too many';

type Go = (isOpen: boolean) => void;

/**
 * A client that has so many requests waiting is cut off: each takes some 4 kB (measured), and Node reads on whatever we
 * say. Who still pipelines sends ten.
 */
const mostWaiting = 1_000;

/** The requests of a connection that wait for the answer before theirs; null where none is being answered. */
const lines = new WeakMap<Socket, Go[] | null>();

/**
 * Waits until the answers before this one on its connection are complete. Node hands out all requests that a client
 * sends in one go at once; served so, a page would be asked for before the form sent ahead of it (RFC 9112 section
 * 9.3.2), and one client would have as many scripts run side by side as it likes. Null where there is nothing to wait
 * for.
 */
export function afterEarlier(socket: Socket, response: ServerResponse): Promise<AfterEarlier> | null {
  const line = lines.get(socket) ?? null;
  const begin = (): unknown => response.once('close', () => next(socket));
  if (line === null) {
    lines.set(socket, []);
    begin();
    return null;
  }
  if (line.length >= mostWaiting) {
    const isFirst = !socket.destroyed;
    socket.destroy();
    return Promise.resolve(isFirst ? 'too many' : 'closed');
  }
  return new Promise((resolve) => {
    line.push((isOpen) => {
      if (isOpen) begin();
      resolve(isOpen ? 'served' : 'closed');
    });
  });
}

function next(socket: Socket): void {
  const line = lines.get(socket) ?? [];
  if (socket.destroyed || socket.writableEnded) {
    for (const go of line.splice(0)) go(false);
    return;
  }
  const go = line.shift();
  if (go === undefined) lines.set(socket, null);
  else go(true);
}
