// What may be answered by legacy instead of a port, and what may not: every cell of the table in
// docs/what-happens-if.md, with real kills. The table itself stands in port-transaction-table.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { lockName } from '../../src/mysql/asker.ts';
import type { RelayLine } from '../helpers/mysql-relay.ts';
import { hostsOf, orderBytes, orderPort, ordersIn, takenFrom, useOrderShop } from '../helpers/orders.ts';
import { type Came, RawClient } from '../helpers/raw-client.ts';
import { metricsOf, perlReads, turnsHeld, until } from '../helpers/shop.ts';
import { stopAtFifo, type Stop, type Way, waysToStop } from './port-transaction-stops.ts';
import { type Disaster, disasters, moments, table, tableInWords } from './port-transaction-table.ts';

const { shop, relay, startGateway } = await useOrderShop(t);
const gateway = await startGateway(
  t,
  // A port that stands still on purpose is not to be ended for it; and the next one is not to wait for a new host.
  `{ dir: ${repository}/ports, watchdog: 10m, hosts: 3 }`,
  `  orders.pl: { to: port, port: ${orderPort}, timeout: 2m }\n  /**: legacy`,
);
let db = await shop.mariadb.connect('shop');
t.teardown(() => db.destroy());
const ways = waysToStop(shop, relay);

/** A request under way. */
interface Scene {
  readonly client: RawClient;
  readonly sessionId: string;
  /** The line of the port's transaction. */
  readonly line: RelayLine | null;
}

const counted = async (metric: string): Promise<number> =>
  Number(new RegExp(`^${metric} (\\d+)`, 'm').exec(await metricsOf(gateway))?.[1] ?? NaN);

async function untilTurnIsLost(deed: () => Promise<unknown>): Promise<void> {
  const before = await counted('banyan_session_locks_lost_total');
  const isHeld = (await turnsHeld(gateway)) > 0; // not any more when the answer has begun: all is committed
  await deed();
  if (!isHeld) return;
  await until(
    'the gateway knows that the turn is lost',
    async () => (await counted('banyan_session_locks_lost_total')) > before,
  );
}

const hostsEnded = (): number => gateway.log().filter(({ msg }) => msg === 'port host ended').length;

const bring: Readonly<Record<Disaster, (scene: Scene) => Promise<unknown>>> = {
  'port host killed': async () => {
    const before = hostsEnded();
    const atWork = (await hostsOf(gateway)).find(({ inFlight }) => inFlight === 1);
    process.kill(atWork?.pid as number, 'SIGKILL');
    await until('its gateway knows', () => hostsEnded() > before);
  },
  'database killed': async () => {
    db.on('error', () => undefined);
    await untilTurnIsLost(() => shop.mariadb.kill());
  },
  'connection to it killed': async ({ line }) => {
    await db.query('KILL ?', [line?.threadId]);
    await until('it is gone', async () => {
      const [rows] = await db.query<RowDataPacket[]>(
        'SELECT 1 FROM information_schema.processlist WHERE id = ?',
        [line?.threadId],
      );
      return rows.length === 0;
    });
  },
  'turn lost': ({ sessionId }) =>
    untilTurnIsLost(async () => {
      const [rows] = await db.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [
        lockName('shop.sessions', sessionId),
      ]);
      const holder = rows[0]?.['holder'] as number | null;
      for (const id of holder === null ? relay.threadIds : [holder]) await db.query('KILL ?', [id]);
    }),
  'client gone': ({ client }) => {
    client.reset();
    return client.over();
  },
};

/** A server that is up again, hosts that serve, and nobody in the way. */
async function mend(disaster: Disaster): Promise<void> {
  if (disaster === 'database killed') {
    await shop.mariadb.restart();
    db = await shop.mariadb.connect('shop');
  }
  await until('the gateway is ready', async () => (await fetch(`${gateway.adminUrl}/ready`)).ok);
  await until('a host runs', async () => (await hostsOf(gateway)).length > 0);
}

/** One of ClientGets, or what else came. */
function clientGot(came: Came): string {
  if (came.kind !== 'whole') return came.kind;
  const { status, message } = came;
  if (status === 200) return /^order \d+ placed by (port|legacy)\n$/.exec(message.body)?.[1] ?? message.body;
  return /<small>(\w+) /.exec(message.body)?.[1] ?? `${status} ${message.body}`;
}

