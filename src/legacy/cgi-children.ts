import type { Clock } from '../exchange/clock.ts';
import { ForkServer, type Child } from './fork-server.ts';

/** What a child is to become. All texts hold one character a byte. */
export interface CgiOrder {
  /**
   * `perl`: the script becomes the child's program. `itself`: the child runs the file, by its `#!` or as a binary. `kept`:
   * the child compiles the script, and stays with it for further requests.
   */
  readonly how: 'perl' | 'itself' | 'kept';
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
  /** Variables that scripts that stay may leave something in: `$dbh`. */
  readonly mayLeave: readonly string[];
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
  /**
   * Resolves with a child, in the order of asking; those that were called off are passed over. Never rejects. `kept` is
   * the script that the child may have served before, and will stay with; null where it is to be fresh.
   */
  take(kept: string | null): { readonly child: Promise<Child>; callOff(): void };
  /** Whether a script has turned out to be one that cannot stay. */
  isUnfit(script: string): boolean;
  close(): void;
}

/** How many wait in advance: as many as requests come at once to a small site; a fork takes about a millisecond. */
const spare = 4;
/** How many modules are learned. */
const mostModules = 500;
/** How many children wait with one script; a crowd may have more at work. */
const mostKept = 8;

/** Keeps a fork server alive, and children ready. */
export function keepChildren(options: ChildrenOptions): Children {
  return new Nursery(options);
}

interface Waiting {
  readonly kept: string | null;
  readonly resolve: (child: Child) => void;
}

class Nursery implements Children {
  readonly #options: ChildrenOptions;
  readonly #modules: Set<string>;
  #waiting: Waiting[] = [];
  #server: ForkServer;
  #ready: Child[] = [];
  /** Scripts that stay, and the children that wait with them. */
  readonly #kept = new Map<string, Child[]>();
  readonly #serves = new WeakMap<Child['identity'], string>();
  readonly #unfit = new Set<string>();
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

  isUnfit(script: string): boolean {
    return this.#unfit.has(script);
  }

  take(kept: string | null) {
    const { promise, resolve } = Promise.withResolvers<Child>();
    const waiting = { kept, resolve };
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
    this.#waiting = this.#waiting.filter((waiting) => {
      const child = this.#childFor(waiting);
      if (child === null) return true;
      if (waiting.kept !== null) this.#serves.set(child.identity, waiting.kept);
      waiting.resolve(child);
      return false;
    });
    const wanted = spare + this.#waiting.length;
    for (; this.#asked + this.#ready.length < wanted; this.#asked++) this.#server.fork();
  }

  /** One that has ended as it waited is no use to anybody. */
  #childFor({ kept }: Waiting): Child | null {
    const some = (kept === null ? undefined : this.#kept.get(kept)) ?? [];
    for (const from of [some, this.#ready]) {
      for (let child = from.pop(); child !== undefined; child = from.pop())
        if (!child.out.destroyed) return child;
    }
    return null;
  }

  #keep(child: Child): void {
    const script = this.#serves.get(child.identity) ?? '';
    const others = this.#kept.get(script) ?? [];
    if (others.length >= mostKept) return dismiss(child);
    this.#kept.set(script, [...others.filter((other) => !other.out.destroyed), child]);
    this.#serve();
  }

  #start(): ForkServer {
    const { perl, libraries, mayLeave, log, clock } = this.#options;
    const more = { BANYAN_LIB: libraries.join(':'), BANYAN_MAY_LEAVE: mayLeave.join(' ') };
    const env = { ...this.#options.env, ...more };
    const isCurrent = (): boolean => this.#server === server && !this.#isClosed;
    const server: ForkServer = new ForkServer(perl, env, {
      ready: (child, isAgain) => {
        if (!isCurrent()) return dismiss(child);
        if (isAgain) return this.#keep(child);
        this.#asked--;
        this.#pauseMs = 100;
        this.#ready.push(child);
        this.#serve();
      },
      used: (files) => {
        if (!isCurrent() || !this.#options.learns) return;
        const room = Math.max(0, mostModules - this.#modules.size);
        this.#load(files.filter((file) => !this.#modules.has(file)).slice(0, room));
      },
      loaded: (file, why) => {
        if (why !== null) log(`${file} is read by each script that uses it: ${why}`);
        if (--this.#loading === 0 && isCurrent()) this.#replaceReady();
      },
      unfit: (script, variables) => {
        if (this.#unfit.has(script)) return;
        this.#unfit.add(script);
        log(
          `${script} does not stay in memory: the next visitor would find what is left in ${variables.join(', ')}`,
        );
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
    for (const file of files) {
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
    for (const child of [...this.#ready, ...[...this.#kept.values()].flat()]) dismiss(child);
    this.#ready = [];
    this.#kept.clear();
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
