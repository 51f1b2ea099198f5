import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MariaDb } from '../scripts/shop/mariadb.ts';
import { freeTcpPort, giveToServers, startServer, untilUp, type Server } from '../scripts/shop/process.ts';
import { repository } from '../scripts/shop/shop.ts';
import { needNginx, underTest } from './tools.ts';

/** A server that can be put under load. */
export interface Peer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A gateway also has its metrics. */
export interface GatewayPeer extends Peer {
  readonly adminUrl: string;
}

let count = 0;

/** A new folder for a server's files, and a name that no other file of the scratch folder has. */
export function makeHome(scratch: string, name: string): string {
  const home = join(scratch, `${name}-${++count}`);
  mkdirSync(home);
  return home;
}

/** nginx with one worker, no log and one page. `aside`: it is not under test, and stays with the load. */
export async function startNginx(scratch: string, page: string, options: { aside: boolean }): Promise<Peer> {
  const pages = makeHome(scratch, 'pages');
  writeFileSync(join(pages, 'page.html'), page);
  return startNginxWith(scratch, { ...options, http: 'open_file_cache max=10;', server: `root ${pages};` });
}

/** What of an nginx is not the same for all. */
export interface NginxOrder {
  /** It is not under test, and stays with the load. */
  readonly aside: boolean;
  /** Directives of the http block and of its only server. */
  readonly http: string;
  readonly server: string;
  /** What is asked for to see whether it is up. */
  readonly path?: string;
}

/** nginx with one worker and no log. */
export async function startNginxWith(scratch: string, order: NginxOrder): Promise<Peer> {
  const home = makeHome(scratch, 'nginx');
  const tcpPort = await freeTcpPort();
  writeFileSync(join(home, 'nginx.conf'), nginxConfig(home, tcpPort, order));
  giveToServers(home);
  const command = [needNginx(), '-e', join(home, 'error.log'), '-c', join(home, 'nginx.conf')];
  const path = order.path === undefined ? {} : { path: order.path };
  return startPeer('nginx', scratch, order.aside ? command : underTest(command), { tcpPort, ...path });
}

function nginxConfig(home: string, tcpPort: number, { http, server }: NginxOrder): string {
  const spool = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${home}/pid;
events { worker_connections 1024; }
http {
  ${spool.map((name) => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  access_log off;
  types { text/html html; }
  keepalive_requests 1000000000;
  ${http}
  server {
    listen 127.0.0.1:${tcpPort};
    ${server}
  }
}
`;
}

/** @fastify/http-proxy and nothing else, in a process of its own. */
export async function startHttpProxy(scratch: string, upstream: string): Promise<Peer> {
  const tcpPort = await freeTcpPort();
  const command = underTest([process.execPath, join(import.meta.dirname, 'http-proxy.ts')]);
  const env = { UPSTREAM: upstream, TCP_PORT: String(tcpPort) };
  return startPeer('http-proxy', scratch, command, { tcpPort, env, asWhoWeAre: true });
}

/** What the first line of src/cli/main.ts has node told. */
const asInstalled = ['--max-semi-space-size=16'];

/** One gateway process. `routes` is the text of routes.yaml below `listen`, `admin` and `legacy`; `main` is its program. */
export async function startBanyan(
  scratch: string,
  legacy: string,
  routes: string,
  options: { log: string; nodeArgs?: readonly string[]; env?: Record<string, string>; main?: string },
): Promise<GatewayPeer> {
  const [tcpPort, adminTcpPort] = [await freeTcpPort(), await freeTcpPort()];
  const file = join(scratch, `routes-${++count}.yaml`);
  const addresses = [`listen: 127.0.0.1:${tcpPort}`, `admin: 127.0.0.1:${adminTcpPort}`, `legacy: ${legacy}`];
  writeFileSync(file, `${addresses.join('\n')}\n${routes}\n`, { mode: 0o600 });
  const main = options.main ?? join(repository, 'src/cli/main.ts');
  const command = underTest([
    process.execPath,
    ...asInstalled,
    ...(options.nodeArgs ?? []),
    main,
    'start',
    file,
    '--log',
    options.log,
  ]);
  const env = options.env === undefined ? {} : { env: options.env };
  const peer = await startPeer('banyan', scratch, command, { tcpPort, ...env, asWhoWeAre: true });
  return { ...peer, adminUrl: `http://127.0.0.1:${adminTcpPort}` };
}

/** Routes on which every request takes a turn in this database. */
export function storyRoutes({ user, password, tcpPort }: MariaDb): string {
  const store = `mysql://${user}:${password}@127.0.0.1:${tcpPort}/shop?table=sessions`;
  return `session: { store: "${store}" }\nroutes:\n  /**: { to: legacy, session: write }`;
}

/** Fills the table that these turns are about with so many sessions: without it nobody could look at one. */
export async function fillSessions(mariadb: MariaDb, sessions: number): Promise<void> {
  const db = await mariadb.connect('shop');
  try {
    await db.query('CREATE TABLE sessions (id CHAR(32) NOT NULL PRIMARY KEY, a_session TEXT NOT NULL)');
    const rows = Array.from({ length: sessions }, (_, at) => {
      const id = (at + 1).toString(16).padStart(32, '0'); // as load.lua has them
      const own = `'_SESSION_ID' => '${id}','_SESSION_ATIME' => 1700000000,'_SESSION_CTIME' => 1700000000`;
      return [
        id,
        `$D = {${own},'_SESSION_REMOTE_ADDR' => '127.0.0.1','cart' => {'1001' => 2,'1002' => 1}};;$D`,
      ];
    });
    await db.query('INSERT INTO sessions VALUES ?', [rows]);
  } finally {
    db.destroy();
  }
}

/** How many turns a gateway has looked at, before and after. */
export async function turnsSeen(gateway: GatewayPeer): Promise<number> {
  const list = (await (await fetch(`${gateway.adminUrl}/sessions`)).json()) as { totals: { seen: number } };
  return list.totals.seen;
}

/** How many turns a gateway has taken at the database. */
export async function turnsTaken(gateway: GatewayPeer): Promise<number> {
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  const line = /^banyan_session_lock_wait_seconds_count\{scope="mysql"\} (\d+)/m.exec(metrics);
  return Number(line?.[1] ?? 0);
}

/** Starts a server and waits until it answers. */
export async function startPeer(
  name: string,
  scratch: string,
  command: string[],
  { tcpPort, path = '/page.html', ...options }: PeerOptions,
): Promise<Peer> {
  const logFile = join(scratch, `${name}-${++count}.out`);
  const url = `http://127.0.0.1:${tcpPort}${path}`;
  const server: Server = startServer(command, { ...options, logFile });
  await untilUp(name, server, logFile, () =>
    fetch(url).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    ),
  );
  return { url, pid: server.pid, stop: () => server.stop() };
}

/** What of a server's start is not the same for all. */
export interface PeerOptions {
  readonly tcpPort: number;
  /** What is asked for to see whether it is up; it is also the path of the peer's `url`. */
  readonly path?: string;
  readonly env?: Record<string, string>;
  readonly asWhoWeAre?: boolean;
  readonly deathSignal?: string;
}
