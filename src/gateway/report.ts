import type { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Failed, Finished, Outcome } from '../exchange/outcome.ts';
import type { ExchangeRecord, NestedRecord, SideRecord, TurnRecord } from '../record.ts';
import type { Decision } from '../routing/decide.ts';
import { sessionLabel } from '../session/identity.ts';
import type { Lease } from '../session/lease.ts';
import type { Client } from './client.ts';
import type { Entered } from './enter.ts';
import type { Seen } from './leave.ts';

/**
 * Collects what the story has to say about one exchange, so that serve.ts holds no stopwatch. Its methods are called
 * in the order of the story, and exactly one of `refused` and `finish` makes the record.
 */
export class Report {
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #decision: Decision | null = null;
  #lease: Lease | null = null;
  #nested: NestedRecord | null = null;
  #seen: Seen = { turn: null, followed: null, aside: null };
  #enteredMs = 0;
  #enteredAtMs = 0;
  #turn: TurnRecord | null = null;
  #outcome: Outcome | null = null;
  #finished: Finished | null = null;

  constructor(exchange: Exchange, clock: Clock) {
    this.#exchange = exchange;
    this.#clock = clock;
    this.#startedMs = exchange.startedMs;
  }

  decided(decision: Decision): void {
    this.#decision = decision;
  }

  entered({ lease, nested }: Entered): void {
    this.#lease = lease;
    this.#nested = nested;
    this.#enteredMs = this.#clock.nowMs();
    this.#enteredAtMs = this.#clock.epochMs();
  }

  left(outcome: Outcome, finished: Finished): void {
    this.#outcome = outcome;
    this.#finished = finished;
    const lease = this.#lease;
    if (lease === null || lease.fence === null || lease.sessionId === null) return;
    this.#turn = {
      session: sessionLabel(lease.sessionId),
      enteredAtMs: this.#enteredAtMs,
      waitedLocalMs: lease.waitedMs.local,
      waitedDatabaseMs: lease.waitedMs.database,
      heldMs: this.#clock.nowMs() - this.#enteredMs,
      overlapped: lease.overlapped,
      lost: lease.lost.aborted,
      seen: null,
    };
  }

  saw(seen: Seen): void {
    this.#seen = seen;
    if (this.#turn !== null) this.#turn = { ...this.#turn, seen: seen.turn };
  }

  /** The record of a request that no side was asked to serve. */
  refused(
    { problem, nested }: { problem: Problem; nested: NestedRecord | null },
    client: Client,
  ): ExchangeRecord {
    this.#nested = nested;
    return this.#record({ served: 'none', sides: [], fallback: null, problem }, client);
  }

  /** The record of a request that a side served, or failed to. */
  finish(cut: Problem | null, client: Client): ExchangeRecord {
    const outcome = this.#outcome as Outcome;
    const finished = this.#finished as Finished;
    const instead = outcome.insteadOf;
    const failed = outcome.kind === 'failed' ? outcome.problem : (finished.problem ?? cut);
    return this.#record(
      {
        served: outcome.kind === 'answered' ? outcome.side : 'none',
        sides: [...(instead === undefined ? [] : [failedSide(instead)]), ...sideRecords(outcome, finished)],
        fallback: instead === undefined ? null : instead.problem,
        problem: failed,
      },
      client,
    );
  }

  #record(
    what: Pick<ExchangeRecord, 'served' | 'sides' | 'fallback' | 'problem'>,
    client: Client,
  ): ExchangeRecord {
    const decision = this.#decision as Decision;
    const { sessionId } = this.#exchange;
    return {
      id: this.#exchange.id,
      method: this.#exchange.method,
      client: this.#exchange.clientAddress,
      path: this.#exchange.shownPath,
      route: decision.route.name,
      revision: decision.revision,
      upstream: decision.route.upstream.name,
      wasUnread: decision.wasUnread,
      lane: 'story',
      why: decision.why,
      status: client.status ?? what.problem?.status ?? 0,
      elapsedMs: this.#clock.nowMs() - this.#startedMs,
      session: sessionId === null ? null : { label: sessionLabel(sessionId), use: decision.route.session },
      turn: this.#turn,
      nested: this.#nested,
      followed: this.#seen.followed,
      aside: this.#seen.aside,
      clientLeft: client.left,
      ...what,
    };
  }
}

function failedSide({ side, elapsedMs, problem: { code } }: Failed): SideRecord {
  if (code === 'PORT_HANDED_OVER') return { side, elapsedMs, result: 'ok' }; // it did what it was written to do
  const timedOut = code === 'PORT_TIMEOUT' || code === 'LEGACY_TIMEOUT';
  return { side, elapsedMs, result: timedOut ? 'timeout' : 'exception' };
}

function sideRecords(outcome: Outcome, finished: Finished): SideRecord[] {
  if (outcome.kind === 'failed') return wasAsked(outcome.problem) ? [failedSide(outcome)] : [];
  const { side, answer } = outcome;
  const { elapsedMs, problem } = finished;
  return [{ side, elapsedMs, result: problem === null ? resultOf(answer.status) : 'exception' }];
}

/** Whether a side that failed had been given the request at all: else it did not run. */
export function wasAsked({ code }: Problem): boolean {
  return code !== 'LEGACY_BUSY' && code !== 'LEGACY_QUEUE_TIMEOUT' && code !== 'CLIENT_GONE';
}

/** What an answer's status says about the side that gave it. */
export function resultOf(status: number): SideRecord['result'] {
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'client_error' : 'ok';
}
