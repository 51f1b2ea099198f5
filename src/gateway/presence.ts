import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How often a client that has sent a FIN is asked whether it is still there. */
const probeEveryMs = 100;

/** Finds out when nobody is there any more to have the answers that a connection waits for, oldest first. */
export function watchPresence(socket: Socket, answers: readonly ServerResponse[]): void {
  socket.once('end', () => later(socket, answers));
}

/**
 * A client that shuts its sending side may still want its answer (promises.md 2a), and one that is gone looks the same:
 * both send a FIN. So we say `102 Processing`, which every HTTP/1.1 client passes over (RFC 9110 section 15.2) and to
 * which the system of one that is gone answers with a reset; the next 102 then finds the connection closed. Without
 * it, a visitor who reloads impatiently would be waited for, and served, many times over.
 */
function probe(socket: Socket, answers: readonly ServerResponse[]): void {
  const [oldest] = answers;
  if (oldest === undefined || socket.destroyed) return;
  // The answer to an upgrade is on its connection only where it is no 101.
  const isOnItsWay = oldest.headersSent || oldest.socket === null;
  if (!isOnItsWay && oldest.req.httpVersion === '1.1') oldest.writeProcessing();
  later(socket, answers);
}

/** Also at first: who is answered at once is not to be bothered. */
function later(socket: Socket, answers: readonly ServerResponse[]): void {
  setTimeout(() => probe(socket, answers), probeEveryMs).unref();
}
