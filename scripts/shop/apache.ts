import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { freeTcpPort, giveToServers, startServer, untilUp, type Server } from './process.ts';

/** A private Apache that serves a copy of the shop. */
export interface Apache {
  readonly url: string;
  readonly tcpPort: number;
  readonly errorLog: string;
  readonly server: Server;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts Apache with mod_cgid on a free TCP port of the loopback interface, on the shop in `root`. */
export async function startApache(scratch: string, root: string, tcpPort?: number): Promise<Apache> {
  const run = join(scratch, 'apache');
  mkdirSync(run, { recursive: true });
  giveToServers(run);
  const listenOn = tcpPort ?? (await freeTcpPort());
  const url = `http://127.0.0.1:${listenOn}`;
  const logFile = join(run, 'apache.out');
  const server = startServer(['/usr/sbin/apache2', '-f', join(root, 'conf/httpd.conf'), '-DFOREGROUND'], {
    logFile,
    deathSignal: 'TERM', // the parent of Apache's processes then ends them all
    env: {
      SHOP_ROOT: root,
      SHOP_RUN: run,
      SHOP_TCP_PORT: String(listenOn),
      SHOP_CONF: join(root, 'conf/shop.conf'),
    },
  });
  await untilUp('Apache', server, logFile, () =>
    fetch(`${url}/style.css`).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    ),
  );
  return {
    url,
    tcpPort: listenOn,
    errorLog: join(run, 'error.log'),
    server,
    stop: (signal) => server.stop(signal),
  };
}
