import Fastify, { type FastifyInstance } from 'fastify';
import type { Capture } from '../exchange/capture.ts';
import { isAdminToken } from '../routing/force.ts';
import type { Advice } from '../session/advice.ts';
import {
  type SessionOrder,
  sessionOrders,
  type TimelineEntry,
  type TimelineList,
} from '../session/timeline-entry.ts';

/** Which routes.yaml runs, and why another one does not. */
export interface ConfigStatus {
  /** Of the table that serves now; grows with every one that is taken over. */
  readonly revision: number;
  /** The beginning of the SHA-256 of its text. */
  readonly hash: string;
  /** Its revision in the journal of the verbs; null where none of them has written it down. */
  readonly rev: number | null;
  readonly takenOverAt: string;
  /** How many there are. */
  readonly routes: number;
  /** What is in the file now and is not used, and why; the hash is null where there is no text. */
  readonly refused: {
    readonly hash: string | null;
    readonly at: string;
    readonly findings: readonly object[];
  } | null;
  /** What each worker runs, where there are several; `refused` is the hash of the text it refuses now. */
  readonly workers?: readonly {
    readonly worker: number;
    readonly pid: number;
    readonly revision: number;
    readonly hash: string;
    readonly refused: string | null;
  }[];
  /** Whether they run different texts, or refuse different ones; for longer than a moment that is a fault. */
  readonly differ?: boolean;
}

/** What is to be recorded: exchanges of a route, with parts of further names whose values are masked. */
export interface RecordOrder {
  readonly route: string;
  readonly mask: readonly string[];
  /** Whether the secrets of each are wanted beside it, closed for who knows the password of the sessions' database. */
  readonly sealed?: boolean;
}

/** What runs the ports, and what is wrong with them. */
export interface PortsStatus {
  /** The processes that run now. */
  readonly hosts: readonly {
    readonly pid: number;
    readonly inFlight: number;
    readonly memoryBytes: number;
  }[];
  /** The host that somebody else has started, in place of these; or null. */
  readonly url: string | null;
  /** How often changed ports were taken over since the start. */
  readonly swaps: number;
  /** Ports that cannot be loaded: legacy answers for them. */
  readonly broken: readonly { readonly file: string; readonly reason: string }[];
  /** Changed ports that cannot be loaded, and were not taken: what ran before serves on. */
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}

/** What the admin listener asks of the running gateway. */
export interface AdminParts {
  readonly metrics: () => Promise<{ text: string; contentType: string }>;
  /** Whether the gateway can do its work: null, or the reason why not. */
  readonly notReady: () => Promise<string | null>;
  /** How many workers there are to be and how many serve; null where there are none. */
  readonly workers: (() => { readonly wanted: number; readonly serving: number }) | null;
  /** Whether the gateway was told to end: then no connection is kept. */
  readonly isEnding: () => boolean;
  readonly hosts: readonly string[];
  readonly config: () => Promise<ConfigStatus>;
  readonly ports: () => Promise<PortsStatus>;
  /** What was recorded of a route since it was asked last; who asks no more records no more. */
  readonly record: (order: RecordOrder) => Promise<readonly Capture[]>;
  /** Whoever wants something recorded has to show it; null where nobody has one. */
  readonly adminToken: () => string | null;
  /** What somebody should know of the routes' `session:` settings. */
  readonly advice: () => Promise<readonly Advice[]>;
  /** The sessions of the timeline in an order, and what was counted of all; never an id. */
  readonly sessions: (by: SessionOrder) => Promise<TimelineList>;
  /** What happened to one session, by its id or label, oldest first; null where nothing is known of it. */
  readonly session: (
    idOrLabel: string,
  ) => Promise<{ session: string; entries: readonly TimelineEntry[] } | null>;
}

/**
 * The admin listener: /metrics, /live, /ready, /config, /ports, /recordings, /advice, /sessions. It is bound to the loopback interface unless somebody
 * says otherwise, and answers only to a Host that is an address or `localhost`: a page of another site that points its
 * own name at 127.0.0.1 (DNS rebinding) gets nothing.
 */
export function makeAdmin(parts: AdminParts): FastifyInstance {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    if (parts.isEnding()) void reply.header('connection', 'close');
    const name = request.hostname.replace(/^\[|\]$/g, '');
    const isAddress = /^[\d.]+$/.test(name) || name.includes(':') || name === 'localhost';
    if (!isAddress && !parts.hosts.includes(name)) {
      await reply.code(403).send({ error: 'HOST_REFUSED', message: 'Ask by address, or as localhost.' });
    }
  });
  app.get('/metrics', async (_request, reply) => {
    const { text, contentType } = await parts.metrics();
    return reply.type(contentType).send(text);
  });
  app.get('/live', async () => ({ live: true }));
  app.get('/ready', async (_request, reply) => {
    const reason = parts.isEnding() ? 'draining' : await parts.notReady();
    const workers = parts.workers === null ? {} : { workers: parts.workers() };
    if (reason === null) return { ready: true, ...workers };
    return reply.code(503).send({ ready: false, reason, ...workers });
  });
  app.get('/config', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ schema: 1, ...(await parts.config()) }),
  );
  app.get('/ports', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ schema: 1, ...(await parts.ports()) }),
  );
  app.post('/recordings', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    const adminToken = parts.adminToken();
    const shown = request.headers['banyan-token'];
    if (adminToken !== null && !(typeof shown === 'string' && isAdminToken(shown, adminToken)))
      return reply
        .code(403)
        .send({ error: 'TOKEN_REFUSED', message: 'The field Banyan-Token must hold the admin token.' });
    const order = readOrder(request.body);
    if (order !== null) return reply.send({ schema: 1, captures: await parts.record(order) });
    const message = 'Say {"route": NAME, "mask": [WORD…]}.';
    return reply.code(400).send({ error: 'ORDER_UNKNOWN', message });
  });
  app.get('/advice', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ schema: 1, advice: await parts.advice() }),
  );
  app.get<{ Querystring: { by?: unknown } }>('/sessions', async (request, reply) => {
    const by = sessionOrders.find((order) => order === (request.query.by ?? 'last'));
    void reply.header('cache-control', 'no-store');
    if (by !== undefined) return reply.send({ schema: 1, ...(await parts.sessions(by)) });
    const message = `Sessions are listed by ${sessionOrders.join(', ')}.`;
    return reply.code(400).send({ error: 'ORDER_UNKNOWN', message });
  });
  app.get<{ Params: { session: string } }>('/sessions/:session', async (request, reply) => {
    const found = await parts.session(request.params.session);
    void reply.header('cache-control', 'no-store');
    if (found !== null) return reply.send({ schema: 1, ...found });
    const message = 'No turn of this session is remembered here.';
    return reply.code(404).send({ error: 'SESSION_UNKNOWN', message });
  });
  return app;
}

function readOrder(body: unknown): RecordOrder | null {
  if (typeof body !== 'object' || body === null) return null;
  const { route, mask = [], sealed = false } = body as Partial<Record<keyof RecordOrder, unknown>>;
  if (typeof route !== 'string' || !Array.isArray(mask) || typeof sealed !== 'boolean') return null;
  return mask.every((word) => typeof word === 'string') ? { route, mask, sealed } : null;
}
