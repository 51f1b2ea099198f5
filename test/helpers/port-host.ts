import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { shopEnvironment } from '../../scripts/shop/gateway.ts';
import { startServer, untilUp, type Server } from '../../scripts/shop/process.ts';
import type { Shop } from '../../scripts/shop/shop.ts';

/** A port host that no gateway has started. */
export interface HostElsewhere extends Server {
  /** All that it has said. */
  said(): string;
}

let count = 0;

/** A place for a socket of the shop's, short enough to be one. */
export function socketOf(shop: Shop): string {
  return join(shop.scratch, `ports-${++count}.sock`);
}

/** Starts a port host, waits until somebody answers at its socket or TCP port, and ends it with the test. */
export async function useHostElsewhere(
  t: Test,
  shop: Shop,
  command: readonly string[],
  place: string | number,
): Promise<HostElsewhere> {
  const logFile = join(shop.scratch, `host-${++count}.log`);
  const env = Object.entries(shopEnvironment(shop)).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const server = startServer([...command], { logFile, env: Object.fromEntries(env), asWhoWeAre: true });
  t.teardown(() => server.stop('SIGKILL'));
  await untilUp('the port host', server, logFile, () => isAnswered(place));
  return { ...server, said: () => readFileSync(logFile, 'utf8') };
}

function isAnswered(place: string | number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof place === 'string' ? connect(place) : connect(place, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
