import { METHODS } from 'node:http';
import type { Dispatcher } from 'undici';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Backend } from '../routing/backend.ts';
import type { Route } from '../routing/route.ts';
import type { Lease } from '../session/lease.ts';
import type { Host, Hosts } from './port-hosts.ts';
import { Receiver, type Said } from './receiver.ts';
import { errandHeaders, type Errand } from './wire.ts';

/** How much longer than a route's time we wait for a host before it is ended: it may be stuck in a loop. */
const graceMs = 1_000;
/** How long a COMMIT may take before we say that nobody knows. */
const commitPatienceMs = 5_000;

/** Resolves when nothing is pending any more that could write a session; null: one that has no id yet. Never rejects. */
export type UntilOver = (sessionId: string | null) => Promise<void>;

/** Serves exchanges with ports, in port hosts, which tell of sessions where somebody wants to know. */
export function portBackend(
  hosts: Hosts,
  clock: Clock,
  untilOver: UntilOver,
  tellsOfSessions: boolean,
): Backend {
  return {
    side: 'port',
    tellsOfSessions,
    handle: async (exchange, route, lease) => {
      const startedMs = clock.nowMs();
      const result = await run(hosts, clock, exchange, route, lease, tellsOfSessions);
      const elapsedMs = clock.nowMs() - startedMs;
      // By now the host has committed, rolled back or died: after its answer a port touches nothing any more. Only of a
      // COMMIT that was not heard of it is not known when the database gets to it; the turn lasts until then.
      const isUncertain = result instanceof Problem && result.code === 'COMMIT_UNCERTAIN';
      const over = isUncertain && route.session === 'write' ? untilOver(exchange.claimedSessionId) : null;
      const finished = (over ?? Promise.resolve()).then(() => ({ elapsedMs, problem: null }));
      if (result instanceof Problem)
        return { kind: 'failed', side: 'port', problem: result, elapsedMs, finished };
      const { answer, session } = result;
      const told = session === undefined || !tellsOfSessions ? {} : { session };
      return { kind: 'answered', side: 'port', answer, elapsedMs, finished, ...told };
    },
  };
}

/** One errand. Resolves, never rejects, when the port is finished with session and tables. */
async function run(
  hosts: Hosts,
  clock: Clock,
  exchange: Exchange,
  route: Route,
  lease: Lease,
  tellsOfSessions: boolean,
): Promise<Said | Problem> {
  if (route.port === null) return new Problem('PORT_MISSING', `route ${route.name} has no port`);
  const host = hosts.pick();
  if (host === null) return new Problem('PORT_HOST_DOWN', 'no port host is ready');
  const errand: Errand = {
    exchangeId: exchange.id,
    method: exchange.method,
    route: route.name,
    file: route.port,
    sessionUse: route.session,
    effects: route.effects,
    sessionId: exchange.claimedSessionId,
    fence: lease.fence,
    timeoutMs: route.timeoutMs,
    clientAddress: exchange.clientAddress,
    receivedAtMs: exchange.receivedAtMs,
    tellsOfSession: tellsOfSessions && lease.fence !== null,
  };
  const { promise, resolve } = Promise.withResolvers<Said | Problem>();
  const receiver = new Receiver(host, resolve, lease.lost);
  const callOff = clock.after(route.timeoutMs + graceMs, () => {
    const late = 'the port host did not answer in time; it was ended';
    if (!receiver.committing) return void giveUp(host, receiver, 'PORT_TIMEOUT', late);
    clock.after(commitPatienceMs, () => {
      void giveUp(host, receiver, 'COMMIT_UNCERTAIN', 'COMMIT was announced and no answer came');
    });
  });
  try {
    host.pool.dispatch(request(exchange, route, errand), receiver);
  } catch (thrown) {
    receiver.over();
    const detail = `the request could not be sent to the port host: ${String(thrown)}`;
    resolve(new Problem('PORT_FAILED', detail, thrown));
  }
  return promise.finally(callOff);
}

function request(exchange: Exchange, route: Route, errand: Errand): Dispatcher.DispatchOptions {
  return {
    method: (METHODS.includes(exchange.method) ? exchange.method : 'POST') as Dispatcher.HttpMethod,
    path: exchange.target.target,
    headers: [...exchange.headers, ...errandHeaders(errand)],
    body: exchange.body.lengthBytes === 0 ? null : (exchange.body.bytes ?? exchange.body.stream()),
    bodyTimeout: route.timeoutMs, // between two pieces of a stream; what is not streamed comes at once
  };
}

/**
 * Ends the host first: only what is dead can be trusted not to commit any more. Of one that is not ours to end nobody
 * knows.
 */
async function giveUp(
  host: Host,
  receiver: Receiver,
  code: 'PORT_TIMEOUT' | 'COMMIT_UNCERTAIN',
  detail: string,
): Promise<void> {
  if (receiver.settled) return;
  receiver.overdue = new Problem(code, detail);
  if (!(await host.kill(detail))) {
    const problem = receiver.sent
      ? new Problem('COMMIT_UNCERTAIN', `${detail}, or would have been were it ours`)
      : new Problem('PORT_TIMEOUT', 'all connections to the port host were in use until the time was over');
    receiver.settle(problem);
    receiver.abort();
    return;
  }
  receiver.onError(receiver.overdue); // where the end of the host was not seen on the line
}
