import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How often a client that has sent a FIN is asked whether it is still there. */
const probeEveryMs = 100;

/** The answers that each connection still waits for, oldest first. */
const open = new WeakMap<Socket, Set<ServerResponse>>();

/** Notes that a connection waits for an answer, and finds out when nobody is there any more to have it. */
export function watchPresence(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  let waiting = open.get(socket);
  if (waiting === undefined) {
    waiting = new Set();
    open.set(socket, waiting);
    const answers = waiting;
    socket.once('end', () => later(socket, answers));
  }
  waiting.add(response);
  response.once('close', () => waiting.delete(response));
}

/** The newest answer a connection still waits for, of a request that has come whole; or null. */
export function lastOpenAnswer(socket: Socket): ServerResponse | null {
  return [...(open.get(socket) ?? [])].findLast((answer) => answer.req.complete) ?? null;
}

/** Whether a request has begun to come over a connection and has not come whole. */
export function isReceiving(socket: Socket): boolean {
  for (const answer of open.get(socket) ?? []) if (!answer.req.complete) return true;
  return false;
}

/**
 * A client that shuts its sending side may still want its answer (promises.md 2a), and one that is gone looks the same:
 * both send a FIN. So we say `102 Processing`, which every HTTP/1.1 client passes over (RFC 9110 section 15.2) and to
 * which the system of one that is gone answers with a reset; the next 102 then finds the connection closed. Without
 * it, a visitor who reloads impatiently would be waited for, and served, many times over.
 */
function probe(socket: Socket, answers: ReadonlySet<ServerResponse>): void {
  const [oldest] = answers;
  if (oldest === undefined || socket.destroyed) return;
  if (!oldest.headersSent && oldest.req.httpVersion === '1.1') oldest.writeProcessing();
  later(socket, answers);
}

/** Also at first: who is answered at once is not to be bothered. */
function later(socket: Socket, answers: ReadonlySet<ServerResponse>): void {
  setTimeout(() => probe(socket, answers), probeEveryMs).unref();
}
