import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { startGateway, writeRoutes } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { ask, RawClient } from '../helpers/raw-client.ts';
import { until, useShop } from '../helpers/shop.ts';
import { holdSockets } from '../helpers/socket-holder.ts';
import { heldLegacy } from '../helpers/held-legacy.ts';
import { type CrewHere, get, isAlive, startMs, useCrew } from '../helpers/workers.ts';

/** Has so many requests wait at legacy, some in each worker. */
async function waitAtLegacy(
  crew: CrewHere,
  waiting: ReadonlyMap<string, unknown>,
): Promise<{ client: RawClient; pid: number }[]> {
  const clients: { client: RawClient; pid: number }[] = [];
  while (new Set(clients.map(({ pid }) => pid)).size < 2) clients.push(await crew.client());
  for (const [at, { client }] of clients.entries()) await client.write(get(`/hang-${crew.pid}-${at}`));
  await until(
    'legacy has them',
    () => clients.every((_, at) => waiting.has(`/hang-${crew.pid}-${at}`)),
    startMs,
  );
  return clients;
}

async function isReady(crew: CrewHere): Promise<boolean> {
  return (await fetch(`${crew.adminUrl}/ready`)).ok;
}

t.test('workers come to their end together', async (t) => {
  const shop = await useShop(t);
  t.setTimeout(600_000);
  const legacy = await heldLegacy(t);

  await t.test('all finish what is under way, and the exit code is 0', async (t) => {
    const crew = await useCrew(t, shop, legacy.url, { top: ['drain: 1h'] });
    const clients = await waitAtLegacy(crew, legacy.waiting);
    const pids = await crew.pids();
    crew.child.kill('SIGTERM');
    await until('/ready says draining', async () => !(await isReady(crew)));
    await until('nobody new is let in', () =>
      RawClient.to(crew.url).then(
        (client) => (client.close(), false),
        () => true,
      ),
    );
    t.ok(pids.every(isAlive), 'each still has something to do');
    for (const response of legacy.waiting.values()) response.end('at last');
    for (const { client } of clients) t.match(await client.answer(), { kind: 'whole', status: 200 });
    t.equal(await crew.ended, 0);
    t.notOk(pids.some(isAlive));
  });

  await t.test('a second signal cuts off what all of them do, and the exit code is 6', async (t) => {
    const crew = await useCrew(t, shop, legacy.url, { top: ['drain: 1h'] });
    const clients = await waitAtLegacy(crew, legacy.waiting);
    crew.child.kill('SIGINT');
    await until('/ready says draining', async () => !(await isReady(crew)));
    crew.child.kill('SIGTERM');
    for (const { client } of clients) t.match(await client.answer(), { kind: 'whole', status: 504 });
    t.equal(await crew.ended, 6);
  });

  await t.test('where the primary is killed they finish what is under way, and are gone', async (t) => {
    const crew = await useCrew(t, shop, legacy.url, { top: ['drain: 1h'] });
    const clients = await waitAtLegacy(crew, legacy.waiting);
    const pids = await crew.pids();
    await crew.stop('SIGKILL');
    for (const response of legacy.waiting.values()) response.end('at last');
    for (const { client } of clients) t.match(await client.answer(), { kind: 'whole', status: 200 });
    await until('nothing is left behind', () => !pids.some(isAlive), startMs);
  });

  await t.test('one that is told to end by itself loses nobody, and is replaced', async (t) => {
    const crew = await useCrew(t, shop, legacy.url, { top: ['drain: 1h'] });
    const clients = await waitAtLegacy(crew, legacy.waiting);
    const [pid] = await crew.pids();
    process.kill(pid as number, 'SIGTERM');
    for (const response of legacy.waiting.values()) response.end('at last');
    for (const { client } of clients) t.match(await client.answer(), { kind: 'whole', status: 200 });
    await until('it is replaced', async () => !(await crew.pids()).includes(pid as number), startMs);
    await crew.allServe(2);
  });

  await t.test('a start that fails is explained once', async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    t.teardown(() => taken.close());
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const inUse = new RegExp(
      `the gateway cannot start: listen EADDRINUSE: address already in use ${address}`,
    );
    const noFile = /the gateway cannot start: .*nowhere\.pem/;
    for (const [said, what] of [
      [await failing(shop, { args: ['--listen', address] }), inUse],
      [await failing(shop, { args: ['--admin', address] }), inUse],
      [await failing(shop, { top: ['tls: { cert: nowhere.pem, key: nowhere.pem }'] }), noFile],
    ] as const) {
      t.match(said[0], what);
      t.equal(said.length, 1, 'by nobody else');
    }
  });

  await t.test('other workers take their place on the same socket, and nobody is refused', async (t) => {
    const file = writeRoutes(shop, '  /**: { to: legacy, session: none }', { top: ['workers: 2'] });
    const holder = await holdSockets(t, shop, file);
    let pid = await holder.start();
    const counts: Record<string, number> = {};
    let isOver = false;
    t.teardown(() => (isOver = true));
    const keepAsking = async (base: string, path: string): Promise<void> => {
      while (!isOver) {
        const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
        const came = await ask(base, request).catch((error: Error) => ({ kind: error.message }));
        const what = `${path} ${'status' in came ? came.status : came.kind}`;
        counts[what] = (counts[what] ?? 0) + 1;
        await pause(5); // the new ones need the processor, too
      }
    };
    const loads = [1, 2].map(() => keepAsking(holder.url, '/'));
    loads.push(keepAsking(holder.adminUrl, '/live'));
    for (let upgrade = 0; upgrade < 3; upgrade++) {
      const next = await holder.start();
      process.kill(pid, 'SIGTERM');
      t.equal(await holder.ended(pid), '0');
      pid = next;
    }
    isOver = true;
    await Promise.all(loads);
    t.same(Object.keys(counts).sort(), ['/ 200', '/live 200'], JSON.stringify(counts));
  });
});

/** What a gateway says that does not come up, but for warnings. */
async function failing(shop: Shop, options: { args?: string[]; top?: string[] }): Promise<string[]> {
  const { args = [], top = [] } = options;
  const file = writeRoutes(shop, '  /**: { to: legacy, session: none }', { top: ['workers: 3', ...top] });
  const said = await startGateway(shop, file, { args }).then(
    (gateway) => gateway.stop('SIGKILL').then(() => 'it started'),
    (error: Error) => error.message,
  );
  return said.split('\n').filter((line) => line.startsWith('banyan:'));
}
