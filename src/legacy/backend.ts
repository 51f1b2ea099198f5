import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { type Bounded, Deadlines } from '../exchange/deadlines.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Flow, Sink } from '../exchange/flow.ts';
import { answerHeaders } from '../exchange/headers.ts';
import type { Finished, Outcome } from '../exchange/outcome.ts';
import type { Place } from '../exchange/roster.ts';
import type { Backend, Presence } from '../routing/backend.ts';
import type { Route } from '../routing/route.ts';
import type { Lease } from '../session/lease.ts';
import type { GateTo, LegacyControls, LegacyGate, WaitingReceiver } from './transport.ts';

/** Serves exchanges with the old application. */
export function legacyBackend(gateTo: GateTo, clock: Clock): Backend {
  const parts = { clock, deadlines: new Deadlines(clock) };
  return {
    side: 'legacy',
    tellsOfSessions: false,
    handle: (exchange, route, lease, client) =>
      handle(gateTo(route.upstream), parts, exchange, route, lease, client),
  };
}

/**
 * Asks legacy once and reads its answer to the end, whatever becomes of the client and of our own patience: a script
 * that is cut off goes on running and still writes its session, so only the end of its answer is its end.
 */
function handle(
  gate: LegacyGate,
  { clock, deadlines }: { clock: Clock; deadlines: Deadlines },
  exchange: Exchange,
  route: Route,
  lease: Lease,
  client: Presence,
): Promise<Outcome> {
  let startedMs = clock.nowMs();
  let place: Place<Bounded> | null = null;
  const outcome = Promise.withResolvers<Outcome>();
  const finished = Promise.withResolvers<Finished>();
  const fail = (problem: Problem): void => {
    const elapsedMs = clock.nowMs() - startedMs;
    outcome.resolve({ kind: 'failed', side: 'legacy', problem, elapsedMs, finished: finished.promise });
  };
  const receiver = new AnswerReceiver(client, lease.isWithin, {
    given: () => {
      startedMs = clock.nowMs();
      const late = (): void => {
        receiver.discard();
        call.abortIfUnsent(); // it would be run although its visitor has been told otherwise
        fail(new Problem('LEGACY_TIMEOUT', `legacy did not begin to answer within ${route.timeoutMs} ms`));
      };
      place = deadlines.add({ deadlineMs: startedMs + route.timeoutMs, late });
    },
    begun: (status, reason, headers, body) => {
      place?.leave();
      outcome.resolve({
        kind: 'answered',
        side: 'legacy',
        answer: { status, reason, headers: answerHeaders(headers), body },
        elapsedMs: clock.nowMs() - startedMs,
        finished: finished.promise,
      });
    },
    failed: (problem) => {
      place?.leave();
      fail(problem); // does nothing when the answer has begun
    },
    exited: (problem) => finished.resolve({ elapsedMs: clock.nowMs() - startedMs, problem }),
  });
  const token = lease.token();
  const call = gate.send(
    {
      id: exchange.id,
      method: exchange.method,
      target: exchange.target.target,
      headers: token === null ? [...exchange.headers] : [...exchange.headers, 'Banyan-Lease', token],
      body: exchange.body.lengthBytes === 0 ? null : (exchange.body.bytes ?? exchange.body.stream()),
      lengthBytes: exchange.body.lengthBytes,
    },
    receiver,
  );
  return outcome.promise;
}

interface Telling {
  given(): void;
  begun(status: number, reason: string, headers: string[], body: Flow): void;
  failed(problem: Problem): void;
  exited(problem: Problem | null): void;
}

/** So much of an answer is kept for a client that has yet to be told of it. */
const mostKeptBytes = 64 * 1024;

/** Takes in what legacy sends, and hands it on to the client as it comes. */
class AnswerReceiver implements WaitingReceiver, Flow {
  readonly goesAhead: boolean;
  readonly #client: Presence;
  readonly #tell: Telling;
  #controls: LegacyControls | null = null;
  #sink: Sink | null = null;
  /** What has come before there was a sink. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isComplete = false;
  #isDiscarding = false;
  #problem: Problem | null = null;

  constructor(client: Presence, goesAhead: boolean, tell: Telling) {
    this.goesAhead = goesAhead;
    this.#client = client;
    this.#tell = tell;
  }

  given(): void {
    this.#tell.given();
  }

  isWanted(): boolean {
    return !this.#client.left;
  }

  /** Reads on, but keeps nothing: the client has been told something else. */
  discard(): void {
    this.#isDiscarding = true;
  }

  head(status: number, reason: string, headers: string[], controls: LegacyControls): void {
    if (this.#isDiscarding) return;
    this.#controls = controls;
    this.#tell.begun(status, reason, headers, this);
  }

  data(chunk: Buffer): boolean {
    if (this.#isDiscarding) return true;
    if (this.#sink !== null) return this.#sink.data(chunk);
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    return this.#keptBytes < mostKeptBytes;
  }

  end(): void {
    this.#isComplete = true;
    this.#sink?.end();
  }

  /** Legacy can break off while the turn of a new session is awaited: then there is nobody to tell yet. */
  failed(problem: Problem): void {
    this.#problem = problem;
    this.#sink?.failed(problem);
    this.#tell.failed(problem);
  }

  exited(problem: Problem | null): void {
    this.#tell.exited(this.#problem ?? problem);
  }

  to(sink: Sink): void {
    this.#sink = sink;
    if (this.#problem !== null) return sink.failed(this.#problem);
    let wantsMore = true;
    for (const chunk of this.#kept.splice(0)) wantsMore = sink.data(chunk);
    if (this.#isComplete) sink.end();
    else if (wantsMore && this.#keptBytes >= mostKeptBytes) this.resume();
  }

  resume(): void {
    this.#controls?.resume();
  }
}
