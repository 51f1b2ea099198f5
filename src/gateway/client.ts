import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Problem } from '../errors.ts';
import { headerValue } from '../exchange/headers.ts';
import type { Answer } from '../exchange/outcome.ts';

/** An answer is taken from its side at full speed up to this much ahead of a slow client, so that its turn ends. */
const aheadBytes = 4 * 1024 * 1024;

/** How often a client that has sent a FIN is asked whether it is still there. */
const probeEveryMs = 100;

/** Whoever sent the request: what can be said to them, and whether they are still there. */
export interface Client {
  /** Whether the client left before its answer was complete. */
  readonly left: boolean;
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
export function clientOf(request: IncomingMessage, response: ServerResponse): Client {
  let left = false;
  let gone: AbortController | null = null;
  let status: number | null = null;
  response.once('close', () => {
    if (response.writableFinished) return;
    left = true;
    gone?.abort();
  });
  probeWhenSilent(request, response);
  return {
    get left() {
      return left;
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
      return send(response, answer);
    },
    apologise: (problem, exchangeId) => {
      status = problem.status;
      apologise(request, response, problem, exchangeId);
    },
  };
}

/**
 * A client that shuts its sending side may still want its answer (promises.md 2a), and one that is gone looks the same:
 * both send a FIN. So we say `102 Processing`, which every HTTP/1.1 client passes over (RFC 9110 section 15.2) and to
 * which the system of one that is gone answers with a reset; the next 102 then finds the connection closed. Without
 * it, a visitor who reloads impatiently would be waited for, and served, many times over.
 */
function probeWhenSilent(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  let timer: NodeJS.Timeout | undefined;
  const probe = (): void => {
    if (response.headersSent || response.destroyed) clearInterval(timer);
    else response.writeProcessing();
  };
  const begin = (): void => {
    if (request.httpVersion !== '1.1') return;
    timer = setInterval(probe, probeEveryMs).unref();
    probe();
  };
  socket.once('end', begin);
  response.once('close', () => {
    socket.off('end', begin);
    clearInterval(timer);
  });
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
    // A page that is printed as it is made must be seen as it is made: the head goes now unless data follows at once.
    let flowing = false;
    setImmediate(() => {
      if (!flowing && !response.destroyed) response.flushHeaders();
    });
    const drained = (): void => void body.resume();
    response.on('drain', drained);
    response.once('close', () => {
      response.off('drain', drained);
      body.resume();
    });
    body.on('data', (chunk: Buffer) => {
      flowing = true;
      if (response.destroyed) return;
      response.write(chunk);
      if (response.writableLength > aheadBytes) body.pause();
    });
    body.once('end', () => {
      flowing = true;
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
