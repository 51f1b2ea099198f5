import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { asProblem, Problem } from '../errors.ts';
import { type ExchangeRecord, untold } from '../record.ts';
import type { Switched, UpgradeReply } from '../routing/upgrade.ts';
import { Client } from './client.ts';
import { afterEarlier } from './in-order.ts';
import { linger } from './linger.ts';
import type { Parts } from './parts.ts';
import { resultOf } from './report.ts';
import { splice } from './splice.ts';
import { type Wish, wishOf } from './wish.ts';

/** How a wish was served. */
type Served = Pick<ExchangeRecord, 'served' | 'status' | 'problem' | 'clientLeft' | 'tunnel'> & {
  readonly answeredMs: number;
};

/** The WebSockets of a listener. */
export interface Upgrades {
  /** Whether a request that asks for another protocol is to have it. Else it is served as the plain request it is beside. */
  readonly mayUpgrade: (request: IncomingMessage) => boolean;
  /** Takes over a connection whose request may upgrade. Resolves, never rejects, when it is closed. */
  readonly take: (request: IncomingMessage, socket: Socket, first: Buffer) => Promise<void>;
  readonly open: () => number;
  /** Cuts them all: nobody in between can say good-bye in the middle of a frame. */
  readonly cut: () => void;
}

/**
 * Passes WebSockets on to legacy: the request as any other, and from the 101 on nothing but bytes, both ways. They take
 * the decision of routes.yaml as every request does, and no turn: a socket may be open for days.
 */
export function makeUpgrades(parts: Parts): Upgrades {
  const wishes = new WeakMap<IncomingMessage, Wish>();
  const open = new Set<Socket>();
  return {
    mayUpgrade: (request) => {
      const wish = wishOf(request, parts);
      if (wish !== null) wishes.set(request, wish);
      return wish !== null;
    },
    take: async (request, socket, first) => {
      const wish = wishes.get(request);
      if (wish === undefined) return void socket.destroy();
      socket.on('error', () => undefined); // Node listens to it no more
      const response = new ServerResponse(request);
      const came = (await afterEarlier(request, response)) ?? 'served';
      if (came !== 'served') return void socket.destroy();
      open.add(socket);
      const place = { request, response, socket, first, count: open.size };
      const served = await serveWish(wish, place, parts).catch((thrown: unknown): Served => {
        socket.destroy();
        const problem = asProblem(thrown, 'GATEWAY_FAULT');
        return { served: 'none', status: 0, problem, clientLeft: false, answeredMs: parts.clock.nowMs() };
      });
      open.delete(socket);
      parts.record(recordOf(wish, served));
    },
    open: () => open.size,
    cut: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

interface Place {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly first: Buffer;
  /** How many WebSockets there are with this one. */
  readonly count: number;
}

async function serveWish(wish: Wish, place: Place, parts: Parts): Promise<Served> {
  const { socket, count } = place;
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const { mostSockets, workers } = parts.limits();
  const most = Math.ceil(mostSockets / workers); // nobody counts those of the others
  const reply = count > most ? tooMany(count) : await ask(wish, gone.signal, parts);
  const answeredMs = parts.clock.nowMs();
  if (socket.destroyed) {
    discard(reply);
    const problem = reply.kind === 'failed' && reply.problem.code !== 'CLIENT_GONE' ? reply.problem : null;
    return { served: 'none', status: 0, problem, clientLeft: true, answeredMs };
  }
  if (reply.kind !== 'switched') return { ...(await answerPlainly(wish, place, reply, parts)), answeredMs };
  socket.setTimeout(0).setNoDelay(true).setKeepAlive(true, keepAliveMs);
  socket.write(headOf(reply), 'latin1');
  socket.unshift(place.first);
  reply.socket.unshift(reply.first);
  const bytes = await splice(socket, reply.socket);
  const tunnel = { ...bytes, openMs: parts.clock.nowMs() - answeredMs };
  return { served: 'legacy', status: 101, problem: null, clientLeft: false, answeredMs, tunnel };
}

/** Tells the client what is no yes, as any other answer. */
async function answerPlainly(
  { id }: Wish,
  { request, response, socket }: Place,
  reply: Exclude<UpgradeReply, Switched>,
  parts: Parts,
): Promise<Omit<Served, 'answeredMs'>> {
  const client = plainClient(request, response, socket, parts);
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  let problem: Problem | null = null;
  if (reply.kind === 'failed') client.apologise((problem = reply.problem), id);
  else problem = await client.send(reply.answer);
  await closed;
  const served = reply.kind === 'failed' ? 'none' : 'legacy';
  return { served, status: client.status ?? 0, problem, clientLeft: client.left };
}

function ask({ decision, target, headers }: Wish, gone: AbortSignal, parts: Parts): Promise<UpgradeReply> {
  const { upstream, timeoutMs } = decision.route;
  return parts.upgrade({ target, upstream, headers, timeoutMs }, gone);
}

function tooMany(count: number): UpgradeReply {
  return { kind: 'failed', problem: new Problem('SOCKETS_FULL', `it would be WebSocket number ${count}`) };
}

/** What legacy says to nobody. */
function discard(reply: UpgradeReply): void {
  if (reply.kind === 'switched') reply.socket.destroy();
  else if (reply.kind === 'answered' && reply.answer.body instanceof Readable) reply.answer.body.destroy();
}

/** A client that vanishes without a word is found out after a while, by the system. */
const keepAliveMs = 60_000;

/** The client of an answer that is none to an upgrade; the connection ends behind it. */
function plainClient(request: IncomingMessage, response: ServerResponse, socket: Socket, parts: Parts) {
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on('drain', () => response.emit('drain')); // Node's server does so for its own
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.resume();
    linger(socket);
    response.emit('close');
  });
  return new Client(request, response, parts.outletTo);
}

/** The 101 as legacy has said it. */
function headOf({ reason, headers }: Switched): string {
  const fields = headers.flatMap((name, i) => {
    const isField = i % 2 === 0 && !name.toLowerCase().startsWith('banyan-');
    return isField ? [`${name}: ${headers[i + 1]}\r\n`] : [];
  });
  return `HTTP/1.1 101 ${reason}\r\n${fields.join('')}\r\n`;
}

function recordOf(
  { id, startedMs, decision, shownPath, client }: Wish,
  { answeredMs, ...served }: Served,
): ExchangeRecord {
  const { route, revision, why } = decision;
  const { status, problem, clientLeft } = served;
  const elapsedMs = answeredMs - startedMs;
  const wasAsked = !clientLeft && problem?.code !== 'SOCKETS_FULL';
  const failure = problem?.code === 'LEGACY_TIMEOUT' ? 'timeout' : 'exception';
  const result = problem === null ? resultOf(status) : failure;
  return {
    ...untold,
    id,
    method: 'GET',
    client,
    path: shownPath,
    route: route.name,
    revision,
    upstream: route.upstream.name,
    lane: 'tunnel',
    why,
    elapsedMs,
    sides: wasAsked ? [{ side: 'legacy', elapsedMs, result }] : [],
    ...served,
  };
}
