import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { shopEnvironment } from '../../scripts/shop/gateway.ts';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { until } from './shop.ts';

/** A process is started in so long, also on a machine that is busy with other tests. */
const startMs = 90_000;

/** Who holds the listening sockets, as systemd does, and starts gateways on them. */
export interface SocketHolder {
  readonly url: string;
  readonly adminUrl: string;
  /** Starts one more gateway and waits until it serves; gives back its process id. */
  start(): Promise<number>;
  /** Resolves with the exit code of a gateway once it is gone. */
  ended(pid: number): Promise<string>;
}

/** Opens two sockets for gateways on this routes.yaml. What runs then ends with the test. */
export async function holdSockets(t: Test, shop: Shop, routesFile: string): Promise<SocketHolder> {
  const program = join(repository, 'test/helpers/socket-holder.pl');
  const main = join(repository, 'src/cli/main.ts');
  const words = [program, process.execPath, main, 'start', routesFile, '--log', 'error'];
  const holder = spawn('/usr/bin/perl', words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: shopEnvironment(shop),
  });
  t.teardown(() => holder.stdin.end());
  let said = '';
  let serving = '';
  holder.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  holder.stderr.on('data', (chunk: Buffer) => (serving += chunk.toString()));
  const heard = async (what: RegExp): Promise<RegExpMatchArray> => {
    await until(`the holder says ${what.source}; it said: ${said}${serving}`, () => what.test(said));
    return what.exec(said) as RegExpMatchArray;
  };
  const [, visitors, admin] = await heard(/^ports (\d+) (\d+)$/m);
  let count = 0;
  return {
    url: `http://127.0.0.1:${visitors}`,
    adminUrl: `http://127.0.0.1:${admin}`,
    start: async () => {
      count++;
      holder.stdin.write('start\n');
      const isServing = (): boolean => serving.split('serving http').length > count;
      await until(`gateway ${count} serves: ${serving}`, isServing, startMs);
      return Number([...said.matchAll(/^started (\d+)$/gm)][count - 1]?.[1]);
    },
    ended: async (pid) => (await heard(new RegExp(`^ended ${pid} (\\S+)$`, 'm')))[1] ?? '',
  };
}
