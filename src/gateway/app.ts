import proxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server as SecureServer } from 'node:tls';
import { Problem } from '../errors.ts';
import type { ClientLimits } from '../exchange/client-limits.ts';
import { take } from './lanes.ts';
import { methodSent, readAgain } from './odd-start.ts';
import type { Parts } from './parts.ts';
import { saysTooMuch } from './receive.ts';
import { recordRefusal, refuse } from './refuse.ts';
import { makeUpgrades, type Upgrades } from './upgrade.ts';
import { makeVisits, type Visit, type Visits } from './visits.ts';

const asItCame = Symbol('the request as it came');

interface Arrived extends IncomingMessage {
  [asItCame]?: { method: string; target: string };
}

/** A certificate, with those that vouch for it, and its key, as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** The gateway's listener. */
export interface Listener {
  readonly app: FastifyInstance;
  /** Shows another certificate to who connects from now on. */
  readonly renew: (pair: KeyPair) => void;
  readonly upgrades: Upgrades;
  readonly visits: Visits;
}

/**
 * Makes the gateway's listener. @fastify/http-proxy mounts it, and hands the first request of every connection to our
 * lanes through its `handler` option, on Node's own request and response. What follows on the connection goes straight to
 * the lanes: it would be shown the same way again, and that costs as much as all that the lanes do (5 us, measured).
 *
 * Fastify's router, its body parsers and http-proxy's own check of the URL each refuse requests that old scripts rely
 * on (`%E9` in a path: 400; a Content-Type without a slash: 415; PROPFIND: 404; measured, toolchain.md 4). None of
 * them is to judge, so all of them see `GET /`, and the lanes see the request as it came.
 */
export function makeListener(parts: Parts, legacyOrigin: string, pair: KeyPair | null): Listener {
  const upgrades = makeUpgrades(parts);
  const http = {
    shouldUpgradeCallback: upgrades.mayUpgrade,
    connectionsCheckingInterval: 1_000,
    optimizeEmptyRequests: true, // a request without a body is then no stream to be read: 0.7 us less (measured)
  };
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    requestTimeout: 0, // an upload may take as long as bytes come: see receive.ts
    clientErrorHandler: (error, socket) => {
      if (!readAgain(server, error, socket)) refuse(error, socket, parts);
    },
    // Fastify's types know one server or the other; what is used of it is the same.
    ...(pair === null ? { http } : ({ https: { ...secured(pair), ...overTls, ...http } } as object)),
    rewriteUrl(request) {
      const arrived = request as Arrived;
      const method = methodSent(arrived) ?? arrived.method ?? 'GET';
      arrived[asItCame] = { method, target: request.url ?? '/' };
      request.method = 'GET';
      return '/';
    },
  });
  const server = app.server as unknown as Server;
  const visits = makeVisits(server, upgrades.cut);
  const serve = (visit: Visit): void => visits.serve(visit, () => take(visit, parts));
  const handedOver = new WeakSet<Socket>();
  const [throughFastify] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request').on('request', (request, response) => {
    const { socket, method = 'GET', url: target = '/' } = request;
    if (handedOver.has(socket)) serve({ request, response, method, target });
    else throughFastify?.(request, response);
  });
  // A client that shuts its sending side still wants its answer (promises.md 2a); Node's types do not know the field.
  Object.assign(server, { httpAllowHalfOpen: true });
  // Node forgets every field behind the 1,000th, Content-Length and Cookie too, and says nothing. `clients: head` is the limit.
  server.maxHeadersCount = 0;
  const obey = (): void => obeyLimits(server, parts.limits().clients);
  obey();
  server.prependListener('connection', obey); // the file may have changed since the last one
  app.register(proxy, {
    upstream: legacyOrigin,
    disableRequestLogging: true,
    internalRewriteLocationHeader: false,
    handler: (request: FastifyRequest, reply) => {
      const raw = request.raw as Arrived;
      const came = raw[asItCame] ?? { method: 'GET', target: '/' };
      reply.hijack();
      raw.method = came.method;
      handedOver.add(raw.socket);
      if (methodSent(raw) !== null) reply.raw.shouldKeepAlive = false; // nobody would see it idle
      serve({ request: raw, response: reply.raw, ...came });
    },
  });
  // An expectation nobody knows is no reason to refuse a request that Apache would serve.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Who asks before sending a body that is too large need not send it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!saysTooMuch(request, parts.limits().clients)) response.writeContinue();
    server.emit('request', request, response);
  });
  // Node hands a CONNECT out as a bare connection, and closes it where nobody listens.
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined).resume();
    refuse(Object.assign(new Error('CONNECT is not passed on'), { code: 'CONNECT' }), socket, parts);
  });
  server.on('drop', (connection?: { remoteAddress?: string }) => {
    const problem = new Problem('CONNECTIONS_FULL', `${server.maxConnections} connections are open`);
    recordRefusal(problem, connection?.remoteAddress, parts);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, first: Buffer) => {
    visits.add(upgrades.take(request, socket, first));
  });
  return {
    app: app as unknown as FastifyInstance,
    renew: (renewed) => (server as unknown as SecureServer).setSecureContext(secured(renewed)),
    upgrades,
    visits,
  };
}

/** What Node looks at with each connection, or later. */
function obeyLimits(server: Server, limits: ClientLimits): void {
  Object.assign(server, { maxHeaderSize: limits.headBytes }); // Node's types do not know it
  server.headersTimeout = limits.headMs;
  server.keepAliveTimeout = limits.idleMs;
  server.maxConnections = limits.connections;
}

/** HTTP/2 is not spoken: no old browser asks for it, and no CGI script gains by it. */
const overTls = { ALPNProtocols: ['http/1.1'], handshakeTimeout: 10_000, allowHalfOpen: true };

function secured({ cert, key }: KeyPair): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' };
}
