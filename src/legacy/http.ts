import { Pool, type Dispatcher } from 'undici';
import { Problem } from '../errors.ts';
import type { UpstreamTls } from '../routing/route.ts';
import { connectorTo } from './connect.ts';
import { properFields } from './proper-fields.ts';
import type { LegacyCall, LegacyReceiver, LegacyRequest, LegacyTransport } from './transport.ts';

/** A script that nobody waits for any more is read for this long at most; then its turn is given up. */
const orphanMs = 15 * 60_000;

/**
 * The way to the old application over HTTP. It never asks twice, follows no redirect and decodes nothing. Time is
 * watched by the caller, because a script that is too slow for its client still has to be read to its end.
 */
export function httpTransport(origin: URL, connections: number, tls?: UpstreamTls): LegacyTransport {
  const pool = new Pool(origin.origin, {
    connections,
    pipelining: 1,
    headersTimeout: orphanMs,
    bodyTimeout: orphanMs,
    maxHeaderSize: 65_536, // a script's Set-Cookie fields alone may be 18 kB (promises.md 2a)
    // Apache closes an idle connection after its KeepAliveTimeout; we must be quicker, or a request meets the close.
    keepAliveTimeout: 3_000,
    connect: connectorTo(origin, tls),
  });
  return {
    send: (request, receiver) => dispatch(pool, origin.hostname, request, receiver),
    close: () => pool.destroy(),
  };
}

function dispatch(
  pool: Pool,
  servername: string,
  request: LegacyRequest,
  receiver: LegacyReceiver,
): LegacyCall {
  const handler = new Handler(receiver);
  const { headers, body, lengthBytes } = request;
  try {
    pool.dispatch(
      {
        path: request.target,
        method: request.method as Dispatcher.HttpMethod,
        headers: lengthBytes > 0 ? [...headers, 'Content-Length', String(lengthBytes)] : headers,
        body,
        // One for all: else undici opens a new TLS connection whenever a client says another Host.
        servername,
      } as Dispatcher.DispatchOptions,
      handler,
    );
  } catch (thrown) {
    // What undici refuses to send is the client's doing, such as two Host fields.
    handler.refuse(new Problem('NOT_HTTP', `the request cannot be passed on: ${String(thrown)}`, thrown));
  }
  return handler;
}

/** What undici says of a body that is not as long as it was said to be. */
const mismatch = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';

/** undici's raw interface: buffers as they were parsed, no objects in between. */
class Handler implements Dispatcher.DispatchHandler, LegacyCall {
  readonly #receiver: LegacyReceiver;
  #abort: ((reason?: Error) => void) | null = null;
  #aborted = false;
  #done = false;
  #isBare = false;

  constructor(receiver: LegacyReceiver) {
    this.#receiver = receiver;
  }

  abort(): void {
    this.#aborted = true;
    this.#abort?.();
  }

  abortIfUnsent(): void {
    if (this.#abort !== null) return;
    this.#aborted = true;
    this.onError(new Error('it was given up while it waited for a connection'));
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort;
    if (this.#aborted) abort();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200) return true; // 1xx: not passed on
    this.#isBare = status === 204 || status === 304;
    const headers = properFields(
      status,
      raw.map((field) => field.toString('latin1')),
    );
    // undici reads a reason phrase as UTF-8, Node sends latin-1 and refuses everything else.
    this.#receiver.head(status, reason.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'), headers, { resume });
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#receiver.data(chunk);
  }

  onComplete(): void {
    if (this.#done) return;
    this.#done = true;
    this.#receiver.end();
    this.#receiver.exited(null);
  }

  onError(error: Error): void {
    // undici 7.30 waits for the bytes that a 304 only tells of (RFC 9110 section 15.4.5), and misses them.
    const missesNothing = this.#isBare && (error as { code?: unknown }).code === mismatch;
    if (missesNothing) this.onComplete();
    else this.refuse(asLegacyProblem(error, this.#abort !== null));
  }

  /** Ends the call with a problem, where it has not ended yet. */
  refuse(problem: Problem): void {
    if (this.#done) return;
    this.#done = true;
    this.#receiver.failed(problem);
    this.#receiver.exited(null);
  }
}

function asLegacyProblem(error: Error, connected: boolean): Problem {
  const code = (error as { code?: unknown }).code;
  if (!connected)
    return new Problem('LEGACY_DOWN', `legacy cannot be reached: ${error.message} (${String(code)})`, error);
  return new Problem(
    'LEGACY_BROKE',
    `legacy's answer could not be read: ${error.message} (${String(code)})`,
    error,
  );
}
