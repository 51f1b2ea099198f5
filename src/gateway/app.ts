import proxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
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
import { makeVisits, type Visits } from './visits.ts';

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
 * Makes the gateway's listener. @fastify/http-proxy mounts it, and hands every request to our lanes through its
 * `handler` option, on Node's own request and response.
 *
 * Fastify's router, its body parsers and http-proxy's own check of the URL each refuse requests that old scripts rely
 * on (`%E9` in a path: 400; a Content-Type without a slash: 415; PROPFIND: 404; measured, toolchain.md 4). None of
 * them is to judge, so all of them see `GET /`, and the lanes see the request as it came.
 */
export function makeListener(parts: Parts, legacyOrigin: string, pair: KeyPair | null): Listener {
  const upgrades = makeUpgrades(parts);
  const http = { shouldUpgradeCallback: upgrades.mayUpgrade, connectionsCheckingInterval: 1_000 };
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    requestTimeout: 0, // an upload may take as long as bytes come: see receive.ts
    clientErrorHandler: (error, socket) => {
      if (!readAgain(app.server as unknown as Server, error, socket)) refuse(error, socket, parts);
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
  const visits = makeVisits(app.server as unknown as Server, upgrades.cut);
  // A client that shuts its sending side still wants its answer (promises.md 2a); Node's types do not know the field.
  Object.assign(app.server, { httpAllowHalfOpen: true });
  // Node forgets every field behind the 1,000th, Content-Length and Cookie too, and says nothing. `clients: head` is the limit.
  app.server.maxHeadersCount = 0;
  const obey = (): void => obeyLimits(app.server as unknown as Server, parts.limits().clients);
  obey();
  app.server.prependListener('connection', obey); // the file may have changed since the last one
  app.register(proxy, {
    upstream: legacyOrigin,
    disableRequestLogging: true,
    internalRewriteLocationHeader: false,
    handler: (request: FastifyRequest, reply) => {
      const raw = request.raw as Arrived;
      const came = raw[asItCame] ?? { method: 'GET', target: '/' };
      reply.hijack();
      raw.method = came.method;
      if (methodSent(raw) !== null) reply.raw.shouldKeepAlive = false; // nobody would see it idle
      const visit = { request: raw, response: reply.raw, ...came };
      visits.serve(visit, () => take(raw, reply.raw, came.method, came.target, parts));
    },
  });
  // An expectation nobody knows is no reason to refuse a request that Apache would serve.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  // Who asks before sending a body that is too large need not send it.
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!saysTooMuch(request, parts.limits().clients)) response.writeContinue();
    app.server.emit('request', request, response);
  });
  // Node hands a CONNECT out as a bare connection, and closes it where nobody listens.
  app.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined).resume();
    refuse(Object.assign(new Error('CONNECT is not passed on'), { code: 'CONNECT' }), socket, parts);
  });
  app.server.on('drop', (connection?: { remoteAddress?: string }) => {
    const problem = new Problem('CONNECTIONS_FULL', `${app.server.maxConnections} connections are open`);
    recordRefusal(problem, connection?.remoteAddress, parts);
  });
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, first: Buffer) => {
    visits.add(upgrades.take(request, socket, first));
  });
  return {
    app: app as unknown as FastifyInstance,
    renew: (renewed) => (app.server as unknown as SecureServer).setSecureContext(secured(renewed)),
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
