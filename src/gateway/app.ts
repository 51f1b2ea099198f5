import proxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../errors.ts';
import { take } from './lanes.ts';
import { lastOpenAnswer } from './presence.ts';
import type { Parts } from './parts.ts';

const asItCame = Symbol('the request as it came');

interface Arrived extends IncomingMessage {
  [asItCame]?: { method: string; target: string };
}

/** The gateway's listener. */
export interface Listener {
  readonly app: FastifyInstance;
  /** Resolves when no request is under way: also those whose clients have left are over. */
  readonly idle: () => Promise<void>;
}

/**
 * Makes the gateway's listener. @fastify/http-proxy mounts it, and hands every request to our lanes through its
 * `handler` option, on Node's own request and response.
 *
 * Fastify's router, its body parsers and http-proxy's own check of the URL each refuse requests that old scripts rely
 * on (`%E9` in a path: 400; a Content-Type without a slash: 415; PROPFIND: 404; measured, toolchain.md 4). None of
 * them is to judge, so all of them see `GET /`, and the lanes see the request as it came.
 */
export function makeListener(parts: Parts, legacyOrigin: string): Listener {
  const underWay = new Set<Promise<void>>();
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    requestTimeout: 300_000,
    keepAliveTimeout: 15_000,
    clientErrorHandler: refuse,
    rewriteUrl(request) {
      const arrived = request as Arrived;
      arrived[asItCame] = { method: request.method ?? 'GET', target: request.url ?? '/' };
      request.method = 'GET';
      return '/';
    },
  });
  // A client that shuts its sending side still wants its answer (promises.md 2a); Node's types do not know the field.
  Object.assign(app.server, { httpAllowHalfOpen: true });
  app.register(proxy, {
    upstream: legacyOrigin,
    disableRequestLogging: true,
    internalRewriteLocationHeader: false,
    handler: (request: FastifyRequest, reply) => {
      const raw = request.raw as Arrived;
      const came = raw[asItCame] ?? { method: 'GET', target: '/' };
      reply.hijack();
      raw.method = came.method;
      const taken = take(raw, reply.raw, came.method, came.target, parts);
      underWay.add(taken);
      void taken.finally(() => underWay.delete(taken));
    },
  });
  // An expectation nobody knows is no reason to refuse a request that Apache would serve.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  return {
    app,
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** What cannot be read as a request gets an answer too, where there is still somebody to answer. */
function refuse(error: Error & { code?: string }, socket: Socket): void {
  const problem = new Problem(codeOf(error.code), error.message);
  const body = `${problem.sentence}\n`;
  const head =
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: text/plain\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  // A request whose body is what cannot be read would wait for the rest of it: the connection goes with our answer.
  const say = (): unknown => socket.end(head + body, () => socket.destroy());
  const answering = lastOpenAnswer(socket);
  if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
  else if (answering === null) say();
  // Garbage behind a good request must not spoil the answer that is on its way.
  else answering.once('close', say);
}

function codeOf(code: string | undefined): 'HEADERS_TOO_LARGE' | 'REQUEST_SLOW' | 'NOT_HTTP' {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_SLOW' : 'NOT_HTTP';
}
