import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** True when we are root, and so must start servers as somebody else. */
export const isRoot = process.getuid?.() === 0;

/** What has setpriv run a program as `nobody`, where we are root. */
export const asServersUser = ['--reuid=65534', '--regid=65534', '--clear-groups'] as const;

/** Gives a file or a whole folder to `nobody`, whom servers run as. Does nothing when we are an ordinary user. */
export function giveToServers(path: string): void {
  if (isRoot) execFileSync('chown', ['-R', '65534:65534', path]);
}

/** A new scratch folder that the servers we start may use. Removed by `remove`. */
export function makeScratch(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `banyan-${name}-`));
  giveToServers(path);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A TCP port of the loopback interface that nobody listens on now. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no TCP port to be had');
  return address.port;
}

/** A server that we started. */
export interface Server {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves with the exit code, or null for a signal, once the process is gone. */
  readonly ended: Promise<number | null>;
  /** Sends the signal and waits until the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a server as an ordinary user, its output in `logFile`. The kernel ends it when we are gone, however that
 * happens: setpriv sets the parent death signal (prctl(2), PR_SET_PDEATHSIG) after it has changed the user.
 */
export function startServer(
  command: string[],
  options: { logFile: string; env?: Record<string, string>; asWhoWeAre?: boolean; deathSignal?: string },
): Server {
  const log = openSync(options.logFile, 'a');
  const drop = isRoot && !options.asWhoWeAre ? asServersUser : [];
  const child = spawn('setpriv', [...drop, '--pdeathsig', options.deathSignal ?? 'KILL', ...command], {
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...options.env },
  });
  closeSync(log);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(127));
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(hard);
  };
  return { pid: child.pid ?? -1, child, ended, stop };
}

/** Waits until `probe` is true, or says which server did not come up and shows the end of its log. */
export async function untilUp(what: string, server: Server, logFile: string, probe: () => Promise<boolean>) {
  let gone = false;
  void server.ended.then(() => (gone = true));
  const deadline = Date.now() + 30_000;
  while (!(await probe())) {
    if (gone || Date.now() > deadline) {
      const log = readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n');
      throw new Error(
        `${what} ${gone ? 'ended at once' : 'did not come up in 30 s'}; its log (${logFile}) ends:\n${log}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
