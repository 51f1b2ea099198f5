import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Flow, Sink } from '../../src/exchange/flow.ts';
import { legacyBackend } from '../../src/legacy/backend.ts';
import type { WaitingReceiver } from '../../src/legacy/transport.ts';
import type { Route } from '../../src/routing/route.ts';
import { noLease } from '../../src/session/lease.ts';
import { fakeClock } from '../helpers/clock.ts';

const piece = Buffer.alloc(40_000, 'x');

/** Asks legacy, whose part the test plays. */
function ask() {
  const clock = fakeClock();
  let receiver: WaitingReceiver | null = null;
  let resumed = 0;
  const gate = {
    send: (_: unknown, its: WaitingReceiver) => {
      receiver = its;
      return { abort: () => undefined, abortIfUnsent: () => undefined };
    },
  };
  const exchange = { id: 'e', method: 'GET', target: { target: '/' }, headers: [], body: { lengthBytes: 0 } };
  const route = { timeoutMs: 1_000 } as Route;
  const outcome = legacyBackend(() => gate, clock).handle(exchange as unknown as Exchange, route, noLease, {
    left: false,
  });
  const legacy = receiver as unknown as WaitingReceiver;
  legacy.given();
  const begin = async (): Promise<Flow> => {
    legacy.head(200, 'OK', ['Content-Type', 'text/plain'], { resume: () => resumed++ });
    const answered = await outcome;
    if (answered.kind === 'failed') throw answered.problem;
    return answered.answer.body as Flow;
  };
  return { legacy, clock, outcome, begin, resumed: () => resumed };
}

/** Writes down what it is given; `wants` says whether it wants more. */
function sinkOf(wants: () => boolean = () => true): { sink: Sink; got: string[] } {
  const got: string[] = [];
  const sink = {
    data: (chunk: Buffer) => {
      got.push(`${chunk.length} bytes`);
      return wants();
    },
    end: () => void got.push('end'),
    failed: (problem: Problem) => void got.push(problem.code),
  };
  return { sink, got };
}

t.test(
  'what comes before there is a client to take it is kept, in order, and no more than 64 kB of it',
  async (t) => {
    const { legacy, begin, resumed } = ask();
    const body = await begin();
    t.equal(legacy.data(piece), true);
    t.equal(legacy.data(piece), false, 'that is enough for now');
    const { sink, got } = sinkOf();
    body.to(sink);
    t.same(got, ['40000 bytes', '40000 bytes']);
    t.equal(resumed(), 1, 'legacy may go on');
    t.equal(legacy.data(piece), true);
    legacy.end();
    t.same(got.slice(2), ['40000 bytes', 'end'], 'from then on it comes as it comes');
  },
);

t.test('an answer that is complete before anybody takes it is handed over whole', async (t) => {
  const { legacy, begin } = ask();
  const body = await begin();
  legacy.data(piece);
  legacy.end();
  legacy.exited(null);
  const { sink, got } = sinkOf();
  body.to(sink);
  t.same(got, ['40000 bytes', 'end']);
});

t.test('a client that takes no more holds legacy back until it does', async (t) => {
  const { legacy, begin, resumed } = ask();
  const body = await begin();
  legacy.data(piece);
  legacy.data(piece);
  const { sink, got } = sinkOf(() => got.length < 2);
  body.to(sink);
  t.equal(resumed(), 0, 'it wants no more yet');
  body.resume();
  t.equal(resumed(), 1);
  t.equal(legacy.data(piece), false);
});

t.test('an answer that breaks off is cut, before anybody takes it and after', async (t) => {
  for (const isTaken of [false, true]) {
    const { legacy, begin, outcome } = ask();
    const body = await begin();
    legacy.data(piece);
    const { sink, got } = sinkOf();
    if (isTaken) body.to(sink);
    legacy.failed(new Problem('LEGACY_BROKE', 'reset'));
    legacy.exited(null);
    if (!isTaken) body.to(sink);
    t.same(got.slice(isTaken ? 1 : 0), ['LEGACY_BROKE']);
    t.match(await (await outcome).finished, { problem: { code: 'LEGACY_BROKE' } });
  }
});

t.test('legacy that begins too late is read to its end, and nothing of it is kept', async (t) => {
  const { legacy, outcome, clock } = ask();
  clock.advance(1_001);
  t.match(await outcome, { kind: 'failed', problem: { code: 'LEGACY_TIMEOUT' } });
  legacy.head(200, 'OK', [], { resume: () => undefined });
  for (let pieces = 0; pieces < 10; pieces++) t.equal(legacy.data(piece), true);
  legacy.end();
  legacy.exited(null);
  t.match(await (await outcome).finished, { problem: null });
});
