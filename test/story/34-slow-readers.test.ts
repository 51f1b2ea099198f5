import { createServer, type ServerResponse } from 'node:http';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { whyCut } from '../../src/gateway/backlog.ts';
import { outletsWith } from '../../src/gateway/outlet.ts';
import { fakeClock } from '../helpers/clock.ts';
import { type GatewayHere, useGatewayHere } from '../helpers/gateway-here.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { allTurnsOver, metricsOf, turnsHeld, until } from '../helpers/shop.ts';

const mb = 1024 * 1024;
const lanes = ['story', 'pass'] as const;
const routes = '  /pass/**: { to: legacy, session: none }\n  /**: legacy';

t.setTimeout(120_000);

/** Bytes of which no two places look alike: each four say where they are. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

/** An old application that prints what it is told, as fast as it is read, and whether each answer is all taken. */
class Printer {
  readonly taken = new Set<string>();
  readonly answers = new Map<string, ServerResponse>();
  readonly #server = createServer((request, response) => {
    const url = request.url ?? '';
    this.answers.set(url, response);
    response.once('finish', () => this.taken.add(url));
    const bytes = /\/print-(\d+)mb/.exec(url)?.[1];
    if (bytes !== undefined) response.end(pattern(Number(bytes) * mb));
    else response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
  });

  async listen(t: Test): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    t.teardown(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** Asks, and takes nothing of what comes until it is read. */
async function askSlowly(gateway: GatewayHere, target: string): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const client = connect(Number(port), hostname)
    .on('error', () => undefined)
    .pause();
  client.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: CGISESSID=a\r\n\r\n`);
  await once(client, 'connect');
  return client;
}

/** Reads an answer to its end: whether its body is the whole pattern. */
async function isWhole(client: Socket, length: number): Promise<boolean> {
  const pieces: Buffer[] = [];
  client.on('data', (piece: Buffer) => pieces.push(piece)).resume();
  await once(client, 'end');
  const answer = Buffer.concat(pieces);
  return answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(pattern(length));
}

function spoolFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('banyan-answer-');
    } catch {
      return false; // it was the one of readdir
    }
  }).length;
}

/** Whether an answer did not move on while the gateway did something else. */
async function isAtRest(gateway: GatewayHere, answer: ServerResponse | undefined): Promise<boolean> {
  const before = answer?.writableLength;
  for (let looks = 0; looks < 10; looks++) await metricsOf(gateway);
  return before === answer?.writableLength;
}

async function use(t: Test, top = ''): Promise<{ legacy: Printer; gateway: GatewayHere }> {
  const legacy = new Printer();
  return { legacy, gateway: await useGatewayHere(t, await legacy.listen(t), routes, top) };
}

for (const lane of lanes) {
  const target = `/${lane}/print-20mb`;

  t.test(
    `${lane} lane: a slow reader frees the script and its turn at once, and has every byte`,
    async (t) => {
      const { legacy, gateway } = await use(t);
      const client = await askSlowly(gateway, target);
      await until('legacy is rid of it', () => legacy.taken.has(target));
      await until('its turn is free', async () => (await turnsHeld(gateway)) === 0);
      t.equal(spoolFiles(), 1, 'the answer waits in one file');
      t.equal(gateway.records.length, 0, 'it is not over for us');
      t.ok(await isWhole(client, 20 * mb), 'every byte comes, in order');
      await until('it is recorded', () => gateway.records.length === 1);
      t.match(gateway.records[0], { status: 200, clientLeft: false, problem: null });
      t.equal(spoolFiles(), 0);
      const metrics = await metricsOf(gateway);
      t.match(metrics, /^banyan_answers_spooled_total 1$/m);
      t.ok(Number(/^banyan_spooled_bytes_total (\d+)$/m.exec(metrics)?.[1]) > 5 * mb);
    },
  );

  for (const [what, top] of Object.entries({ '1 MB': 'max-spool: 1mb\n', nothing: 'max-spool: 0\n' })) {
    t.test(`${lane} lane: where ${what} may wait in a file, the script waits, too`, async (t) => {
      const { legacy, gateway } = await use(t, top);
      const big = `/${lane}/print-40mb`;
      const client = await askSlowly(gateway, big);
      await until('it has begun', () => legacy.answers.has(big));
      await until('all that may come has come', () => isAtRest(gateway, legacy.answers.get(big)));
      t.notOk(legacy.taken.has(big), 'legacy is not rid of it');
      t.ok(await isWhole(client, 40 * mb), 'every byte comes, in order');
      await until('it is recorded', () => gateway.records.length === 1);
      t.equal(spoolFiles(), 0);
    });
  }

  t.test(`${lane} lane: without a place for files the script waits, and the answer is whole`, async (t) => {
    const { legacy, gateway } = await use(t);
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = '/nowhere/at/all';
    t.teardown(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    const big = `/${lane}/print-40mb`;
    const client = await askSlowly(gateway, big);
    await until('it is said', () => gateway.warnings.some((line) => /no file to wait in/.test(line)));
    t.notOk(legacy.taken.has(big), 'legacy is not rid of it');
    t.ok(await isWhole(client, 40 * mb), 'every byte comes, in order');
    t.equal(gateway.warnings.filter((line) => /no file/.test(line)).length, 1, 'it is said once');
  });

  t.test(`${lane} lane: a client that leaves in the middle leaves no file behind`, async (t) => {
    const { legacy, gateway } = await use(t);
    const client = await askSlowly(gateway, target);
    await until('legacy is rid of it', () => legacy.taken.has(target));
    await until('it waits in a file', () => spoolFiles() === 1);
    client.resetAndDestroy();
    await until('it is recorded', () => gateway.records.length === 1);
    t.match(gateway.records[0], { clientLeft: true });
    await until('the file is closed', () => spoolFiles() === 0);
    await allTurnsOver(gateway);
  });

  t.test(`${lane} lane: what is printed piece by piece is seen piece by piece`, async (t) => {
    const { legacy, gateway } = await use(t);
    const url = `/${lane}/events`;
    const client = await RawClient.to(gateway.url);
    await client.write(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.begun();
    for (const event of ['one', 'two', 'three']) {
      legacy.answers.get(url)?.write(`data: ${event}\n\n`);
      await until(`"${event}" is there before the next is printed`, () => client.unread.includes(event));
    }
    legacy.answers.get(url)?.end();
    t.match(await client.answer(), { kind: 'whole', status: 200 });
    client.close();
    t.equal(spoolFiles(), 0);
  });
}

t.test('a gateway that ends waits for the reader of an answer that is spooled', async (t) => {
  const { legacy, gateway } = await use(t);
  const client = await askSlowly(gateway, '/story/print-20mb');
  await until('legacy is rid of it', () => legacy.taken.has('/story/print-20mb'));
  const closing = gateway.close();
  t.ok(await isWhole(client, 20 * mb));
  t.equal(await closing, 0, 'nothing was cut');
});

t.test('a client that takes nothing for a minute is cut off, and its file is freed', async (t) => {
  const clock = fakeClock();
  let spooled = 0;
  const outletTo = outletsWith({
    clock,
    mostSpooledBytes: () => 1024 * mb,
    spooled: (bytes) => (spooled += bytes),
    notSpooled: (reason) => t.fail(String(reason)),
  });
  const answer = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => answer.resolve(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  t.teardown(() => client.destroy());
  client.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const response = await answer.promise;
  let resume = (): void => undefined;
  const outlet = outletTo(response, () => resume());
  const before = process.memoryUsage.rss();
  const piece = pattern(mb);
  for (let left = 200; left > 0; left--) {
    if (!outlet.write(piece)) await new Promise<void>((resolve) => (resume = resolve)); // until the disk comes after
  }
  await until('it waits in a file', () => spoolFiles() === 1);
  const over = Promise.withResolvers<void>();
  outlet.end(over.resolve);
  t.notOk(response.destroyed);
  const rise = Math.round((process.memoryUsage.rss() - before) / mb);
  t.ok(rise < 50, `200 MB for a reader that stopped take ${rise} MB of memory`);
  clock.advance(60_000); // the system may have taken something since it began
  clock.advance(60_000);
  await over.promise;
  t.ok(response.destroyed, 'it is cut off');
  t.match(whyCut(response), { code: 'READER_STALLED' }, 'and one knows why');
  t.equal(clock.pending, 0);
  t.ok(spooled > 180 * mb);
  await until('the file is closed', () => spoolFiles() === 0);
});
