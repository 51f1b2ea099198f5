import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Problem } from '../errors.ts';
import { headerValue } from '../exchange/headers.ts';
import type { Answer } from '../exchange/outcome.ts';
import { whyCut } from './backlog.ts';
import { linger } from './linger.ts';
import type { OutletTo } from './outlet.ts';
import { watchPresence } from './presence.ts';
import { send } from './send.ts';

/** Whoever sent the request: what can be said to them, and whether they are still there. */
export interface Client {
  /** Whether the client left before its answer was complete. */
  readonly left: boolean;
  /** Why it was cut off, where it was not its own doing. */
  readonly cut: Problem | null;
  /** Aborted when it leaves; made only for who waits for it. */
  readonly gone: AbortSignal;
  /** What was sent so far: a status, or null. */
  readonly status: number | null;
  /** Sends an answer. Resolves, never rejects, when it is sent or the client is gone; with what cut it short. */
  send(answer: Answer): Promise<Problem | null>;
  /** Tells what went wrong, in the table's words: JSON for who asks for it, else a plain page. */
  apologise(problem: Problem, exchangeId: string): void;
}

/** The client at the other end of Node's response. */
export function clientOf(request: IncomingMessage, response: ServerResponse, outletTo: OutletTo): Client {
  let left = false;
  let gone: AbortController | null = null;
  let status: number | null = null;
  response.once('close', () => {
    if (response.writableFinished) return;
    left = true;
    gone?.abort();
  });
  watchPresence(request, response);
  return {
    get left() {
      return left;
    },
    get cut() {
      return whyCut(response);
    },
    get gone() {
      gone ??= new AbortController();
      if (left) gone.abort();
      return gone.signal;
    },
    get status() {
      return status;
    },
    send: (answer) => {
      status = answer.status;
      return send(response, answer, outletTo);
    },
    apologise: (problem, exchangeId) => {
      status = problem.status;
      apologise(request, response, problem, exchangeId);
    },
  };
}

/** Tells a client what went wrong, where its answer has not begun; else the connection is cut. */
export function apologise(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
  exchangeId: string,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const asJson = (headerValue(request.rawHeaders, 'accept') ?? '').includes('application/json');
  const body = asJson
    ? JSON.stringify({ error: problem.code, message: problem.sentence, request: exchangeId })
    : `<!DOCTYPE html>\n<title>${problem.status}</title>\n<p>${problem.sentence}</p>\n<p><small>${problem.code} ${exchangeId}</small></p>\n`;
  const headers = {
    'Content-Type': asJson ? 'application/json' : 'text/html; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...(problem.retryAfterSeconds === null ? {} : { 'Retry-After': String(problem.retryAfterSeconds) }),
  };
  // The rest of a body that nobody will read would otherwise be taken for the next request.
  // Behind what is no HTTP, nobody knows where the next request begins.
  const isLast = !request.complete || problem.code === 'NOT_HTTP';
  if (isLast) response.setHeader('Connection', 'close');
  const status = problem.status === 499 ? 400 : problem.status;
  response.writeHead(status, STATUS_CODES[status], headers);
  if (isLast) {
    response.write(body); // `end` would close the connection at once
    response.flushHeaders(); // for HEAD, of which nothing is written
    linger(request.socket);
  } else response.end(body);
  request.resume();
}
