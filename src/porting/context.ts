import { cookieValue } from '../exchange/cookies.ts';
import { requestHead } from '../exchange/form.ts';
import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import { requestParams, urlParams } from '../exchange/params.ts';
import type { Draft } from '../session/draft.ts';
import type { Transaction } from '../session/store.ts';
import type { Context, Database, PortLog, PortRequest } from './define.ts';
import type { PortLine } from './host-words.ts';
import { readUploads } from './uploads.ts';
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

/** What a port can do besides reading and writing. */
export interface ContextParts {
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly log: (line: PortLine) => void;
  readonly afterCommit: Context['afterCommit'];
  readonly legacy: Context['legacy'];
}

/** Everything a port works with, for one request. Parameters and uploads are read when they are asked for. */
export function makeContext(
  job: Job,
  session: Draft,
  transaction: Transaction,
  parts: ContextParts,
): Context {
  const { errand, headers, body, method } = job;
  const mark = job.target.indexOf('?');
  const request: PortRequest = {
    id: errand.exchangeId,
    method,
    path: mark === -1 ? job.target : job.target.slice(0, mark),
    query: mark === -1 ? '' : job.target.slice(mark + 1),
    headers,
    header: (name) => headerValue(headers, name),
    body,
    clientAddress: errand.clientAddress,
  };
  const head = requestHead(method, request.query, headers);
  const params = requestParams({ ...head, body });
  const ofUrl = urlParams(request.query);
  const uploads = readUploads(head, body);
  return {
    request,
    params,
    param: (name) => params.get(name),
    urlParams: ofUrl,
    urlParam: (name) => ofUrl.get(name),
    upload: (name) => uploads(name)[0] ?? null,
    uploads,
    session,
    db: {
      query: sayingWhere((sql, values = []) => transaction.query(sql, values)),
      execute: sayingWhere((sql, values = []) => transaction.execute(sql, values)),
    },
    cookie: (name) => cookieValue(headers, name),
    now: new Date(errand.receivedAtMs),
    random: parts.random,
    log: logTo(parts.log),
    signal: parts.signal,
    legacy: parts.legacy,
    afterCommit: parts.afterCommit,
  };
}

/**
 * The error of a statement is made where its answer is read, and says nothing of who has asked. Here it is known again, by
 * who waits; to note it with each statement, as mysql2 would, took a fifth of a port's time.
 */
function sayingWhere(ask: Database['query']): Database['query'] {
  return async (sql, values) => {
    try {
      return await ask(sql, values);
    } catch (thrown) {
      if (thrown instanceof Error) Error.captureStackTrace(thrown);
      throw thrown;
    }
  };
}

function logTo(say: (line: PortLine) => void): PortLog {
  const at =
    (level: PortLine['level']): PortLog['info'] =>
    (message, fields = {}) =>
      say({ level, message, fields });
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
