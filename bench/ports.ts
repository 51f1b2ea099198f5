import { join } from 'node:path';
import { freeTcpPort } from '../scripts/shop/process.ts';
import { repository, startShop, type Shop } from '../scripts/shop/shop.ts';
import { Visitor } from '../scripts/shop/visitor.ts';
import { alone, beside, legacyBesideBadPorts } from './ports-beside.ts';
import { load, loadRow, type Service, type Visit } from './load.ts';
import { startBanyan, startPeer, type Peer } from './peers.ts';
import { startModPerl } from './peers-cgi.ts';
import { atLeast, reported, type Bench, type Goal, type Measured } from './report.ts';
import { type Contender, interleave, ratio, type Rounds } from './rounds.ts';
import { moveAside, needWrk, pinTree, underTest } from './tools.ts';

const page = 'cart.pl?action=show';
const connections = 4;
const names = {
  cgi: 'Apache, mod_cgid: cart.pl',
  perl: 'Apache, mod_perl: cart.pl',
  bare: 'Fastify and mysql2, without a transaction',
  fastify: 'Fastify and mysql2: the same queries',
  port: 'banyan: ports/cart.ts',
} as const;
/** What V8 compiles as it is used, by the number of calls: each gets the same number, whatever time that takes. */
const compiled: ReadonlySet<string> = new Set([names.bare, names.fastify, names.port]);
const warmUpRequests = 20_000;
type Name = (typeof names)[keyof typeof names];

/** What a port costs, with its turn and its transaction: each way on one core, load and database on the other. */
export const bench: Bench = {
  async run({ rounds, seconds, say }): Promise<Measured> {
    needWrk(say);
    if (!moveAside()) say('one core or no taskset: load and server under test share what there is');
    const shop = await startShop('bench-ports');
    const stops: (() => Promise<void>)[] = [() => shop.stop()];
    try {
      const servers = await startAll(shop, stops);
      const sessions: Visit[] = [];
      for (let n = 0; n < connections; n++) sessions.push(await fillCart(shop.apache.url, n));
      const carts = Object.entries(servers).map(([name, { origin, pid }]) => {
        const url = `${origin}/cgi-bin/${page}`;
        return { name, url, measure: () => load({ url, pid, sessions, connections, seconds }) };
      });
      for (const { name, url } of carts) await check(name, url, sessions);
      for (const { name, measure } of carts.filter(({ name }) => compiled.has(name))) {
        say(`warming up with ${warmUpRequests} requests: ${name}`);
        for (let requests = 0; requests < warmUpRequests;) requests += (await measure()).requests;
      }
      const pages = await legacyBesideBadPorts(shop.scratch, shop.mariadb, 2 * seconds, stops);
      const contenders: Contender<Service>[] = [...carts, ...pages];
      const measured = await interleave(contenders, rounds, (round) =>
        say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`),
      );
      return { rows: contenders.map(({ name }) => loadRow(name, measured)), goals: goalsOf(measured) };
    } finally {
      for (const stop of stops.toReversed()) await stop();
    }
  },
};

async function startAll(
  shop: Shop,
  stops: (() => Promise<void>)[],
): Promise<Record<Name, { origin: string; pid: number }>> {
  pinTree(shop.apache.server.pid, '0');
  const peer = async (starting: Promise<Peer>) => {
    const started = await starting;
    stops.push(() => started.stop());
    return { origin: new URL(started.url).origin, pid: started.pid };
  };
  const scripts = { scratch: shop.scratch, root: shop.root, conf: join(shop.root, 'conf/shop.conf') };
  const routes =
    `ports: ${join(repository, 'ports')}\nbase: /cgi-bin/\nsession: { store: "${shop.storeUrl}" }\n` +
    'routes:\n  cart.pl: { to: port, fallback: error }\n  /**: legacy';
  return {
    [names.cgi]: { origin: shop.apache.url, pid: shop.apache.server.pid },
    [names.perl]: await peer(startModPerl(scripts, connections + 4)),
    [names.bare]: await peer(startFastify(shop, {})),
    [names.fastify]: await peer(startFastify(shop, { IN_TRANSACTION: '1' })),
    [names.port]: await peer(startBanyan(shop.scratch, shop.apache.url, routes, { log: 'silent' })),
  };
}

async function startFastify(shop: Shop, how: Record<string, string>): Promise<Peer> {
  const tcpPort = await freeTcpPort();
  const { user, password, tcpPort: port } = shop.mariadb;
  const charset = 'LATIN1_SWEDISH_CI';
  const database = {
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'shop',
    charset,
    connectionLimit: 64,
  };
  const command = underTest([process.execPath, join(import.meta.dirname, 'fastify-cart.ts')]);
  const env = { ...how, DATABASE: JSON.stringify(database), TCP_PORT: String(tcpPort) };
  return startPeer('fastify', shop.scratch, command, {
    tcpPort,
    env,
    path: '/cgi-bin/cart.pl',
    asWhoWeAre: true,
  });
}

/** Six records, of each as many as no other visitor has. */
async function fillCart(shopUrl: string, n: number): Promise<Visit> {
  const visitor = new Visitor(shopUrl);
  for (let sku = 1003; sku < 1009; sku++)
    await visitor.post('cart.pl', { action: 'add', sku: String(sku), qty: String(n + 1) });
  if (visitor.sessionId === null) throw new Error('the shop gives no session');
  return { sessionId: visitor.sessionId, text: `<B>Items: ${6 * (n + 1)}</B>` };
}

/** A fast answer is worth nothing when it is not the page, and that of this visitor. */
async function check(name: string, url: string, sessions: readonly Visit[]): Promise<void> {
  for (const { sessionId, text } of sessions) {
    const response = await fetch(url, { headers: { Cookie: `CGISESSID=${sessionId}` } });
    const body = await response.text();
    if (response.status !== 200 || !/<\/HTML>\s*$/.test(body) || !body.includes(text))
      throw new Error(`${name} answers ${response.status} without "${text}": ${body.slice(0, 2000)}`);
  }
}

function goalsOf(measured: Rounds<Service>): Goal[] {
  const times = (of: Name): number => ratio(measured, [names.port, of], (round) => round.requestsPerSecond);
  const failed = [...measured.values()].flat().reduce((sum, round) => sum + round.failed, 0);
  return [
    atLeast('the port, of mod_cgid (requests/s)', 15, times(names.cgi)),
    atLeast('the port, of a bare Fastify app (requests/s)', 0.6, times(names.fastify)),
    reported('the port, of one without a transaction (requests/s)', times(names.bare)),
    reported('the port, of mod_perl (requests/s)', times(names.perl)),
    reported(
      'p99 of legacy beside such ports, of alone',
      ratio(measured, [beside, alone], (round) => round.p99Ms),
    ),
    {
      goal: "every request is answered with its visitor's page",
      wanted: '0 failed',
      measured: failed,
      held: failed === 0,
    },
  ];
}
