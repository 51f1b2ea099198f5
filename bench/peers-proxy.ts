import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeTcpPort, giveToServers } from '../scripts/shop/process.ts';
import { makeHome, startNginxWith, startPeer, type Peer } from './peers.ts';
import { needCaddy, needHaproxy, underTest } from './tools.ts';

/** As many connections to upstream as there may be clients: nobody waits for one, nor opens a new one each time. */
const toUpstream = 256;

/** nginx as a reverse proxy, with connections to upstream that are kept: by default it opens one for each request. */
export function startNginxProxy(scratch: string, upstream: string): Promise<Peer> {
  const address = new URL(upstream).host;
  const keeping = `keepalive ${toUpstream}; keepalive_requests 1000000000;`;
  return startNginxWith(scratch, {
    aside: false,
    http: `upstream old { server ${address}; ${keeping} }`,
    server:
      'location / { proxy_pass http://old; proxy_http_version 1.1; ' +
      'proxy_set_header Connection ""; proxy_set_header Host $host; }',
  });
}

/** HAProxy with one thread and no log. */
export async function startHaproxy(scratch: string, upstream: string): Promise<Peer> {
  const home = makeHome(scratch, 'haproxy');
  const tcpPort = await freeTcpPort();
  const file = join(home, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend all
  bind 127.0.0.1:${tcpPort}
  default_backend old
backend old
  server old ${new URL(upstream).host} pool-max-conn ${toUpstream}
`,
  );
  giveToServers(home);
  const { program, env } = needHaproxy();
  return startPeer('haproxy', scratch, underTest([program, '-db', '-f', file]), { tcpPort, env });
}

/** Caddy's reverse_proxy on one processor, without its API and without logs. */
export async function startCaddy(scratch: string, upstream: string): Promise<Peer> {
  const home = makeHome(scratch, 'caddy');
  const tcpPort = await freeTcpPort();
  const file = join(home, 'Caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  log {
    output discard
  }
}
http://127.0.0.1:${tcpPort} {
  reverse_proxy ${new URL(upstream).host} {
    transport http {
      keepalive_idle_conns_per_host ${toUpstream}
    }
  }
}
`,
  );
  giveToServers(home);
  const { program, env } = needCaddy();
  const folders = { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
  return startPeer(
    'caddy',
    scratch,
    underTest([program, 'run', '--config', file, '--adapter', 'caddyfile']),
    {
      tcpPort,
      env: { ...env, ...folders, GOMAXPROCS: '1' },
    },
  );
}

/** `undici-loop.ts`: what Node and undici cost when nothing else is done. */
export async function startUndiciLoop(scratch: string, upstream: string): Promise<Peer> {
  const tcpPort = await freeTcpPort();
  const command = underTest([process.execPath, join(import.meta.dirname, 'undici-loop.ts')]);
  const env = { UPSTREAM: upstream, TCP_PORT: String(tcpPort) };
  return startPeer('undici-loop', scratch, command, { tcpPort, env, asWhoWeAre: true });
}
