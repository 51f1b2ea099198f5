import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Register } from '../exchange/register.ts';
import { eachLine } from './lines.ts';

/** How a process came to its end: an exit code, or the signal that ended it; nothing where nobody could see it. */
export interface Ended {
  readonly code: number | null;
  readonly signal: number | null;
}

/** A process that waits for an order, or has had one. */
export interface Child {
  /** The same for every request that one process serves. */
  readonly identity: object;
  /** Where the order goes, and where what the script prints comes from. */
  readonly out: Socket;
  /** What the script reads, and what it says on its standard error. */
  readonly err: Socket;
  /** Resolves when the process is over and has been buried. What it left behind may still print. */
  readonly ended: Promise<Ended>;
  /** Signals it, and the processes it has begun. */
  kill(signal: 'TERM' | 'KILL'): void;
}

/** What a fork server tells of itself. */
export interface ForkServerNews {
  /** `isAgain`: it has served a request, and stays with its script. */
  readonly ready: (child: Child, isAgain: boolean) => void;
  /** Modules that a script has read, and that could be read before the fork: `CGI/Session.pm`. */
  readonly used: (files: string[]) => void;
  /** An answer to `load`; `why` says why not. */
  readonly loaded: (file: string, why: string | null) => void;
  /** A script cannot stay in memory: what it leaves in these variables would be there for the next visitor. */
  readonly unfit: (script: string, variables: string[]) => void;
  /** A module has been changed since it was read: children compile everything themselves now. */
  readonly stale: () => void;
  readonly said: (line: string) => void;
  readonly gone: () => void;
}

const program = fileURLToPath(new URL('./fork-server.pl', import.meta.url));
/** How often it is looked whether a process is still there whose parent is not. */
const lookEveryMs = 50;

interface Known {
  readonly number: number;
  out: Socket | null;
  err: Socket | null;
  pid: number;
  ended: PromiseWithResolvers<Ended>;
}

/** One fork server: a perl that forks children, each of which becomes a script. fork-server.pl says how. */
export class ForkServer {
  readonly #news: ForkServerNews;
  readonly #folder: string;
  readonly #listener: Server;
  readonly #children = new Register<number, Known>();
  readonly #perl: ChildProcess;
  readonly #commands: Writable;
  #count = 0;
  #isGone = false;

  /** `env` is what every script is given besides; perl itself reads PERL5LIB and its like from there. */
  constructor(perl: string, env: Readonly<Record<string, string>>, news: ForkServerNews) {
    this.#news = news;
    this.#folder = mkdtempSync(join(tmpdir(), 'banyan-cgi-')); // nobody else may enter
    const socket = join(this.#folder, 'socket');
    this.#listener = createServer({ allowHalfOpen: true }, (connection) => this.#meet(connection));
    this.#listener.listen(socket, 4096);
    this.#perl = spawn(perl, ['/dev/fd/9'], {
      env: { ...env, BANYAN_SOCKET: socket },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ignore', 'ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
      detached: true, // Ctrl-C at the terminal is for the gateway, which lets scripts finish
    });
    const { stdio } = this.#perl;
    this.#commands = stdio[3] as unknown as Writable;
    const main = (stdio as readonly unknown[])[9] as Writable;
    for (const pipe of [this.#commands, main]) pipe.on('error', () => undefined); // it is gone: told below
    main.write(`BEGIN { require '${program.replaceAll(/['\\]/g, '\\$&')}'; Banyan::ForkServer::serve() }\n`);
    eachLine(this.#commands as unknown as Readable, (line) => this.#hear(line));
    for (const stream of [stdio[1], stdio[2]]) eachLine(stream as Readable, (line) => news.said(line));
    this.#perl.once('error', (error) => {
      news.said(`perl cannot be started: ${error.message}`);
      this.#end();
    });
    this.#perl.once('exit', () => this.#end());
  }

  /** Asks for one more child; `ready` is told of it. */
  fork(): void {
    const number = ++this.#count;
    const child = { number, out: null, err: null, pid: 0, ended: Promise.withResolvers<Ended>() };
    this.#children.set(number, child);
    this.#command(`fork ${number}`);
  }

  /** Asks to read a module now, for all children to come; `loaded` is told how that went. */
  load(file: string): void {
    this.#command(`load ${file}`);
  }

  /** Ends it. Scripts that run are left alone; children that wait for an order end. */
  close(): void {
    this.#commands.end();
    this.#perl.kill('SIGTERM');
  }

  #command(line: string): void {
    if (!this.#isGone) this.#commands.write(`${line}\n`);
  }

  /** A child says who it is, and nothing more until it has an order. */
  #meet(connection: Socket): void {
    connection.on('error', () => undefined); // whoever uses it hears of its close
    connection.once('data', (hello: Buffer) => {
      connection.pause();
      const [, number, stream, pid, code] =
        /^(\d+) (out|err) (\d+)(?: (\d+))?\n$/.exec(hello.toString('latin1')) ?? [];
      const child = this.#children.get(Number(number));
      if (child === undefined) return void connection.destroy();
      child[stream as 'out' | 'err'] = connection;
      child.pid = Number(pid);
      const { out, err } = child;
      if (out === null || err === null) return;
      [child.out, child.err] = [null, null]; // whoever has them now looks after them
      if (code !== undefined) {
        child.ended.resolve({ code: Number(code), signal: null });
        child.ended = Promise.withResolvers();
      }
      this.#news.ready(this.#handle(child, out, err), code !== undefined);
    });
  }

  #handle(known: Known, out: Socket, err: Socket): Child {
    const { number, pid, ended } = known;
    return {
      identity: known,
      out,
      err,
      ended: ended.promise,
      kill: (signal) => {
        if (!this.#children.has(number)) return;
        if (this.#isGone) signalGroup(pid, signal);
        else this.#command(`kill ${number} ${signal}`); // its parent knows for certain that it is not over
      },
    };
  }

  #hear(line: string): void {
    const [word = '', first = '', ...rest] = line.split(' ');
    if (word === 'exit') this.#bury(Number(first), Number(rest[0]));
    else if (word === 'used') this.#news.used([first, ...rest]);
    else if (word === 'loaded') this.#news.loaded(first, null);
    else if (word === 'not-loaded') this.#news.loaded(first, rest.join(' '));
    else if (word === 'stale') this.#news.stale();
    else if (word === 'unfit') this.#news.unfit(first, rest);
  }

  /** `status` is what waitpid says. */
  #bury(number: number, status: number): void {
    const child = this.#children.get(number);
    this.#children.delete(number);
    if (child === undefined) return;
    const signal = status & 127;
    child.ended.resolve(signal === 0 ? { code: status >> 8, signal: null } : { code: null, signal });
    child.out?.destroy();
    child.err?.destroy();
  }

  /** Without their parent nobody buries the children, so we look whether they are still there. */
  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener.close();
    rmSync(this.#folder, { recursive: true, force: true });
    for (const child of this.#children.values()) void this.#lookAfter(child);
    this.#news.gone();
  }

  async #lookAfter(child: Known): Promise<void> {
    while (child.pid !== 0 && isAlive(child.pid))
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    this.#children.delete(child.number);
    child.ended.resolve({ code: null, signal: null });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function signalGroup(pid: number, signal: 'TERM' | 'KILL'): void {
  try {
    process.kill(-pid, `SIG${signal}`);
  } catch {
    // It is over.
  }
}
