// Thousands of orders with everything that can fail failing at random: afterwards orders, stock and sessions are exactly
// what the answers said. Nothing is lost, nothing doubled, nothing half done.
//
//   BANYAN_FAULTS=10000   places more of them
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { freeTcpPort } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { isProblemCode, Problem } from '../../src/errors.ts';
import { lockName } from '../../src/mysql/asker.ts';
import { CutRelay } from '../helpers/cut-relay.ts';
import { hostsOf, orderBytes, orderPort, ordersIn, takenFrom, useOrderShop } from '../helpers/orders.ts';
import { useHostElsewhere } from '../helpers/port-host.ts';
import { type Came, RawClient } from '../helpers/raw-client.ts';
import { allTurnsOver, perlReads, until } from '../helpers/shop.ts';
import { type Blow, faultyOrder, type FaultyOrder } from './faults.ts';

const seed = 2003;
const count = Number(process.env['BANYAN_FAULTS'] ?? 2000);
const visitorsEach = 8;

const { shop, relay, relayedStoreUrl, startGateway } = await useOrderShop(t);
t.setTimeout(120_000 + count * 100);

// One gateway has hosts of its own, whose port is saved now and then; the other one has a host elsewhere.
const folder = t.testdir({});
let version = 0;
const savePort = (): void => {
  const text = `// version ${++version}\nexport { default } from ${JSON.stringify(orderPort)};\n`;
  writeFileSync(join(folder, 'orders.ts'), text);
};
savePort();
const routes = (port: string): string =>
  `  orders.pl: { to: port, port: ${port}, timeout: 8s }\n  /**: legacy`;
const near = await startGateway(
  t,
  `{ dir: ${folder}, hosts: 4, watchdog: 2s }`,
  routes(`${folder}/orders.ts`),
);
const hostTcpPort = await freeTcpPort();
const hostFile = writeRoutes(shop, routes(orderPort), {
  ports: `{ dir: ${folder}, url: 'http://127.0.0.1:${hostTcpPort}' }`,
});
await useHostElsewhere(
  t,
  { ...shop, storeUrl: relayedStoreUrl },
  [process.execPath, join(repository, 'src/cli/main.ts'), 'host', hostFile],
  hostTcpPort,
);
const toHost = await CutRelay.use(t, hostTcpPort);
const far = await startGateway(
  t,
  `{ dir: ${folder}, url: 'http://127.0.0.1:${toHost.tcpPort}' }`,
  routes(orderPort),
);

/** An order under way. */
interface UnderWay {
  readonly client: RawClient;
  readonly sessionId: string;
  /** Which of several is hit, where several can be. */
  readonly which: number;
}

const oneOf = <T>(all: readonly T[], which: number): T | undefined => all[which % all.length];

const strike: Readonly<Record<Blow, (order: UnderWay) => unknown>> = {
  'client gone': ({ client }) => client.reset(),
  'turn lost': async ({ sessionId }) => {
    const [rows] = await shop.db.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [
      lockName('shop.sessions', sessionId),
    ]);
    if (rows[0]?.['holder'] !== null) await kill(rows[0]?.['holder'] as number);
  },
  'host killed': async ({ which }) => {
    const host = oneOf(await hostsOf(near), which);
    if (host !== undefined) process.kill(host.pid, 'SIGKILL');
  },
  'connection killed': ({ which }) => kill(oneOf(relay.inTransaction, which)?.threadId),
  'connection cut': ({ which }) => oneOf(relay.inTransaction, which)?.cut(),
  'COMMIT lost': () => cutCommit('statement'),
  'word of COMMIT lost': () => cutCommit('answer'),
  'port saved': savePort,
  'line to a host cut': () => toHost.cutBusy(),
  'announcement lost': () => toHost.cutAt('HTTP/1.1 102'),
};

/** It may have ended by itself meanwhile. */
async function kill(threadId: number | undefined): Promise<void> {
  if (threadId !== undefined) await shop.db.query('KILL ?', [threadId]).catch(() => undefined);
}

function cutCommit(place: 'statement' | 'answer'): void {
  const stopped = relay.stop(/^COMMIT/, place);
  void stopped.there.then((line) => line.cut());
}

/** What was answered: by whom, or the code of an error; or that there was no whole answer. */
function answered(came: Came): string {
  if (came.kind !== 'whole') return came.kind;
  const { status, message } = came;
  if (status === 200) return /^order \d+ placed by (\w+)\n$/.exec(message.body)?.[1] ?? message.body;
  return /<small>(\w+) /.exec(message.body)?.[1] ?? `${status} ${message.body}`;
}

