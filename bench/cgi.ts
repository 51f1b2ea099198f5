import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startShop, type Shop } from '../scripts/shop/shop.ts';
import { Visitor } from '../scripts/shop/visitor.ts';
import { load, loadRow, type Load, type Visit } from './load.ts';
import { startBanyan, type Peer } from './peers.ts';
import { startFcgiwrap, startModPerl } from './peers-cgi.ts';
import { atLeast, reported, type Bench, type Goal, type Measured } from './report.ts';
import { interleave, ratio, type Rounds } from './rounds.ts';
import { moveAside, needWrk, pinTree } from './tools.ts';

const pages = ['hello.pl', 'view.pl?sku=1001', 'cart.pl?action=show'] as const;
type Page = (typeof pages)[number];
const runners = [
  'Apache, mod_cgid',
  'nginx, fcgiwrap',
  'Apache, mod_perl',
  'banyan, spawn',
  'banyan, fork',
  'banyan, persistent',
] as const;
type Runner = (typeof runners)[number];
const connections = 4;
/** The bench's own questions keep connections too, and a process of mod_perl has one at a time. */
const modPerlProcesses = connections + 4;

interface Case {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** One for each connection. */
  readonly sessions: readonly Visit[];
}

/** What it costs to run a script: each way on one core, with load and database on the other. */
export const bench: Bench = {
  async run({ rounds, seconds, say }): Promise<Measured> {
    needWrk(say);
    if (!moveAside()) say('one core or no taskset: load and server under test share what there is');
    const shop = await startShop('bench-cgi');
    const stops: (() => Promise<void>)[] = [() => shop.stop()];
    try {
      const servers = await startAll(shop, stops);
      const visitors: Visited[] = [];
      for (let n = 0; n < connections; n++) visitors.push(await visit(shop.apache.url, n));
      const cases = runners.flatMap((runner) =>
        pages.map((page): Case => {
          const { origin, pid } = servers[runner];
          const sessions = visitors.map(({ sessionId, texts }) => ({ sessionId, text: texts[page] }));
          return { name: nameOf(runner, page), url: `${origin}/cgi-bin/${page}`, pid, sessions };
        }),
      );
      for (const each of cases) await check(each);
      const contenders = cases.map((each) => ({
        name: each.name,
        measure: () => load({ ...each, connections, seconds }),
      }));
      const measured = await interleave(contenders, rounds, (round) =>
        say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`),
      );
      return { rows: cases.map((each) => loadRow(each.name, measured)), goals: goalsOf(measured) };
    } finally {
      for (const stop of stops.toReversed()) await stop();
    }
  },
};

/** Somebody who has been to the shop before, and what only his pages have in them. */
interface Visited {
  readonly sessionId: string;
  readonly texts: Readonly<Record<Page, string>>;
}

/** Fills a cart with six records, of each as many as no other visitor has, and looks at some. */
async function visit(shopUrl: string, n: number): Promise<Visited> {
  const visitor = new Visitor(shopUrl);
  for (let sku = 1003; sku < 1009; sku++)
    await visitor.post('cart.pl', { action: 'add', sku: String(sku), qty: String(n + 1) });
  for (const sku of [1010 + n, 1004, 1003, 1002, 1001]) await visitor.get(`view.pl?sku=${sku}`);
  if (visitor.sessionId === null) throw new Error('the shop gives no session');
  const texts = {
    'hello.pl': 'hello\n',
    'view.pl?sku=1001': `<LI><A HREF="view.pl?sku=${1010 + n}">`,
    'cart.pl?action=show': `<B>Items: ${6 * (n + 1)}</B>`,
  };
  return { sessionId: visitor.sessionId, texts };
}

const nameOf = (runner: Runner, page: string): string => `${runner}: ${page.split('?', 1)[0]}`;

async function startAll(
  shop: Shop,
  stops: (() => Promise<void>)[],
): Promise<Record<Runner, { origin: string; pid: number }>> {
  const hello = join(shop.root, 'cgi-bin/hello.pl');
  writeFileSync(hello, '#!/usr/bin/perl\nprint "Content-Type: text/plain\\n\\nhello\\n";\n');
  chmodSync(hello, 0o755);
  pinTree(shop.apache.server.pid, '0');
  const clean = join(shop.scratch, 'clean');
  cpSync(shop.root, clean, { recursive: true });
  forgetTheForm(join(clean, 'lib/Shop.pm'));
  const scripts = { scratch: shop.scratch, root: shop.root, conf: join(shop.root, 'conf/shop.conf') };
  const peer = async (starting: Promise<Peer>) => {
    const started = await starting;
    stops.push(() => started.stop());
    return { origin: new URL(started.url).origin, pid: started.pid };
  };
  const banyan = (root: string, settings: string) => {
    const legacy = `{ cgi: ${root}/cgi-bin, env: [SHOP_CONF], lib: ${root}/lib, ${settings} }`;
    const options = { log: 'silent', env: { SHOP_CONF: scripts.conf } };
    return peer(startBanyan(shop.scratch, legacy, 'routes:\n  /**: legacy', options));
  };
  const staying = 'persistent: [hello.pl, view.pl, cart.pl], may-leave: ["$Shop::dbh", "%Shop::conf"]';
  return {
    'Apache, mod_cgid': { origin: shop.apache.url, pid: shop.apache.server.pid },
    'nginx, fcgiwrap': await peer(startFcgiwrap(scripts, connections)),
    'Apache, mod_perl': await peer(startModPerl(scripts, modPerlProcesses)),
    'banyan, spawn': await banyan(shop.root, 'perl: spawn'),
    'banyan, fork': await banyan(shop.root, 'preload: [auto, Shop]'),
    'banyan, persistent': await banyan(clean, `preload: [auto, Shop], ${staying}`),
  };
}

/** Shop.pm keeps the form it has read, which the next visitor would get; the copy for the persistent mode forgets it. */
function forgetTheForm(file: string): void {
  const text = readFileSync(file, 'latin1');
  const forgetting = text.replace(/^END \{$/m, 'END {\n    undef $q;');
  if (forgetting === text) throw new Error('Shop.pm has no END block any more');
  writeFileSync(file, forgetting, 'latin1');
}

/**
 * A fast answer is worth nothing when it is not the page, and that of this visitor. Modules are read ahead once they have
 * been used, and scripts stay once they have shown that they leave nothing: so it is asked several times.
 */
async function check({ name, url, sessions }: Case): Promise<void> {
  for (let times = 0; times < 3; times++) {
    for (const { sessionId, text } of sessions) {
      const response = await fetch(url, { headers: { Cookie: `CGISESSID=${sessionId}` } });
      const body = await response.text();
      const isWhole = url.includes('hello')
        ? body === text
        : /<\/HTML>\s*$/.test(body) && body.includes(text);
      if (response.status !== 200 || !isWhole)
        throw new Error(`${name} answers ${response.status} without "${text}": ${body.slice(0, 2000)}`);
    }
  }
}

function goalsOf(measured: Rounds<Load>): Goal[] {
  const times = (runner: Runner, page: string, of: Runner = 'Apache, mod_cgid'): number =>
    ratio(measured, [nameOf(runner, page), nameOf(of, page)], (round) => round.requestsPerSecond);
  const failed = [...measured.values()].flat().reduce((sum, round) => sum + round.failed, 0);
  return [
    atLeast('the fork server, of mod_cgid, on cart.pl (requests/s)', 8, times('banyan, fork', pages[2])),
    atLeast(
      'persistent, of mod_perl, on cart.pl (requests/s)',
      1,
      times('banyan, persistent', pages[2], 'Apache, mod_perl'),
    ),
    {
      goal: "every request is answered with its visitor's page",
      wanted: '0 failed',
      measured: failed,
      held: failed === 0,
    },
    ...pages.flatMap((page) => [
      reported(`fcgiwrap, of mod_cgid, on ${page}`, times('nginx, fcgiwrap', page)),
      reported(`mod_perl, of mod_cgid, on ${page}`, times('Apache, mod_perl', page)),
      reported(`spawn, of mod_cgid, on ${page}`, times('banyan, spawn', page)),
      reported(`fork, of mod_cgid, on ${page}`, times('banyan, fork', page)),
      reported(`persistent, of mod_cgid, on ${page}`, times('banyan, persistent', page)),
    ]),
  ];
}
