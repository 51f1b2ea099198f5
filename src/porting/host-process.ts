import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'undici';
import type { Clock } from '../exchange/clock.ts';
import type { Host } from './port-hosts.ts';
import { hostPool } from './host-pool.ts';
import type { HostOrder, HostReport, HostSettings, LoadedPorts, PortLine } from './host-words.ts';

/** How port hosts are started. */
export interface HostKind {
  readonly settings: HostSettings;
  /** The most memory a host may take. Its JavaScript heap is limited to it. */
  readonly mostMemoryBytes: number;
  readonly clock: Clock;
  readonly onLine: (line: PortLine) => void;
}

/**
 * How nice hosts are: where a core is short, the gateway and old scripts come first, with three times the share. A port
 * in a loop beside the gateway on one core left it a fifth of its requests, and now five sixths (`bench ports`, once, on a
 * busy machine).
 */
const niceness = 5;

/** How long a host that is to end may take for what its ports have left for after their commits: mail, calls elsewhere. */
const lateMs = 10_000;
const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './host.ts' : './host.js', import.meta.url),
);

/** One process that runs ports. Its life: starting, ready, retired (finishes what it has), ended. */
export class HostProcess implements Host {
  readonly pool: Pool;
  readonly isLocal = true;
  readonly startedMs: number;
  /** Resolves when it can be asked; rejects where it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  inFlight = 0;
  /** Why we have ended it, where we have. */
  because: string | null = null;
  /** When it last said anything. */
  heardMs: number;
  loaded: LoadedPorts = { modules: [], broken: [] };
  onLoaded: (loaded: LoadedPorts) => void = () => undefined;
  state: 'starting' | 'ready' | 'retired' | 'ended' = 'starting';
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(kind: HostKind, files: readonly string[]) {
    const { clock, settings, mostMemoryBytes } = kind;
    this.#clock = clock;
    this.#folder = mkdtempSync(join(tmpdir(), 'banyan-host-')); // mode 0700: nobody else may send us errands
    const socketPath = join(this.#folder, 'socket');
    this.pool = hostPool({ socketPath });
    this.startedMs = this.heardMs = clock.nowMs();
    this.#child = fork(program, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [
        ...process.execArgv.filter((word) => !word.startsWith('--inspect')),
        `--max-old-space-size=${Math.ceil(mostMemoryBytes / 1_048_576)}`,
        '--enable-source-maps',
      ],
    });
    if (this.pid !== 0) comeLast(this.pid);
    const { promise: ready, resolve: isReady, reject: isNot } = Promise.withResolvers<void>();
    const { promise: ended, resolve: hasEnded } = Promise.withResolvers<string>();
    ready.catch(() => undefined);
    [this.ready, this.ended] = [ready, ended];
    const over = (how: string): void => {
      if (this.state === 'ended') return;
      this.state = 'ended';
      isNot(new Error(`the port host ended before it was ready: ${this.because ?? how}`));
      rmSync(this.#folder, { recursive: true, force: true });
      hasEnded(this.because === null ? how : `${this.because} (${how})`);
      void this.pool.destroy();
    };
    this.#child.on('message', (report: HostReport) => {
      this.heardMs = clock.nowMs();
      if (report.kind === 'ready') {
        this.state = 'ready';
        isReady();
      } else if (report.kind === 'loaded') this.onLoaded((this.loaded = report));
      else if (report.kind === 'said') kind.onLine(report);
    });
    this.#child.once('exit', (code, signal) =>
      over(signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
    // A host that cannot be started at all never exits.
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) over(error.message);
    });
    this.#tell({ kind: 'start', settings, socketPath, files });
  }

  /** 0 where it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  begin(): void {
    this.inFlight++;
  }

  done(): void {
    this.inFlight--;
    if (this.state === 'retired' && this.inFlight === 0) this.#end();
  }

  /** Has it read further ports. */
  load(files: readonly string[]): void {
    this.#tell({ kind: 'load', files });
  }

  ping(): void {
    this.#tell({ kind: 'ping' });
  }

  /** Lets it finish what it has, and end. */
  retire(): Promise<string> {
    if (this.state === 'starting' || this.state === 'ready') {
      this.state = 'retired';
      if (this.inFlight === 0) this.#end();
    }
    return this.ended;
  }

  /** Ends it the hard way; resolves when it is gone. Only what is dead can be trusted not to commit any more. */
  async kill(because: string): Promise<boolean> {
    if (this.state !== 'ended') this.because ??= because;
    this.#child.kill('SIGKILL');
    await this.ended;
    return true;
  }

  /** What it takes of the machine's memory: of a host in a loop, too, which answers nobody. */
  memoryBytes(): number {
    try {
      // proc(5): pages in memory are the second number.
      return Number(readFileSync(`/proc/${this.pid}/statm`, 'latin1').split(' ')[1]) * 4096;
    } catch {
      return 0;
    }
  }

  #end(): void {
    this.#tell({ kind: 'end' });
    const callOff = this.#clock.after(lateMs, () => void this.kill(`it did not end within ${lateMs} ms`));
    void this.ended.then(callOff);
  }

  #tell(order: HostOrder): void {
    if (this.#child.connected) this.#child.send(order, () => undefined); // one that is gone exits, too
  }
}

/**
 * Where processor time is short the gateway comes first, and where memory runs out the kernel is to choose a host, and
 * not the gateway or the database (proc(5), oom_score_adj). Where it is not Linux, or not allowed, a host is as any other.
 * From its first moment: to start takes as long as a hundred requests.
 */
function comeLast(pid: number): void {
  try {
    setPriority(pid, niceness);
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500');
  } catch {
    // As it says.
  }
}
