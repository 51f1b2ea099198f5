import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { watchPresence } from './presence.ts';

/** What becomes of a request that has waited: it is served, or nobody is there any more, or too many wait with it. */
export type AfterEarlier = 'served' | 'closed' | 'too many';

type Go = (isOpen: boolean) => void;

/**
 * A client that has so many requests waiting is cut off: each takes some 4 kB (measured), and Node reads on whatever we
 * say. Who still pipelines sends ten.
 */
const mostWaiting = 1_000;

/** What a connection still waits for. */
interface Line {
  /** Its answers, oldest first. Only the first is being made. */
  readonly answers: ServerResponse[];
  /** The requests of the others, in the same order. */
  readonly waiting: Go[];
}

const lines = new WeakMap<Socket, Line>();

/**
 * Waits until the answers before this one on its connection are complete. Node hands out all requests that a client
 * sends in one go at once; served so, a page would be asked for before the form sent ahead of it (RFC 9112 section
 * 9.3.2), and one client would have as many scripts run side by side as it likes. Null where there is nothing to wait
 * for.
 */
export function afterEarlier(
  { socket }: IncomingMessage,
  response: ServerResponse,
): Promise<AfterEarlier> | null {
  const line = lines.get(socket) ?? begin(socket);
  if (line.waiting.length >= mostWaiting) {
    const isFirst = !socket.destroyed;
    socket.destroy();
    return Promise.resolve(isFirst ? 'too many' : 'closed');
  }
  line.answers.push(response);
  if (line.answers.length === 1) {
    response.on('close', next);
    return null;
  }
  return new Promise((resolve) => {
    line.waiting.push((isOpen) => {
      if (isOpen) response.on('close', next);
      resolve(isOpen ? 'served' : 'closed');
    });
  });
}

/** The newest answer a connection still waits for, of a request that has come whole; or null. */
export function lastOpenAnswer(socket: Socket): ServerResponse | null {
  return lines.get(socket)?.answers.findLast((answer) => answer.req.complete) ?? null;
}

/** Whether a request has begun to come over a connection and has not come whole. */
export function isReceiving(socket: Socket): boolean {
  return lines.get(socket)?.answers.some((answer) => !answer.req.complete) ?? false;
}

function begin(socket: Socket): Line {
  const line: Line = { answers: [], waiting: [] };
  lines.set(socket, line);
  watchPresence(socket, line.answers);
  return line;
}

/** Lets the next request go on, once the answer before it is complete. One function for all: it is called for each answer. */
function next(this: ServerResponse): void {
  const { socket } = this.req;
  const line = lines.get(socket);
  if (line?.answers[0] !== this) return;
  line.answers.shift();
  const go = line.waiting.shift();
  if (go === undefined) return;
  const isOpen = !socket.destroyed && !socket.writableEnded;
  go(isOpen);
  if (!isOpen) for (const each of line.waiting.splice(0)) each(false);
}
