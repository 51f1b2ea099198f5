import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { MariaDb } from '../scripts/shop/mariadb.ts';
import { repository } from '../scripts/shop/shop.ts';
import type { Service } from './load.ts';
import { startBanyan, startNginx, type Peer } from './peers.ts';
import type { Contender } from './rounds.ts';
import { allCores, pinTree } from './tools.ts';

export const alone = 'legacy, alone';
export const beside = 'legacy, beside ports that do their worst';

/** Of test/fixtures/ports/bad.ts. */
const deeds = [
  'loops for ever',
  'takes two gigabytes',
  'ends its process',
  'waits for no promise',
  'goes on', // after its answer
];
/** A hundredth of what one core can pass through: it is about how long visitors wait, and not about how many there can be. */
const requestsPerSecond = 200;
/** Between two requests for the same deed. */
const restMs = 250;

/**
 * What ports that do their worst cost the visitors of legacy: pages of 1 kB through one gateway, while somebody asks for a
 * port that loops, and others for ports that take all memory, end their process and so on, again and again, and while nobody
 * does. All of it may use all cores, as on any machine.
 */
export async function legacyBesideBadPorts(
  scratch: string,
  { user, password, tcpPort }: MariaDb,
  seconds: number,
  stops: (() => Promise<void>)[],
): Promise<Contender<Service>[]> {
  const started = <P extends Peer>(peer: P): P => {
    stops.push(() => peer.stop());
    return peer;
  };
  const nginx = started(await startNginx(scratch, 'x'.repeat(1024), { aside: true }));
  const store = `mysql://${user}:${password}@127.0.0.1:${tcpPort}/shop?table=sessions`;
  const bad = join(repository, 'test/fixtures/ports/bad.ts');
  const routes =
    `ports: { hosts: 2 }\nsession: { store: "${store}" }\nroutes:\n` +
    `  /bad: { to: port, port: ${bad}, session: none, fallback: error }\n` +
    `  /**: { to: legacy, session: none }`;
  const gateway = started(await startBanyan(scratch, new URL(nginx.url).origin, routes, { log: 'silent' }));
  for (const { pid } of [nginx, gateway]) pinTree(pid, allCores);
  const measure = () => steadily(gateway.url, seconds);
  return [
    { name: alone, measure },
    {
      name: beside,
      measure: async () => {
        const over = new AbortController();
        const { origin } = new URL(gateway.url);
        const asking = deeds.map((deed) =>
          askOn(`${origin}/bad?deed=${encodeURIComponent(deed)}`, over.signal),
        );
        const figures = await measure();
        over.abort();
        await Promise.all(asking);
        await loopsEnded();
        return figures;
      },
    },
  ];
}

async function askOn(url: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await fetch(url, { signal: over }).then(
      (answer) => answer.text(),
      () => '',
    );
    await sleep(restMs);
  }
}

/** The watchdog of ports has ended them after five seconds, and others are started in their place. */
function loopsEnded(): Promise<void> {
  return sleep(7_000);
}

/** So many requests a second, whether those before them are answered or not. */
async function steadily(url: string, seconds: number): Promise<Service> {
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const tookMs: number[] = [];
  let failed = 0;
  const ask = async (): Promise<void> => {
    const askedMs = performance.now();
    try {
      const { statusCode, body } = await request(url, { dispatcher: agent });
      await body.dump();
      if (statusCode !== 200) failed++;
    } catch {
      failed++;
    }
    tookMs.push(performance.now() - askedMs);
  };
  const startedMs = performance.now();
  const asked: Promise<void>[] = [];
  for (let n = 0; n < seconds * requestsPerSecond; n++) {
    const restsMs = startedMs + (n * 1000) / requestsPerSecond - performance.now();
    if (restsMs > 0) await sleep(restsMs);
    asked.push(ask());
  }
  await Promise.all(asked);
  await agent.destroy();
  tookMs.sort((one, other) => one - other);
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? NaN;
  return { requestsPerSecond, p50Ms: at(0.5), p99Ms: at(0.99), failed };
}
