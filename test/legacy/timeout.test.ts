import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { legacyBackend } from '../../src/legacy/backend.ts';
import { passThrough } from '../../src/legacy/pass-through.ts';
import type { LegacyGate, WaitingReceiver } from '../../src/legacy/transport.ts';
import { noLease } from '../../src/session/lease.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { routeOf } from '../helpers/routing.ts';

/** A legacy that has no place for anybody until it is told so, and then hangs. */
class Full implements LegacyGate {
  receiver: WaitingReceiver | null = null;

  send(_request: unknown, receiver: WaitingReceiver) {
    this.receiver = receiver;
    return { abort: () => undefined, abortIfUnsent: () => undefined };
  }
}

const route = routeOf('/**', 1);
const { timeoutMs } = route;

const lanes = {
  story: (gate: LegacyGate, clock: ReturnType<typeof fakeClock>) => {
    const exchange = {
      id: 'e',
      method: 'GET',
      target: { target: '/' },
      headers: [],
      body: { lengthBytes: 0 },
    } as unknown as Exchange;
    return legacyBackend(() => gate, clock).handle(exchange, route, noLease, { left: false });
  },
  pass: (gate: LegacyGate, clock: ReturnType<typeof fakeClock>) => {
    const response = new EventEmitter() as ServerResponse;
    const order = { id: 'e', method: 'GET', target: '/', headers: [], timeoutMs, upstream: route.upstream };
    const outletTo = (): never => {
      throw new Error('nothing was answered');
    };
    return passThrough(() => gate, clock, outletTo)(response, order);
  },
};

for (const [lane, ask] of Object.entries(lanes)) {
  t.test(`${lane} lane: what legacy may take is counted from when it is given the request`, async (t) => {
    const [gate, clock] = [new Full(), fakeClock()];
    let outcome: { problem?: unknown; elapsedMs: number } | null = null;
    const asked = ask(gate, clock).then((came) => (outcome = came));
    clock.advance(timeoutMs * 3);
    await settle();
    t.equal(outcome, null, 'waiting for a place has a limit of its own');
    gate.receiver?.given();
    clock.advance(timeoutMs - 1);
    await settle();
    t.equal(outcome, null);
    clock.advance(1);
    t.match(await asked, { problem: { code: 'LEGACY_TIMEOUT', status: 504 }, elapsedMs: timeoutMs });
    t.equal(clock.pending, 0);
  });
}
