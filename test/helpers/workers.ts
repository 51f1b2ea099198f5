import type { Test } from 'tap';
import { type GatewayProcess, startGateway, writeRoutes } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { RawClient } from './raw-client.ts';
import { metricsOf, until } from './shop.ts';

/** A process is started in so long, also on a machine that is busy with other tests. */
export const startMs = 90_000;

/** What /config tells of gateways with workers. */
export interface CrewConfig {
  readonly hash: string;
  readonly refused: { readonly hash: string | null } | null;
  readonly workers: readonly { worker: number; pid: number; hash: string; refused: string | null }[];
  readonly differ: boolean;
}

/** A gateway of several workers, and the words to watch them. */
export interface CrewHere extends GatewayProcess {
  config(): Promise<CrewConfig>;
  pids(): Promise<number[]>;
  /** The value of a series; 0 where there is none. */
  metric(series: string): Promise<number>;
  /** Resolves once so many workers serve. */
  allServe(count: number): Promise<void>;
  /** A new connection on which one request was answered, and the process that has it. */
  client(): Promise<{ client: RawClient; pid: number }>;
}

/** Starts workers in front of `legacy`; they end with the test. Without a session no request takes a turn. */
export async function useCrew(
  t: Test,
  shop: Shop,
  legacy: string,
  options: { workers?: number; routes?: string; top?: string[] } = {},
): Promise<CrewHere> {
  const { workers = 2, routes = '  /**: { to: legacy, session: none, timeout: 5m }', top = [] } = options;
  const file = writeRoutes(shop, routes, { top: [`workers: ${workers}`, ...top] });
  const gateway = await startGateway(shop, file, { env: { BANYAN_LEGACY: legacy } });
  t.teardown(() => gateway.stop('SIGKILL'));
  const config = async (): Promise<CrewConfig> =>
    (await (await fetch(`${gateway.adminUrl}/config`)).json()) as CrewConfig;
  const metric = async (series: string): Promise<number> => {
    const lines = (await metricsOf(gateway)).split('\n');
    return Number(lines.find((line) => line.startsWith(`${series} `))?.split(' ')[1] ?? 0);
  };
  let count = 0;
  return {
    ...gateway,
    config,
    pids: async () => (await config()).workers.map(({ pid }) => pid),
    metric,
    allServe: (serving) =>
      until(
        `${serving} workers serve`,
        async () => (await metric('banyan_workers{state="serving"}')) === serving,
        startMs,
      ),
    client: async () => {
      const client = await RawClient.to(gateway.url);
      const path = `/who-${++count}`;
      await client.write(get(path));
      await client.answer();
      const find = () => gateway.log().find((line) => line['path'] === path);
      await until(`${path} is logged`, () => find() !== undefined);
      return { client, pid: Number(find()?.['pid']) };
    },
  };
}

/** A request as it is sent. */
export function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
