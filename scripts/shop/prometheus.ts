import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeTcpPort, giveToServers, startServer, untilUp } from './process.ts';
import { repository } from './shop.ts';

/** A private Prometheus that scrapes what it is told to, every second. */
export interface Prometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Where `setup.sh --with prometheus` puts a program of Debian's prometheus package. Throws when it has not. */
export function prometheusProgram(name: 'prometheus' | 'promtool'): string {
  const program = join(repository, '.cache/prometheus/usr/bin', name);
  if (!existsSync(program))
    throw new Error(`${program} is not there; run: sh scripts/setup.sh --with prometheus`);
  return program;
}

/** Starts Prometheus on a free TCP port of the loopback interface, as an ordinary user. Targets are `host:port`. */
export async function startPrometheus(scratch: string, targets: string[]): Promise<Prometheus> {
  const program = prometheusProgram('prometheus');
  const home = join(scratch, 'prometheus');
  const [logFile, configFile] = [join(home, 'log'), join(home, 'prometheus.yml')];
  mkdirSync(home, { recursive: true });
  const job = { job_name: 'banyan', static_configs: [{ targets }] };
  const global = { scrape_interval: '1s', scrape_timeout: '1s' };
  writeFileSync(configFile, JSON.stringify({ global, scrape_configs: [job] })); // JSON is YAML
  giveToServers(home);
  const address = `127.0.0.1:${await freeTcpPort()}`;
  const server = startServer(
    [
      program,
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    { logFile },
  );
  const url = `http://${address}`;
  await untilUp('Prometheus', server, logFile, () =>
    fetch(`${url}/-/ready`).then(
      (response) => response.text().then(() => response.ok),
      () => false,
    ),
  );
  return { url, stop: () => server.stop() };
}
