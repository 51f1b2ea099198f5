import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Problem } from '../errors.ts';
import { headerValue } from '../exchange/headers.ts';
import type { Answer } from '../exchange/outcome.ts';

/** An answer is taken from its side at full speed up to this much ahead of a slow client, so that its turn ends. */
const aheadBytes = 4 * 1024 * 1024;

/** Whoever sent the request: what can be said to them, and whether they are still there. */
export interface Client {
  /** Aborted when the client leaves before its answer is complete. */
  readonly gone: AbortSignal;
  /** What was sent so far: a status, or null. */
  readonly status: number | null;
  /** Sends an answer. Resolves, never rejects, when it is sent or the client is gone; with what cut it short. */
  send(answer: Answer): Promise<Problem | null>;
  /** Tells what went wrong, in the table's words: JSON for who asks for it, else a plain page. */
  apologise(problem: Problem, exchangeId: string): void;
}

/** The client at the other end of Node's response. */
export function clientOf(request: IncomingMessage, response: ServerResponse): Client {
  const gone = new AbortController();
  let status: number | null = null;
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return {
    gone: gone.signal,
    get status() {
      return status;
    },
    send: (answer) => {
      status = answer.status;
      return send(response, answer);
    },
    apologise: (problem, exchangeId) => {
      status = problem.status;
      apologise(request, response, problem, exchangeId);
    },
  };
}

async function send(response: ServerResponse, answer: Answer): Promise<Problem | null> {
  try {
    // A flat list keeps order and repetition; Node checks every name and value once more.
    if (answer.reason === undefined) response.writeHead(answer.status, [...answer.headers]);
    else response.writeHead(answer.status, answer.reason, [...answer.headers]);
  } catch (thrown) {
    if (answer.body instanceof Readable) answer.body.resume();
    const problem = new Problem(
      'LEGACY_BROKE',
      `the answer cannot be sent as HTTP: ${String(thrown)}`,
      thrown,
    );
    response.writeHead(problem.status, { 'Content-Type': 'text/plain' }).end(`${problem.sentence}\n`);
    return problem;
  }
  if (answer.body instanceof Readable) return pump(answer.body, response);
  response.end(answer.body ?? undefined);
  return null;
}

/** Copies until both ends agree that it is over. A client that left is read for to the end: its side must finish. */
function pump(body: Readable, response: ServerResponse): Promise<Problem | null> {
  return new Promise((resolve) => {
    queueMicrotask(() => {
      if (!response.headersSent || response.writableEnded) return;
      response.flushHeaders();
    });
    const drained = (): void => void body.resume();
    response.on('drain', drained);
    response.once('close', () => {
      response.off('drain', drained);
      body.resume();
    });
    body.on('data', (chunk: Buffer) => {
      if (response.destroyed) return;
      response.write(chunk);
      if (response.writableLength > aheadBytes) body.pause();
    });
    body.once('end', () => {
      response.end();
      resolve(null);
    });
    body.once('error', (error) => {
      response.destroy(); // a cut answer must look cut
      resolve(error instanceof Problem ? error : new Problem('LEGACY_BROKE', error.message, error));
    });
  });
}

function apologise(
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
  if (!request.complete) response.setHeader('Connection', 'close');
  response.writeHead(problem.status === 499 ? 400 : problem.status, headers).end(body);
  request.resume();
}
