import { METHODS } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import { Problem, isProblemCode } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answerHeaders } from '../exchange/headers.ts';
import type { Answer, Outcome } from '../exchange/outcome.ts';
import type { Backend } from '../routing/backend.ts';
import type { Route } from '../routing/route.ts';
import type { Lease } from '../session/lease.ts';
import type { Loss } from '../session/lock.ts';
import { errandHeaders, isAnswer, maxHeaderSize, readFailure, type Errand } from './wire.ts';

/** The host a port runs in, as far as serving needs it. */
export interface Host {
  readonly socketPath: string;
  kill(): Promise<void>;
}

/** How much longer than a route's time we wait for a host before it is ended: it may be stuck in a loop. */
const graceMs = 1_000;
/** How long a COMMIT may take before we say that nobody knows. */
const commitPatienceMs = 5_000;

/** Serves exchanges with ports, in a port host. */
export function portBackend(
  host: Host,
  clock: Clock,
  connections: number,
): Backend & { close(): Promise<void> } {
  const pool = new Pool('http://port-host', {
    socketPath: host.socketPath,
    connections,
    headersTimeout: 0, // the route's time is watched here
    bodyTimeout: 0,
    maxHeaderSize,
    connect: { timeout: 2_000 },
  });
  return {
    side: 'port',
    handle: async (exchange, route, lease) => {
      const startedMs = clock.nowMs();
      const result = await run(pool, host, clock, exchange, route, lease);
      const elapsedMs = clock.nowMs() - startedMs;
      // By now the host has committed, rolled back or died: a port never works on after its answer.
      const finished = Promise.resolve({ elapsedMs, problem: null });
      return result instanceof Problem
        ? { kind: 'failed', side: 'port', problem: result, elapsedMs, finished }
        : ({ kind: 'answered', side: 'port', answer: result, elapsedMs, finished } satisfies Outcome);
    },
    close: () => pool.destroy(),
  };
}

/** One errand. Resolves, never rejects, when the port is finished. */
function run(
  pool: Pool,
  host: Host,
  clock: Clock,
  exchange: Exchange,
  route: Route,
  lease: Lease,
): Promise<Answer | Problem> {
  if (route.port === null)
    return Promise.resolve(new Problem('PORT_MISSING', `route ${route.name} has no port`));
  const errand: Errand = {
    exchangeId: exchange.id,
    method: exchange.method,
    file: route.port,
    sessionUse: route.session,
    effects: route.effects,
    sessionId: exchange.claimedSessionId,
    fence: lease.fence,
    timeoutMs: route.timeoutMs,
    clientAddress: exchange.clientAddress,
    receivedAtMs: exchange.receivedAtMs,
  };
  const { promise, resolve } = Promise.withResolvers<Answer | Problem>();
  const receiver = new Receiver(resolve, lease.lost);
  const callOff = clock.after(route.timeoutMs + graceMs, () => {
    if (!receiver.committing)
      void giveUp(host, receiver, 'PORT_TIMEOUT', 'the port host did not answer; it was ended');
    else {
      clock.after(commitPatienceMs, () => {
        void giveUp(host, receiver, 'COMMIT_UNCERTAIN', 'COMMIT was announced and no answer came');
      });
    }
  });
  try {
    pool.dispatch(request(exchange, errand), receiver);
  } catch (thrown) {
    resolve(
      new Problem('PORT_FAILED', `the request could not be sent to the port host: ${String(thrown)}`, thrown),
    );
  }
  return promise.finally(callOff);
}

function request(exchange: Exchange, errand: Errand): Dispatcher.DispatchOptions {
  return {
    method: (METHODS.includes(exchange.method) ? exchange.method : 'POST') as Dispatcher.HttpMethod,
    path: exchange.target.target,
    headers: [...exchange.headers, ...errandHeaders(errand)],
    body: exchange.body.lengthBytes === 0 ? null : (exchange.body.bytes ?? exchange.body.stream()),
  };
}

/** Ends the host first: only what is dead can be trusted not to commit any more. */
async function giveUp(
  host: Host,
  receiver: Receiver,
  code: 'PORT_TIMEOUT' | 'COMMIT_UNCERTAIN',
  detail: string,
) {
  if (receiver.settled) return;
  receiver.overdue = new Problem(code, detail);
  await host.kill();
  receiver.onError(receiver.overdue); // where the end of the host was not seen on the line
}

/** Takes in what a host says: `102 Processing` when it is about to commit, then the answer. */
class Receiver implements Dispatcher.DispatchHandler {
  committing = false;
  settled = false;
  /** Why the host is being ended, where that is our doing. */
  overdue: Problem | null = null;
  readonly #resolve: (result: Answer | Problem) => void;
  /** Once it is aborted a refusal is no reason for legacy to run: it has no turn either. */
  readonly #lost: Loss;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: string[] = [];
  #sent = false;
  #mayLeaveTrace = false;

  constructor(resolve: (result: Answer | Problem) => void, lost: Loss) {
    this.#resolve = resolve;
    this.#lost = lost;
  }

  settle(result: Answer | Problem): void {
    if (this.settled) return;
    this.settled = true;
    this.#resolve(result);
  }

  onConnect(): void {
    this.#sent = true;
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200) {
      this.committing ||= status === 102;
      this.#mayLeaveTrace ||= status === 103;
    } else {
      this.#status = status;
      this.#headers = headers.map((field) => field.toString('latin1'));
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    const body = Buffer.concat(this.#chunks);
    if (isAnswer(this.#headers)) {
      this.settle({ status: this.#status, headers: answerHeaders(this.#headers), body });
      return;
    }
    const failure = readFailure(this.#headers);
    if (this.committing) this.settle(new Problem('COMMIT_UNCERTAIN', body.toString()));
    else if (failure === null)
      this.#end(new Problem('PORT_FAILED', `the port host said ${this.#status} by itself`));
    else if (this.#lost.aborted && failure !== 'TRACE_LEFT')
      this.settle(new Problem('LEASE_LOST', body.toString()));
    else this.settle(new Problem(isProblemCode(failure) ? failure : 'PORT_FAILED', body.toString()));
  }

  onError(error: Error): void {
    if (this.committing) {
      this.settle(
        new Problem(
          'COMMIT_UNCERTAIN',
          `the port host was lost after it had announced COMMIT: ${error.message}`,
        ),
      );
    } else {
      const when = this.#sent ? 'while it worked, before any COMMIT' : 'before it was asked';
      const lost = `the port host was lost ${when}: ${error.message}`;
      this.#end(this.overdue ?? new Problem('PORT_HOST_DOWN', lost));
    }
  }

  /** Settles where the host could not say itself what is left of the port. */
  #end(problem: Problem): void {
    const detail = `after a write that may stay: ${problem.code}: ${problem.message}`;
    this.settle(this.#mayLeaveTrace ? new Problem('TRACE_LEFT', detail) : problem);
  }
}
