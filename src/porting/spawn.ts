import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../exchange/clock.ts';
import type { SessionFormat } from '../session/module.ts';

/** What a port host is told when it starts. It holds a secret, so it goes over the channel, not into the arguments. */
export interface HostSettings {
  readonly socketPath: string;
  readonly format: SessionFormat;
  /** The name of the codec; see perl/formats.ts. */
  readonly serializer: string;
  readonly cookieName: string;
  /** Where the sessions are, where they are in files; null where they are in the database. */
  readonly folder: {
    readonly format: SessionFormat;
    readonly directory: string;
    readonly fileName: string | null;
    readonly lockDirectory: string;
  } | null;
  /** Null where the sessions are in files and no database was named: then a port has none. */
  readonly database: {
    readonly options: {
      host?: string;
      port?: number;
      socketPath?: string;
      user: string;
      password: string;
      database: string;
      charset: string;
      connectionLimit: number;
    };
    readonly table: {
      readonly format: SessionFormat;
      readonly table: string;
      readonly idColumn: string;
      readonly dataColumn: string;
      readonly charset: string;
    };
  } | null;
}

/** The port host, as long as the gateway runs: it is started again whenever it ends. */
export interface HostKeeper {
  readonly socketPath: string;
  /** The process that runs now, or null between two. */
  readonly pid: number | null;
  /** Resolves when a host is ready for the first time, or rejects when it ends before that. */
  readonly ready: Promise<void>;
  /** Ends the host the hard way and resolves when it is gone; a new one is started. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** A host that has lived this long was healthy: the next one is started after the shortest pause. */
const healthyMs = 10_000;
const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './host.ts' : './host.js', import.meta.url),
);

/** Starts a port host and keeps one running. `onEvent` is told of every start and end, for log and metrics. */
export function keepHost(
  settings: Omit<HostSettings, 'socketPath'>,
  clock: Clock,
  onEvent: (event: 'started' | 'ended', detail: string) => void,
): HostKeeper {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-host-')); // mode 0700: nobody else may send us errands
  const socketPath = join(folder, 'socket');
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined);
  let child: ChildProcess | null = null;
  let closing = false;
  let pauseMs = firstPauseMs;

  const start = (): void => {
    if (closing) return;
    rmSync(socketPath, { force: true });
    const startedMs = clock.nowMs();
    const host = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child = host;
    const over = (how: string): void => {
      if (child !== host) return;
      child = null;
      onEvent('ended', how);
      first.reject(new Error(`the port host ended before it was ready: ${how}`));
      pauseMs = clock.nowMs() - startedMs > healthyMs ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2);
      clock.after(pauseMs, start);
    };
    host.once('message', () => {
      onEvent('started', `pid ${host.pid}`);
      first.resolve();
    });
    host.once('exit', (code, signal) => over(signal === null ? `exit code ${code}` : `signal ${signal}`));
    // A host that cannot be started at all never exits.
    host.on('error', (error) => {
      if (host.pid === undefined) over(error.message);
    });
    if (host.connected) host.send({ ...settings, socketPath }, () => undefined); // a host that is gone exits, too
  };
  const dying = new WeakMap<ChildProcess, Promise<void>>();
  const kill = (): Promise<void> => {
    const host = child;
    if (host === null) return Promise.resolve();
    let death = dying.get(host);
    if (death === undefined) {
      death = new Promise((resolve) => host.once('exit', () => resolve()));
      dying.set(host, death);
      host.kill('SIGKILL');
    }
    return death;
  };

  start();
  return {
    socketPath,
    get pid() {
      return child?.pid ?? null;
    },
    ready: first.promise,
    kill,
    close: async () => {
      closing = true;
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
