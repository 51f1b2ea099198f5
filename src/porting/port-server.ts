import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Problem, asProblem } from '../errors.ts';
import { fileStore } from '../files/file-store.ts';
import { mysqlStore } from '../mysql/transaction.ts';
import { codecCalled } from '../perl/formats.ts';
import { moduleCalled } from '../perl/modules.ts';
import type { SessionStore } from '../session/store.ts';
import type { PortAnswer } from './define.ts';
import type { SessionCustoms } from './session.ts';
import type { HostSettings, PortLine } from './host-words.ts';
import { bodiless } from './sayable.ts';
import {
  answerMark,
  failureHeaders,
  maxHeaderSize,
  readErrand,
  sessionHeaders,
  streamMark,
  traceLink,
} from './wire.ts';
import type { Job } from './context.ts';
import { work, type WorkParts } from './work.ts';

/** What serves errands, over HTTP. */
export interface PortServer {
  readonly server: Server;
  /** Resolves when all that ports have left for after their commits is done. */
  readonly lateWork: () => Promise<void>;
}

/**
 * Makes the server of a port host; it does not listen yet. `fileOf` says which file an errand means, or throws a Problem;
 * `say` takes what ports have to say in the log.
 */
export function makePortServer(
  settings: HostSettings,
  fileOf: (job: Job) => string,
  say: (line: PortLine) => void,
): PortServer {
  const late = new Set<Promise<void>>();
  const parts: WorkParts = {
    store: storeOf(settings),
    customs: customsOf(settings),
    fileOf,
    say,
    later: (begin) => {
      const work = begin();
      late.add(work);
      void work.finally(() => late.delete(work));
    },
    random: Math.random,
  };
  // Whatever reached the gateway may be passed on to us, with the errand on top.
  const server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize },
    (request, response) => void serve(request, response, parts),
  );
  server.maxHeadersCount = 0; // nor by number: a client of the gateway may send 999
  return {
    server,
    lateWork: async () => {
      while (late.size > 0) await Promise.all(late);
    },
  };
}

/** Whose sessions they are, and how they are written down. */
export function customsOf({ format, serializer, cookieName }: HostSettings): SessionCustoms {
  return { module: moduleCalled(format), codec: codecCalled(serializer), cookieName };
}

/** Where sessions and tables are. */
export function storeOf({ folder, database }: HostSettings): SessionStore {
  const inMysql = database === null ? null : mysqlStore(database.options, database.table);
  if (folder !== null) return fileStore(folder, inMysql);
  if (inMysql === null) throw new RangeError('sessions are neither in files nor in a database');
  return inMysql;
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: WorkParts): Promise<void> {
  try {
    const job = await receive(request);
    const { answer, session } = await work(
      job,
      parts,
      () => announced(response, (sent) => response.writeProcessing(sent)),
      () => announced(response, (sent) => response.writeEarlyHints({ link: traceLink }, sent)),
    );
    await send(response, answer, job.errand.tellsOfSession ? sessionHeaders(session) : []);
  } catch (thrown) {
    const problem = asProblem(thrown, 'PORT_FAILED');
    const detail = Buffer.from(inFull(problem));
    const fields = [...failureHeaders(problem.code), 'Content-Length', String(detail.length)];
    if (response.headersSent) response.destroy();
    else response.writeHead(500, fields).end(detail);
  }
}

/** What the log of the gateway is told: of what a port has thrown itself, the line of its source as well. */
function inFull({ message, cause }: Problem): string {
  if (!(cause instanceof Error) || cause.stack === undefined) return message;
  return cause.message === message ? cause.stack : `${message}\n${cause.stack}`;
}

/** Sends what is committed. A stream that fails is cut, and looks cut. */
async function send(
  response: ServerResponse,
  { status, headers, body, lengthBytes: announcedBytes }: PortAnswer,
  told: readonly string[],
): Promise<void> {
  const lengthBytes = Buffer.isBuffer(body) ? body.length : announcedBytes;
  const length =
    bodiless.has(status) || lengthBytes === undefined ? [] : ['Content-Length', String(lengthBytes)];
  if (Buffer.isBuffer(body)) {
    response.writeHead(status, [...headers, ...answerMark, ...told, ...length]).end(body);
    return;
  }
  response.writeHead(status, [...headers, ...streamMark, ...told, ...length]);
  response.write('', 'latin1'); // flushHeaders() would send the head in UTF-8; see gateway/send.ts
  await pipeline(body, response);
}

async function receive(request: IncomingMessage): Promise<Job> {
  const errand = readErrand(request.rawHeaders);
  return {
    errand,
    method: errand.method,
    target: request.url ?? '/',
    headers: request.rawHeaders.filter((_, i, all) => !(all[i - (i % 2)] as string).startsWith('banyan-')),
    body: await bodyOf(request),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length === undefined && coding === undefined) {
    request.resume(); // else Node takes the request for one that is still coming
    return empty;
  }
  return buffer(request);
}

const empty = Buffer.alloc(0);

/**
 * Resolves once the kernel has the interim answer: from then on the gateway will learn of it even if we are killed. Rejects
 * where the gateway has hung up.
 */
function announced(
  response: ServerResponse,
  send: (sent: (failed?: Error | null) => void) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { socket } = response.req;
  const hungUp = (): void => reject(new Problem('PORT_FAILED', 'the gateway hung up before the commit'));
  if (response.destroyed || socket.destroyed) hungUp();
  else {
    // Of what waits behind the answer to a request before it, or for a line that is shut, Node never says that it was not sent.
    socket.once('close', hungUp);
    // A port that has kept the thread lets us see the hang-up only here, and in the writing.
    send((failed) => (failed != null || response.destroyed ? hungUp() : resolve()));
  }
  return promise.finally(() => socket.off('close', hungUp));
}
