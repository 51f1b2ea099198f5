import { asProblem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Place } from '../exchange/roster.ts';
import type { UpstreamTls } from '../routing/route.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Asking, Connection } from './connection.ts';
import { dialTo, readyEvent } from './connect.ts';
import type { LegacyCall, LegacyReceiver, LegacyRequest, LegacyTransport } from './transport.ts';
import { requestHead } from './wire-request.ts';

/** A script that nobody waits for any more is read for this long at most; then its turn is given up. */
const orphanMs = 15 * 60_000;

/**
 * The way to the old application over HTTP. It never asks twice, follows no redirect and decodes nothing. Time is
 * watched by the caller, because a script that is too slow for its client still has to be read to its end.
 */
export function httpTransport(origin: URL, clock: Clock, tls?: UpstreamTls): LegacyTransport {
  const pool = new ConnectionPool({
    dial: dialTo(origin, tls),
    readyEvent: readyEvent(origin),
    longestIdleMs: 3_000,
    longestSilenceMs: orphanMs,
    clock,
  });
  return {
    send: (request, receiver) => {
      const call = new HttpCall(pool, request, receiver);
      call.begin();
      return call;
    },
    close: () => Promise.resolve(pool.close()),
  };
}

class HttpCall implements LegacyCall, Asking {
  head = '';
  connection: Connection | null = null;
  place: Place<Asking> | null = null;
  readonly request: LegacyRequest;
  readonly receiver: LegacyReceiver;
  readonly #pool: ConnectionPool;

  constructor(pool: ConnectionPool, request: LegacyRequest, receiver: LegacyReceiver) {
    this.#pool = pool;
    this.request = request;
    this.receiver = receiver;
  }

  begin(): void {
    try {
      this.head = requestHead(this.request);
    } catch (thrown) {
      this.receiver.failed(asProblem(thrown, 'NOT_HTTP')); // the client's doing
      this.receiver.exited(null);
      return;
    }
    this.#pool.ask(this);
  }

  abort(): void {
    this.abortIfUnsent();
    this.connection?.breakOff();
  }

  abortIfUnsent(): void {
    this.#pool.callOff(this);
  }
}