/** What is certain of an order when this was answered: that it was placed, and by whom; that it was not; or nothing. */
type Promised = 'port' | 'legacy' | 'not placed' | 'placed once at most';
function promisedBy(answer: string): Promised | null {
  if (answer === 'port' || answer === 'legacy') return answer;
  if (answer === 'cut') return 'port'; // the answer of a port begins when all is committed
  if (['client gone', 'COMMIT_UNCERTAIN', 'LEGACY_TIMEOUT'].includes(answer)) return 'placed once at most';
  if (['LEASE_LOST', 'LOCK_DOWN', 'TURN_TIMEOUT'].includes(answer)) return 'not placed';
  // A port that failed, and its turn was lost as well: then legacy has none, either.
  return isProblemCode(answer) && new Problem(answer, '').mayFallBack ? 'not placed' : null;
}

async function place(gateway: GatewayProcess, sessionId: string, order: FaultyOrder): Promise<string> {
  const client = await RawClient.to(gateway.url);
  const sku = String(1001 + (order.number % (2 * visitorsEach))); // nobody waits for another one's stock
  const fields: Record<string, string> = { number: String(order.number), sku };
  if (order.deed !== null) Object.assign(fields, { deed: order.deed, at: order.at });
  await client.write(orderBytes(order.method, sessionId, fields));
  const { blow } = order;
  const struck =
    blow === null
      ? null
      : new Promise((resolve) => setTimeout(resolve, order.blowMs)).then(() =>
          strike[blow]({ client, sessionId, which: order.number }),
        );
  const came = await client.answer();
  const isGone = blow === 'client gone' && came.kind !== 'whole';
  await struck;
  client.close();
  return isGone ? 'client gone' : answered(came);
}

const answers = new Map<number, string>();
const tallies = { befell: new Map<string, number>(), answered: new Map<string, number>() };
const tally = (what: Map<string, number>, name: string): void =>
  void what.set(name, (what.get(name) ?? 0) + 1);
const inWords = (what: Map<string, number>): string =>
  [...what]
    .sort(([, one], [, other]) => other - one)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

/** Places every so many-th order, one after the other. */
async function shopping(gateway: GatewayProcess, sessionId: string, first: number): Promise<void> {
  for (let number = first; number < count; number += 2 * visitorsEach) {
    const order = faultyOrder(seed, number, gateway === far);
    const answer = await place(gateway, sessionId, order);
    answers.set(number, answer);
    tally(tallies.befell, order.deed ?? order.blow ?? 'nothing');
    tally(tallies.answered, answer);
  }
}

t.test(`${count} orders, and what befalls them`, async (t) => {
  const startedMs = performance.now();
  const sessionIds: string[] = [];
  await Promise.all(
    Array.from({ length: 2 * visitorsEach }, async (_, first) => {
      const gateway = first % 2 === 0 ? near : far;
      const visitor = new Visitor(gateway.url);
      await visitor.get('cart.pl?action=show');
      sessionIds[first] = visitor.sessionId as string;
      await shopping(gateway, sessionIds[first], first);
    }),
  );
  t.comment(`${Math.round((performance.now() - startedMs) / 1000)} s, seed ${seed}`);
  t.comment(`befell: ${inWords(tallies.befell)}`);
  t.comment(`answered: ${inWords(tallies.answered)}`);
  await Promise.all([near, far].map(allTurnsOver));
  await until('no port is at work', () => relay.inTransaction.length === 0);

  const rows = new Map<number, string[]>();
  for (const { number, by } of await ordersIn(shop.db))
    rows.set(Number(number), [...(rows.get(Number(number)) ?? []), by]);
  const faults: string[] = [];
  for (const [number, answer] of answers) {
    const by = (rows.get(number) ?? []).join(' and ');
    const promised = promisedBy(answer);
    const isKept =
      promised === 'not placed'
        ? by === ''
        : promised === 'placed once at most'
          ? ['', 'port', 'legacy'].includes(by)
          : by === promised;
    if (!isKept) faults.push(`order ${number} was answered "${answer}" and placed by "${by}"`);
  }
  t.equal(answers.size, count);
  t.same(faults, [], 'the orders are what the answers say');
  t.equal(await takenFrom(shop.db), rows.size, 'and so is the stock');

  const inSessions: number[] = [];
  for (const [first, id] of sessionIds.entries()) {
    const session = (await perlReads(shop, id)) as { placed?: number; numbers?: string[] };
    const numbers = (session.numbers ?? []).map(Number);
    t.equal(Number(session.placed), numbers.length, `session ${first} counts what is in it`);
    t.ok(
      numbers.every((number) => number % (2 * visitorsEach) === first),
      'and has its own orders',
    );
    inSessions.push(...numbers);
  }
  const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((one, other) => one - other);
  t.same(sorted(inSessions), sorted(rows.keys()), 'and so are the sessions');

  const uncertain = [...answers].filter(([, answer]) => promisedBy(answer) === 'placed once at most');
  const placed = uncertain.filter(([number]) => rows.has(number)).length;
  t.comment(`of ${uncertain.length} that nobody could be told of, ${placed} were placed`);
});
