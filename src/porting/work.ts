import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { Problem, asProblem } from '../errors.ts';
import type { SessionSeen } from '../exchange/outcome.ts';
import type { SessionStore } from '../session/store.ts';
import { type Job, makeContext } from './context.ts';
import type { PortAnswer } from './define.ts';
import type { PortLine } from './host-words.ts';
import { loadPort } from './load.ts';
import { refuseUnsayable } from './sayable.ts';
import { openSession, type SessionCustoms } from './session.ts';
import { checkOf } from './shape.ts';

/** What a port host works with. */
export interface WorkParts {
  readonly store: SessionStore;
  readonly customs: SessionCustoms;
  /** The file of the port that an errand means. Throws a Problem where there is none. */
  readonly fileOf: (job: Job) => string;
  /** A line for the gateway's log. */
  readonly say: (line: PortLine) => void;
  /** Does, or has somebody else do, what is left for after a commit; the work never rejects. */
  readonly later: (work: () => Promise<void>) => void;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** A port while it works on a request. */
export interface RunningPort {
  /** Something of it has failed that it does not wait for itself. */
  fail(problem: Problem): void;
}

/** What came of a port's work. */
export interface Done {
  readonly answer: PortAnswer;
  readonly session: SessionSeen;
}

const running = new AsyncLocalStorage<RunningPort>();

/** The port, and its request, that what runs now belongs to; null where it belongs to none. */
export function requestOfPort(): RunningPort | null {
  return running.getStore() ?? null;
}

/**
 * Runs a port for one request: session and tables are read and written in one transaction, which is committed after
 * the port has answered and before anybody is told. `beforeCommit` is called when all that is left is COMMIT; when it
 * rejects, nothing is committed. `beforeTrace` is called once, before what no ROLLBACK may undo.
 *
 * Rejects with a Problem. Unless that is COMMIT_UNCERTAIN or TRACE_LEFT, it leaves no trace.
 */
export async function work(
  job: Job,
  parts: WorkParts,
  beforeCommit: () => Promise<void>,
  beforeTrace: () => Promise<void>,
): Promise<Done> {
  const { errand } = job;
  const port = await loadPort(parts.fileOf(job));
  const transaction = await parts.store.begin({ effects: errand.effects, beforeTrace });
  const limit = limitOf(job, parts);
  const afterwards: (() => void | Promise<void>)[] = [];
  let handedOver: Problem | null = null;
  let made: PortAnswer | null = null;
  const perform = async (): Promise<Done> => {
    const session = await openSession(errand, transaction, parts.customs, checkOf(port.shape));
    const context = makeContext(job, session.draft, transaction, {
      signal: limit.signal,
      random: parts.random,
      log: (line) => parts.say(withRequest(line, job)),
      afterCommit: (action) => afterwards.push(action),
      legacy: () => {
        handedOver ??= new Problem('PORT_HANDED_OVER', 'the port has left the request to legacy');
        throw handedOver;
      },
    });
    made = await port.handler(context);
    if (handedOver !== null) throw handedOver; // and it was caught
    refuseUnsayable(made);
    return { answer: made, session: await session.save() };
  };
  let done: Done;
  try {
    done = await Promise.race([running.run(limit, perform), limit.over]);
    transaction.mustBeOpen();
    await beforeCommit();
  } catch (thrown) {
    putAway(made);
    const left = await transaction.rollBack();
    const problem = asProblem(thrown, databaseIsGone(thrown) ? 'DATABASE_DOWN' : 'PORT_FAILED');
    if (left === null) throw problem;
    throw new Problem('TRACE_LEFT', `${left}; and then: ${problem.code}: ${problem.message}`, thrown);
  } finally {
    limit.stop();
  }
  try {
    await transaction.commit();
  } catch (thrown) {
    putAway(made);
    throw new Problem('COMMIT_UNCERTAIN', `COMMIT was sent and not answered: ${String(thrown)}`, thrown);
  }
  for (const action of afterwards) parts.later(() => running.run(limit, doLate, action, job, parts));
  return done;
}

async function doLate(action: () => void | Promise<void>, job: Job, parts: WorkParts): Promise<void> {
  try {
    await action();
  } catch (thrown) {
    const message = `what was left for after the commit failed: ${asProblem(thrown, 'PORT_FAILED').message}`;
    parts.say(withRequest({ level: 'error', message, fields: {} }, job));
  }
}

function withRequest(line: PortLine, { errand }: Job): PortLine {
  return { ...line, fields: { ...line.fields, request: errand.exchangeId, route: errand.route } };
}

/** An answer that nobody will be sent may hold a file open. */
function putAway(made: PortAnswer | null): void {
  if (made?.body instanceof Readable) made.body.destroy();
}

interface Limit extends RunningPort {
  readonly signal: AbortSignal;
  readonly over: Promise<never>;
  stop(): void;
}

/** What ends a port: its time, where it gives up the thread now and then (the gateway ends one that does not), or itself. */
function limitOf(job: Job, parts: WorkParts): Limit {
  const { timeoutMs } = job.errand;
  const controller = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => undefined);
  let isOver = false;
  const timer = setTimeout(() => {
    controller.abort();
    reject(new Problem('PORT_TIMEOUT', `the port did not answer within ${timeoutMs} ms`));
  }, timeoutMs);
  return {
    signal: controller.signal,
    over,
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
    fail: (problem) => {
      if (!isOver) return reject(problem);
      const message = `a promise that the port did not wait for has failed: ${problem.message}`;
      parts.say(withRequest({ level: 'error', message, fields: {} }, job));
    },
  };
}

function databaseIsGone(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown }).code;
  return ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'].includes(
    String(code),
  );
}
