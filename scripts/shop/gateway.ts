import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asServersUser, isRoot } from './process.ts';
import { repository, type Shop, type Stock } from './shop.ts';

/** A gateway process in front of the shop. */
export interface GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly routesFile: string;
  readonly logFile: string;
  readonly child: ChildProcess;
  /** Resolves with the exit code once the process is gone; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Every line of the log so far, parsed. */
  log(): Record<string, unknown>[];
  /** Waits for the exit; SIGTERM unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A checkout may be in a home that only root can enter; who owns the files that are made does not change with it. */
const mayEnter = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];

let count = 0;

/** What a gateway needs to know of the site it stands before; a whole shop is one. */
export type Site = Pick<Stock, 'scratch' | 'storeUrl' | 'confFile'>;

/** What routes.yaml, and scripts that the gateway runs itself, take from the environment. */
export function shopEnvironment(
  shop: Site | Pick<Shop, keyof Site | 'apache'>,
): Record<string, string | undefined> {
  const apache = 'apache' in shop ? { BANYAN_LEGACY: shop.apache.url } : {};
  return { ...process.env, ...apache, BANYAN_SESSIONS: shop.storeUrl, SHOP_CONF: shop.confFile };
}

/** What a routes.yaml may say besides its routes. */
export interface RoutesOptions {
  /** Who runs the scripts: Apache, unless it is said. */
  readonly legacy?: string;
  /** How long a request waits for its turn. */
  readonly wait?: string | undefined;
  /** The lines below `session:`, indented by two, where it is not the shop's own session. */
  readonly session?: readonly string[];
  /** What stands behind `ports:`; the folder of the shop's ports, unless it is said. */
  readonly ports?: string;
  /** More lines at the top; an `admin:` among them stands in for the usual one. */
  readonly top?: readonly string[];
}

const shopSession = ['  format: cgi-session', '  store: ${BANYAN_SESSIONS}'];

/** Writes a routes.yaml for the shop into its scratch folder. `routes` is the text below `routes:`, indented by two. */
export function writeRoutes(shop: Stock, routes: string, options: RoutesOptions = {}): string {
  const { legacy = '${BANYAN_LEGACY}', wait = '10s', session = shopSession, top = [] } = options;
  const ports = options.ports ?? join(repository, 'ports');
  const file = join(shop.scratch, `routes-${++count}.yaml`);
  const head = [
    'listen: 127.0.0.1:0',
    ...(top.some((line) => line.startsWith('admin:')) ? [] : ['admin: 127.0.0.1:0']),
    ...top,
    `legacy: ${legacy}`,
    'base: /cgi-bin/',
    `ports: ${ports}`,
    'session:',
    ...session,
    `  lock: { wait: ${wait} }`,
  ];
  writeFileSync(file, `${head.join('\n')}\nroutes:\n${routes}\n`);
  return file;
}

/** How a gateway is started, where it is not as usual. */
export interface GatewayOptions {
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly asServers?: boolean;
  /** Is told each line that the gateway, or one of its port hosts, writes on standard error. */
  readonly onStderr?: (line: string) => void;
}

/**
 * Starts a gateway process on a routes.yaml and waits until it serves. Its log goes to a file. With `asServers` it runs
 * as the user that runs the scripts: where sessions are in files, each must be able to read what the other has made.
 */
export async function startGateway(
  shop: Site,
  routesFile: string,
  options: GatewayOptions = {},
): Promise<GatewayProcess> {
  const logFile = join(shop.scratch, `gateway-${++count}.log`);
  const log = openSync(logFile, 'w');
  // The kernel ends it when we are gone, also when we had no time to: see startServer.
  const child = spawn(
    'setpriv',
    [
      ...(isRoot && options.asServers === true ? [...asServersUser, ...mayEnter] : []),
      '--pdeathsig',
      'KILL',
      process.execPath,
      join(repository, 'src/cli/main.ts'),
      'start',
      routesFile,
    ].concat(options.args ?? []),
    {
      stdio: ['ignore', log, 'pipe'],
      env: { ...shopEnvironment(shop), ...options.env },
    },
  );
  closeSync(log);
  if (options.onStderr !== undefined && child.stderr !== null)
    createInterface(child.stderr).on('line', options.onStderr);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const { url, adminUrl } = await untilServing(child);
  return {
    url,
    adminUrl,
    pid: child.pid ?? -1,
    routesFile,
    logFile,
    child,
    ended,
    log: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .slice(0, -1) // the last one is empty, or still being written
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

function untilServing(child: ChildProcess): Promise<{ url: string; adminUrl: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const line = /serving (\S+), metrics at (\S+)\/metrics/.exec(said);
      if (line !== null) resolve({ url: line[1] as string, adminUrl: line[2] as string });
    });
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}:\n${said}`)));
  });
}
