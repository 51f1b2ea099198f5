// What the gateway makes of a port host that it cannot end, and that may be far away.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { portBackend } from '../../src/porting/backend.ts';
import { mostConnections } from '../../src/porting/host-pool.ts';
import { RemoteHost } from '../../src/porting/remote-host.ts';
import { readErrand } from '../../src/porting/wire.ts';
import { noLease } from '../../src/session/lease.ts';
import { fakeClock } from '../helpers/clock.ts';
import { routeOf } from '../helpers/routing.ts';
import { until } from '../helpers/shop.ts';

const routeWith = (timeoutMs: number) =>
  routeOf('/view.pl', 1, 'port', { port: '/ports/view.ts', timeoutMs });
const exchange = {
  id: 'e1',
  method: 'GET',
  target: { target: '/view.pl' },
  headers: ['Host', 'shop'],
  body: { lengthBytes: 0, bytes: null, stream: () => null },
  claimedSessionId: null,
  clientAddress: '127.0.0.1',
  receivedAtMs: 0,
} as unknown as Exchange;

/** A played host on a unix socket or a TCP port, asked by a gateway whose time a test moves. */
async function play(t: Test, where: 'unix' | 'tcp', serve: RequestListener) {
  const server = createServer(serve);
  const folder = mkdtempSync(join(tmpdir(), 'banyan-played-')); // short, as the name of a socket has to be
  const socketPath = join(folder, 'socket');
  await new Promise<void>((up) =>
    where === 'unix' ? server.listen(socketPath, up) : server.listen(0, '127.0.0.1', up),
  );
  const origin = where === 'unix' ? '' : `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const host = new RemoteHost(where === 'unix' ? { socketPath } : { origin });
  const clock = fakeClock();
  const backend = portBackend(host, clock, () => Promise.resolve(), false);
  const end = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t.teardown(async () => {
    await host.close();
    end();
    rmSync(folder, { recursive: true });
  });
  const ask = async (timeoutMs = 2_000): Promise<string> => {
    const outcome = await backend.handle(exchange, routeWith(timeoutMs), noLease, { left: false });
    return outcome.kind === 'answered' ? `answered ${outcome.answer.status}` : outcome.problem.code;
  };
  return { ask, clock, end };
}

t.test('a host that is lost before it has announced a commit', async (t) => {
  for (const [where, code] of [
    ['unix', 'PORT_HOST_DOWN'], // the end of a unix socket is the end of the host
    ['tcp', 'COMMIT_UNCERTAIN'], // and that of a connection over a network is not
  ] as const) {
    const { ask, end } = await play(t, where, (request) => request.socket.destroy());
    t.equal(await ask(), code, `${where}: while it worked`);
    end();
    t.equal(await ask(), 'PORT_HOST_DOWN', `${where}: it was not asked at all`);
  }
});

t.test('an answer that is no port’s', async (t) => {
  for (const [where, status, code] of [
    ['unix', 502, 'PORT_FAILED'],
    ['tcp', 502, 'COMMIT_UNCERTAIN'], // a proxy that has lost a host says so
    ['tcp', 431, 'PORT_FAILED'],
  ] as const) {
    const { ask } = await play(t, where, (_, response) => void response.writeHead(status).end());
    t.equal(await ask(), code, `${status} from ${where}`);
  }
});

t.test('a host that says nothing in time', async (t) => {
  const asked: number[] = [];
  let hungUp = 0;
  const { ask, clock } = await play(t, 'unix', (request, response) => {
    asked.push(readErrand(request.rawHeaders).timeoutMs);
    response.on('close', () => hungUp++);
  });
  const working = Array.from({ length: mostConnections }, () => ask(60_000));
  await until('all its connections are in use', () => asked.length === mostConnections);
  const waiting = ask();
  clock.advance(3_000);
  t.equal(await waiting, 'PORT_TIMEOUT', 'one that it was never given leaves no trace');
  clock.advance(58_000);
  t.same(new Set(await Promise.all(working)), new Set(['COMMIT_UNCERTAIN']), 'the others may commit yet');
  await until('it was hung up on', () => hungUp === mostConnections);
  const next = ask(2_001);
  await until('it is asked again', () => asked.includes(2_001));
  t.notOk(asked.includes(2_000), 'and what nobody waits for any more is not sent');
  clock.advance(4_000);
  await next;
});