/** What is there of an order, as Written has it, or where its row, the stock and the session do not say the same. */
async function written(number: string, sessionId: string, takenBefore: number): Promise<string> {
  const by = (await ordersIn(db)).filter((order) => order.number === number).map((order) => order.by);
  const taken = (await takenFrom(db)) - takenBefore;
  const session = (await perlReads(shop, sessionId)) as { placed?: number; numbers?: string[] };
  const [placed, inSession] = [Number(session.placed ?? 0), session.numbers?.length ?? 0];
  if (by.length !== taken || taken !== placed || placed !== inSession)
    return `${by.join()}: ${by.length} rows, ${taken} taken, ${placed} and ${inSession} in the session`;
  return by.length === 0 ? 'nothing' : by.join(' and ');
}

let number = 0;

/** Sends an order of a new visitor's, which is to be stopped; resolves when it is. */
async function begin(method: 'GET' | 'POST', stop: Stop) {
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const sessionId = visitor.sessionId as string;
  const takenBefore = await takenFrom(db);
  const exchanges = () => gateway.log().filter(({ route }) => route === 'orders');
  const before = exchanges().length;

  const client = await RawClient.to(gateway.url);
  const fields: Record<string, string> = { number: String(++number), sku: '1001', ...stop.fields };
  await client.write(orderBytes(method, sessionId, fields));
  await stop.there;
  if (fields['at'] === 'answering') await client.begun();
  const over = async () => {
    client.close();
    await until('it is over', () => exchanges().length > before);
    return exchanges().at(-1);
  };
  return {
    client,
    sessionId,
    over,
    written: () => written(fields['number'] as string, sessionId, takenBefore),
  };
}

/** What came of an order that a disaster befell. */
async function order(method: 'GET' | 'POST', way: Way, disaster: Disaster) {
  const stop = await way.stop();
  const begun = await begin(method, stop);
  const { client, sessionId } = begun;
  await bring[disaster]({ client, sessionId, line: relay.latest });
  await stop.goOn();
  const got = disaster === 'client gone' ? 'nobody' : clientGot(await client.answer());
  const line = await begun.over();
  await mend(disaster);
  return { got, line, written: await begun.written() };
}

/** Cells where both may be are to be seen both ways. */
const seen = new Map<string, Set<string>>();

for (const moment of moments) {
  for (const disaster of disasters) {
    const [client, may] = table[moment][disaster];
    for (const way of ways[moment].filter(({ only }) => only?.includes(disaster) ?? true)) {
      for (const method of ['GET', 'POST'] as const) {
        await t.test(`${method}, ${moment} (${way.name}): ${disaster}`, async (t) => {
          const came = await order(method, way, disaster);
          t.equal(came.got, client, 'what the client gets', { line: came.line });
          const expected = may === 'port or nothing' ? ['port', 'nothing'] : [may];
          t.ok(expected.includes(came.written), `written: ${came.written}`, { expected });
          const cell = `${moment}, ${disaster}`;
          seen.set(cell, (seen.get(cell) ?? new Set()).add(came.written));
        });
      }
    }
    if (may === 'port or nothing')
      t.same(seen.get(`${moment}, ${disaster}`), new Set(['port', 'nothing']), 'both are seen');
  }
}

t.test('a host that is killed when the turn is lost as well: legacy has no turn, either', async (t) => {
  const stop = stopAtFifo(shop, 'done', 'waits');
  const { client, sessionId, over, written } = await begin('POST', stop);
  for (const disaster of ['turn lost', 'port host killed'] as const)
    await bring[disaster]({ client, sessionId, line: relay.latest });
  t.equal(clientGot(await client.answer()), 'PORT_HOST_DOWN');
  await stop.goOn();
  await over();
  t.equal(await written(), 'nothing');
});

t.test('a gateway that hears of the COMMIT and of the end of its host at once', async (t) => {
  const handler = stopAtFifo(shop, 'done', 'waits');
  const { client, over, written } = await begin('POST', handler);
  const pid = (await hostsOf(gateway)).find(({ inFlight }) => inFlight === 1)?.pid as number;
  process.kill(gateway.pid, 'SIGSTOP');
  const commit = relay.stop(/^COMMIT/, 'answer');
  await handler.goOn();
  await commit.there;
  process.kill(pid, 'SIGKILL');
  await until('its host is dead', () => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
  process.kill(gateway.pid, 'SIGCONT');
  t.equal(clientGot(await client.answer()), 'COMMIT_UNCERTAIN');
  commit.cut();
  await over();
  t.equal(await written(), 'port');
});

t.test('docs/what-happens-if.md has the table', async (t) => {
  const chapter = readFileSync(join(repository, 'docs/what-happens-if.md'), 'utf8');
  t.ok(chapter.includes(`\n\n${tableInWords().join('\n')}\n\n`), 'as follows', { expected: tableInWords() });
});
