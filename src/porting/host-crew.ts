import { HostProcess, type HostKind } from './host-process.ts';
import { HostSlot, type HostEvent } from './host-slot.ts';
import type { BrokenPort } from './host-words.ts';
import type { Host, Hosts } from './port-hosts.ts';
import { PortWatch } from './port-watch.ts';
import { fileState } from './file-state.ts';

/** How many hosts there are to be, and who is told of them. */
export interface CrewParts extends HostKind {
  readonly count: number;
  readonly stuckMs: number;
  readonly onEvent: (event: HostEvent, detail: string) => void;
}

/** The hosts as `status` shows them. */
export interface CrewStatus {
  readonly hosts: readonly {
    readonly pid: number;
    readonly inFlight: number;
    readonly memoryBytes: number;
  }[];
  /** How often new versions have taken over since the start. */
  readonly swaps: number;
  /** Ports that the hosts cannot load. */
  readonly broken: readonly BrokenPort[];
  /** New versions that were not taken, for they cannot be loaded; the ones before serve on. */
  readonly refused: readonly BrokenPort[];
}

/**
 * The port hosts of a gateway. When a file of a port is changed new hosts are started beside the old ones and take over
 * once they have loaded everything; the old ones finish what they have. A change that cannot be loaded is refused, and
 * the old hosts serve on.
 */
export class HostCrew implements Hosts {
  /** Resolves when the first host is ready; rejects when one ends before that. */
  readonly ready: Promise<void>;
  readonly #parts: CrewParts;
  readonly #slots: readonly HostSlot<HostProcess>[];
  readonly #watch: PortWatch;
  #files: readonly string[];
  #turn = 0;
  #swaps = 0;
  #refused: readonly BrokenPort[] = [];
  #renewal: Promise<void> | null = null;
  #isClosed = false;

  constructor(parts: CrewParts, files: readonly string[]) {
    this.#parts = parts;
    this.#files = files;
    this.#slots = Array.from(
      { length: parts.count },
      () => new HostSlot({ ...parts, start: () => this.#start() }),
    );
    this.#watch = new PortWatch(parts.clock, () => void this.#renew());
    this.#watch.add(files.map((file) => [file, fileState(file)]));
    this.ready = Promise.race(this.#slots.map((slot) => slot.start()));
  }

  /** The host with the least to do, of those that answer at once. */
  pick(): Host | null {
    let best: HostSlot<HostProcess> | null = null;
    this.#turn++;
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[(this.#turn + i) % this.#slots.length] as HostSlot<HostProcess>;
      if (slot.host !== null && (best === null || isBetter(slot, best))) best = slot;
    }
    return best?.host ?? null;
  }

  /** The files of all ports that routes lead to. New ones are loaded at once: whatever is wrong with them shows. */
  serve(files: readonly string[]): void {
    const known = new Set(this.#files);
    const added = files.filter((file) => !known.has(file));
    this.#files = files;
    if (added.length > 0) for (const { host } of this.#slots) host?.load(added);
    this.#watch.add(added.map((file) => [file, fileState(file)]));
  }

  status(): CrewStatus {
    const hosts = this.#slots.flatMap(({ host }) => host ?? []);
    const broken = new Map(hosts.flatMap(({ loaded }) => loaded.broken).map((port) => [port.file, port]));
    return {
      hosts: hosts.map((host) => ({
        pid: host.pid,
        inFlight: host.inFlight,
        memoryBytes: host.memoryBytes(),
      })),
      swaps: this.#swaps,
      broken: [...broken.values()],
      refused: this.#refused,
    };
  }

  /** Ends all hosts when nothing is under way any more: what ports have left for after their commits is still done. */
  async retire(): Promise<void> {
    this.#close();
    await Promise.all(this.#slots.map((slot) => slot.retire()));
  }

  /** Ends all hosts at once. */
  async kill(): Promise<void> {
    this.#close();
    await Promise.all(this.#slots.map((slot) => slot.kill()));
  }

  #close(): void {
    this.#isClosed = true;
    this.#watch.close();
  }

  #start(): HostProcess {
    const host = new HostProcess(this.#parts, this.#files);
    host.onLoaded = ({ modules }) => this.#watch.add(modules);
    return host;
  }

  /** Starts a host for each slot, which read the files as they are now; rejects where one of them does not come up. */
  async #startAll(hosts: HostProcess[]): Promise<void> {
    this.#watch.reading();
    while (hosts.length < this.#slots.length) hosts.push(this.#start());
    await Promise.all(hosts.map((host) => host.ready));
  }

  /** One at a time: what changes meanwhile is a change again when this is over. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<void> {
    const next: HostProcess[] = []; // also those that came up before one did not
    try {
      await this.#startAll(next);
      while (!haveReadTheSame(next) && !this.#isClosed) {
        await Promise.all(next.splice(0).map((host) => host.kill('a file was changed while hosts read it')));
        await this.#startAll(next);
      }
      this.#refused = next.flatMap((host) => this.#newlyBroken(host)).filter(isFirst);
    } catch (thrown) {
      this.#refused = [{ file: '', reason: (thrown as Error).message }];
    }
    if (this.#refused.length === 0 && !this.#isClosed) {
      this.#swaps++;
      for (const [at, slot] of this.#slots.entries()) slot.take(next[at] as HostProcess);
      this.#parts.onEvent('swapped', `pid ${next.map(({ pid }) => pid).join(', ')}`);
      return;
    }
    for (const { reason } of this.#refused) this.#parts.onEvent('refused', reason);
    await Promise.all(next.map((host) => host.kill('it is not needed')));
  }

  /** The ports that a new host cannot load, and that are served now. */
  #newlyBroken({ loaded }: HostProcess): BrokenPort[] {
    const serving = this.#slots.flatMap(({ host }) => host ?? []);
    return loaded.broken.filter(({ file }) =>
      serving.some(
        (host) =>
          host.loaded.modules.some(([known]) => known === file) &&
          !host.loaded.broken.some((port) => port.file === file),
      ),
    );
  }
}

function isBetter(one: HostSlot<HostProcess>, other: HostSlot<HostProcess>): boolean {
  if (one.isQuick !== other.isQuick) return one.isQuick;
  return (one.host?.inFlight ?? 0) < (other.host?.inFlight ?? 0);
}

/** Else visitors would go back and forth between a version and the next one. */
function haveReadTheSame(hosts: readonly HostProcess[]): boolean {
  const states = new Map(hosts.flatMap(({ loaded }) => loaded.modules));
  return hosts.every(({ loaded }) => loaded.modules.every(([file, state]) => states.get(file) === state));
}

/** Of what several hosts say of one file the first is enough. */
function isFirst(port: BrokenPort, at: number, all: readonly BrokenPort[]): boolean {
  return all.findIndex(({ file }) => file === port.file) === at;
}
