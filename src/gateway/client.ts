import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Problem } from '../errors.ts';
import { headerValue } from '../exchange/headers.ts';
import type { Answer } from '../exchange/outcome.ts';
import { whyCut } from './backlog.ts';
import { linger } from './linger.ts';
import type { OutletTo } from './outlet.ts';
import { send } from './send.ts';

/** Whoever sent the request, at the other end of Node's response: what can be said to them, and whether they are still there. */
export class Client {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #outletTo: OutletTo;
  #left = false;
  #gone: AbortController | null = null;
  #status: number | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, outletTo: OutletTo) {
    this.#request = request;
    this.#response = response;
    this.#outletTo = outletTo;
    response.on('close', () => {
      if (response.writableFinished) return;
      this.#left = true;
      this.#gone?.abort();
    });
  }

  /** Whether the client left before its answer was complete. */
  get left(): boolean {
    return this.#left;
  }

  /** Why it was cut off, where it was not its own doing. */
  get cut(): Problem | null {
    return whyCut(this.#response);
  }

  /** Aborted when it leaves; made only for who waits for it. */
  get gone(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#left) this.#gone.abort();
    return this.#gone.signal;
  }

  /** What was sent so far: a status, or null. */
  get status(): number | null {
    return this.#status;
  }

  /** Sends an answer. Resolves, never rejects, when it is sent or the client is gone; with what cut it short. */
  send(answer: Answer): Promise<Problem | null> {
    this.#status = answer.status;
    return send(this.#response, answer, this.#outletTo);
  }

  /** Tells what went wrong, in the table's words: JSON for who asks for it, else a plain page. */
  apologise(problem: Problem, exchangeId: string): void {
    this.#status = problem.status;
    apologise(this.#request, this.#response, problem, exchangeId);
  }
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
