import { join } from 'node:path';
import type { MariaDb } from '../scripts/shop/mariadb.ts';
import { repository } from '../scripts/shop/shop.ts';
import { load, type Load } from './load.ts';
import { startBanyan, startNginx, type Peer } from './peers.ts';
import type { Contender } from './rounds.ts';

export const alone = 'legacy, alone';
export const beside = 'legacy, beside ports that loop';

const connections = 4;
const deed = encodeURIComponent('loops for ever');

/**
 * What ports that loop cost the visitors of legacy: pages of 1 kB through one gateway, while somebody asks for a port that
 * loops, again and again, and while nobody does. Its hosts share the gateway's core.
 */
export async function legacyBesideBadPorts(
  scratch: string,
  { user, password, tcpPort }: MariaDb,
  seconds: number,
  stops: (() => Promise<void>)[],
): Promise<Contender<Load>[]> {
  const started = <P extends Peer>(peer: P): P => {
    stops.push(() => peer.stop());
    return peer;
  };
  const nginx = started(await startNginx(scratch, 'x'.repeat(1024), { aside: true }));
  const store = `mysql://${user}:${password}@127.0.0.1:${tcpPort}/shop?table=sessions`;
  const bad = join(repository, 'test/fixtures/ports/bad.ts');
  const routes =
    `ports: { hosts: 2, watchdog: 1s }\nsession: { store: "${store}" }\nroutes:\n` +
    `  /bad: { to: port, port: ${bad}, session: none, fallback: error }\n` +
    `  /**: { to: legacy, session: none }`;
  const legacy = new URL(nginx.url).origin;
  const gateway = started(await startBanyan(scratch, legacy, routes, { log: 'silent' }));
  const measure = () => load({ url: gateway.url, pid: gateway.pid, sessions: 0, connections, seconds });
  return [
    { name: alone, measure },
    {
      name: beside,
      measure: async () => {
        const over = new AbortController();
        const asking = askOn(`${new URL(gateway.url).origin}/bad?deed=${deed}`, over.signal);
        const figures = await measure();
        over.abort();
        await asking;
        return figures;
      },
    },
  ];
}

async function askOn(url: string, over: AbortSignal): Promise<void> {
  while (!over.aborted)
    await fetch(url, { signal: over }).then(
      (answer) => answer.text(),
      () => '',
    );
}
