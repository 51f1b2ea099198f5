import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { type ReceivedBody, receiveBody } from '../../src/gateway/receive.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { until } from '../helpers/shop.ts';

const clients = {
  headBytes: 16_384,
  cookieBytes: 8190,
  uploadBytes: null,
  connections: 10,
  headMs: 1000,
  stallMs: 1000,
  idleMs: 1000,
};

/** A body that is being sent, and received, while time stands still. */
async function begin(t: Test, bytes: number, inMemoryBytes = 1_000_000) {
  const clock = fakeClock();
  const arrived = Promise.withResolvers<{ request: IncomingMessage; received: Promise<ReceivedBody> }>();
  const server = createServer((request, response) => {
    const received = receiveBody(request, { inMemoryBytes, clients, clock });
    received.catch(() => undefined).finally(() => response.end());
    arrived.resolve({ request, received });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  const client = await RawClient.to(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => client.close());
  await client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
  const { request, received } = await arrived.promise;
  const send = async (piece: string): Promise<void> => {
    const due = request.socket.bytesRead + piece.length;
    await client.write(piece);
    await until('it has come', () => request.socket.bytesRead === due);
    await settle();
  };
  return { clock, send, received, request };
}

const piece = (bytes: number): string => 'x'.repeat(bytes);

for (const [where, inMemoryBytes] of [
  ['in memory', 1_000_000],
  ['in a file', 2000],
] as const) {
  t.test(`${where}: a body may take as long as it likes while it comes`, async (t) => {
    const { clock, send, received } = await begin(t, 60_000, inMemoryBytes);
    await settle();
    for (let n = 0; n < 40; n++) {
      await send(piece(1500));
      clock.advance(990);
    }
    const { body, release } = await received;
    t.equal(body.lengthBytes, 60_000);
    t.equal(clock.pending, 0, 'no timer is left');
    release();
  });

  t.test(
    `${where}: one that stops is not waited for, and its connection is left to be answered on`,
    async (t) => {
      const { clock, send, received, request } = await begin(t, 60_000, inMemoryBytes);
      await send(piece(3000));
      clock.advance(1000);
      await settle();
      clock.advance(1000);
      await t.rejects(received, { code: 'REQUEST_SLOW', message: /after 3000 bytes/ });
      t.notOk(request.socket.destroyed);
      t.equal(clock.pending, 0, 'no timer is left');
    },
  );

  t.test(`${where}: nor is one that drips`, async (t) => {
    const { clock, send, received } = await begin(t, 60_000, inMemoryBytes);
    await send(piece(3000));
    for (let n = 0; n < 25; n++) {
      await send(piece(10));
      clock.advance(100);
    }
    await t.rejects(received, { code: 'REQUEST_SLOW' });
  });
}
