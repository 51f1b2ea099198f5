import { Problem, asProblem } from '../errors.ts';
import { cookieValue } from '../exchange/cookies.ts';
import { requestHead } from '../exchange/form.ts';
import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import { requestParams, urlParams } from '../exchange/params.ts';
import type { SessionStore, Transaction } from '../session/store.ts';
import type { Context, PortAnswer, PortRequest } from './define.ts';
import { loadPort } from './load.ts';
import { refuseUnsayable } from './sayable.ts';
import { checkOf } from './shape.ts';
import { openSession, type OpenSession, type SessionCustoms } from './session.ts';
import type { Errand } from './wire.ts';

/** A request as it arrived at a port host. */
export interface Job {
  readonly errand: Errand;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/** What a port host works with. */
export interface WorkParts {
  readonly store: SessionStore;
  readonly customs: SessionCustoms;
  /** Runs after a commit; what it throws is reported and changes nothing. */
  readonly reportLate: (problem: Problem) => void;
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
): Promise<PortAnswer> {
  const port = await loadPort(job.errand.file);
  const transaction = await parts.store.begin({ effects: job.errand.effects, beforeTrace });
  const late: Late = { afterwards: [], handedOver: null };
  const time = limit(job.errand.timeoutMs);
  const perform = async (): Promise<PortAnswer> => {
    const session = await openSession(job.errand, transaction, parts.customs, checkOf(port.shape));
    const made = await port.handler(makeContext(job, session, transaction, time.signal, late));
    if (late.handedOver !== null) throw late.handedOver; // and it was caught
    refuseUnsayable(made);
    await session.save();
    return made;
  };
  let answer: PortAnswer;
  try {
    answer = await Promise.race([perform(), time.over]);
    transaction.mustBeOpen();
    await beforeCommit();
  } catch (thrown) {
    const left = await transaction.rollBack();
    const problem = asProblem(thrown, databaseIsGone(thrown) ? 'DATABASE_DOWN' : 'PORT_FAILED');
    if (left === null) throw problem;
    throw new Problem('TRACE_LEFT', `${left}; and then: ${problem.code}: ${problem.message}`, thrown);
  } finally {
    time.stop();
  }
  try {
    await transaction.commit();
  } catch (thrown) {
    throw new Problem('COMMIT_UNCERTAIN', `COMMIT was sent and not answered: ${String(thrown)}`, thrown);
  }
  for (const action of late.afterwards) {
    Promise.resolve()
      .then(action)
      .catch((thrown: unknown) => parts.reportLate(asProblem(thrown, 'PORT_FAILED')));
  }
  return answer;
}

/** What a port has asked for that becomes of it when it is over. */
interface Late {
  readonly afterwards: (() => void | Promise<void>)[];
  handedOver: Problem | null;
}

function makeContext(
  job: Job,
  session: OpenSession,
  transaction: Transaction,
  signal: AbortSignal,
  late: Late,
): Context {
  const mark = job.target.indexOf('?');
  const request: PortRequest = {
    id: job.errand.exchangeId,
    method: job.method,
    path: mark === -1 ? job.target : job.target.slice(0, mark),
    query: mark === -1 ? '' : job.target.slice(mark + 1),
    headers: job.headers,
    header: (name) => headerValue(job.headers, name),
    body: job.body,
    clientAddress: job.errand.clientAddress,
  };
  return {
    request,
    params: requestParams({ ...requestHead(job.method, request.query, job.headers), body: job.body }),
    urlParams: urlParams(request.query),
    session: session.draft,
    db: { query: (sql, values = []) => transaction.query(sql, values) },
    cookie: (name) => cookieValue(job.headers, name),
    now: new Date(job.errand.receivedAtMs),
    random: Math.random,
    signal,
    legacy: () => {
      late.handedOver ??= new Problem('PORT_HANDED_OVER', 'the port has left the request to legacy');
      throw late.handedOver;
    },
    afterCommit: (action) => {
      late.afterwards.push(action);
    },
  };
}

/** A limit on the time of a port that gives up the thread now and then; the gateway ends one that does not. */
function limit(timeoutMs: number): { signal: AbortSignal; over: Promise<never>; stop: () => void } {
  const controller = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => undefined);
  const timer = setTimeout(() => {
    controller.abort();
    reject(new Problem('PORT_TIMEOUT', `the port did not answer within ${timeoutMs} ms`));
  }, timeoutMs);
  return { signal: controller.signal, over, stop: () => clearTimeout(timer) };
}

function databaseIsGone(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown }).code;
  return ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'].includes(
    String(code),
  );
}
