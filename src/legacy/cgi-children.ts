import type { Clock } from '../exchange/clock.ts';
import { ForkServer, type Child } from './fork-server.ts';

/** What a child is to become. All texts hold one character a byte. */
export interface CgiOrder {
  /** `perl`: the script becomes the child's program. `itself`: the child runs the file, by its `#!` or as a binary. */
  readonly how: 'perl' | 'itself';
  readonly directory: string;
  readonly script: string;
  readonly args: readonly string[];
  /** NAME=value. */
  readonly environment: readonly string[];
}

/** How children are made. */
export interface ChildrenOptions {
  readonly perl: string;
  /** What every script is given besides. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders of modules beside Perl's own. */
  readonly libraries: readonly string[];
  /** Modules to read before the fork, as files: `CGI/Session.pm`. */
  readonly preload: readonly string[];
  /** Whether modules that scripts turn out to use are read before the fork, too. */
  readonly learns: boolean;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

/** Children that wait for an order; there are always a few. */
export interface Children {
  /** Resolves with a child, in the order of asking; `called off` ones are passed over. Never rejects. */
  take(): { readonly child: Promise<Child>; callOff(): void };
  close(): void;
}

/** How many wait in advance: as many as requests come at once to a small site; a fork takes about a millisecond. */
const spare = 4;
const mostModules = 500;

/** Keeps a fork server alive, and children ready. */
export function keepChildren(options: ChildrenOptions): Children {
  return new Nursery(options);
}

interface Waiting {
  readonly resolve: (child: Child) => void;
}

class Nursery implements Children {
  readonly #options: ChildrenOptions;
  readonly #modules: Set<string>;
  readonly #waiting: Waiting[] = [];
  #server: ForkServer;
  #ready: Child[] = [];
  /** Children that were asked for and have not come. */
  #asked = 0;
  /** Modules that were asked for and have not been answered. */
  #loading = 0;
  #pauseMs = 100;
  #isClosed = false;

  constructor(options: ChildrenOptions) {
    this.#options = options;
    this.#modules = new Set(options.preload);
    this.#server = this.#start();
  }

  take() {
    const { promise, resolve } = Promise.withResolvers<Child>();
    const waiting = { resolve };
    this.#waiting.push(waiting);
    this.#serve();
    return {
      child: promise,
      callOff: () => {
        const at = this.#waiting.indexOf(waiting);
        if (at !== -1) this.#waiting.splice(at, 1);
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#dismiss();
    this.#server.close();
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#ready.length > 0) {
      const child = this.#ready.shift() as Child;
      // One that has ended as it waited is no use to anybody.
      if (!child.out.destroyed) this.#waiting.shift()?.resolve(child);
    }
    const wanted = spare + this.#waiting.length;
    for (; this.#asked + this.#ready.length < wanted; this.#asked++) this.#server.fork();
  }

  #start(): ForkServer {
    const { perl, libraries, log, clock } = this.#options;
    const env = { ...this.#options.env, BANYAN_LIB: libraries.join(':') };
    const isCurrent = (): boolean => this.#server === server && !this.#isClosed;
    const server: ForkServer = new ForkServer(perl, env, {
      ready: (child) => {
        if (!isCurrent()) return void dismiss(child);
        this.#asked--;
        this.#pauseMs = 100;
        this.#ready.push(child);
        this.#serve();
      },
      used: (files) => {
        if (isCurrent() && this.#options.learns) this.#load(files.filter((file) => !this.#modules.has(file)));
      },
      loaded: (file, why) => {
        if (why !== null) log(`${file} is read by each script that uses it: ${why}`);
        if (--this.#loading === 0 && isCurrent()) this.#replaceReady();
      },
      stale: () => {
        if (!isCurrent()) return;
        log('a module has changed: the fork server starts again');
        this.#restart();
        server.close();
      },
      said: (line) => log(line),
      gone: () => {
        if (!isCurrent()) return;
        log(`the fork server is gone; another one starts in ${this.#pauseMs} ms`);
        clock.after(this.#pauseMs, () => {
          if (!this.#isClosed) this.#restart();
        });
        this.#pauseMs = Math.min(5_000, this.#pauseMs * 2);
      },
    });
    queueMicrotask(() => {
      this.#load([...this.#modules]);
      this.#serve();
    });
    return server;
  }

  #restart(): void {
    this.#dismiss();
    this.#asked = 0;
    this.#loading = 0;
    this.#server = this.#start();
  }

  #load(files: readonly string[]): void {
    for (const file of files.slice(0, Math.max(0, mostModules - this.#modules.size + files.length))) {
      this.#modules.add(file);
      this.#loading++;
      this.#server.load(file);
    }
  }

  /** Those that were forked before a module was read do not have it. */
  #replaceReady(): void {
    this.#dismiss();
    this.#serve();
  }

  #dismiss(): void {
    for (const child of this.#ready) dismiss(child);
    this.#ready = [];
  }
}

/** A child whose gateway hangs up before there is an order ends by itself. */
function dismiss(child: Child): void {
  child.out.destroy();
  child.err.destroy();
}

/** Tells a child what to become. It reads what follows on its other connection as its standard input. */
export function giveOrder({ out }: Child, { how, directory, script, args, environment }: CgiOrder): void {
  const words = [how, directory, script, String(args.length), ...args, ...environment];
  const text = Buffer.from(words.join('\0'), 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  out.write(Buffer.concat([length, text]));
}
