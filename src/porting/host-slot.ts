import type { Clock } from '../exchange/clock.ts';
import type { HostProcess } from './host-process.ts';

/** What is told of hosts, for log and metrics. */
export type HostEvent = 'started' | 'ended' | 'stuck' | 'grown' | 'swapped' | 'refused';

/** A host as far as a slot has to do with it. */
export type SlotHost = Pick<
  HostProcess,
  'pid' | 'state' | 'startedMs' | 'heardMs' | 'ready' | 'ended' | 'memoryBytes' | 'ping' | 'retire' | 'kill'
>;

/** What a slot works with. */
export interface SlotParts<H extends SlotHost> {
  readonly clock: Clock;
  readonly start: () => H;
  readonly onEvent: (event: HostEvent, detail: string) => void;
  readonly mostMemoryBytes: number;
  /** A host that does not give up its thread for so long is in a loop. */
  readonly stuckMs: number;
}

const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** A host that has lived this long was healthy: the next one is started after the shortest pause. */
const healthyMs = 10_000;
/** How often a host is asked whether it still listens. */
const pingMs = 500;
/** One that has not answered this long is asked for nothing where another one can be. */
const slowMs = 1_200;

/**
 * One of the hosts that are to run: it is started again whenever it ends, after a pause that grows; one that loops is
 * ended, and one that has grown too large is replaced.
 */
export class HostSlot<H extends SlotHost> {
  /** The host that is asked; null between two. */
  host: H | null = null;
  #next: H | null = null;
  #pauseMs = firstPauseMs;
  #isClosed = false;
  readonly #parts: SlotParts<H>;

  constructor(parts: SlotParts<H>) {
    this.#parts = parts;
  }

  /**
   * Starts a host and, when it is ready, has it take the place of the one before. Rejects where it ends before that; it
   * is tried again by itself.
   */
  async start(): Promise<void> {
    if (this.#isClosed || this.#next !== null) return;
    const startedMs = this.#parts.clock.nowMs();
    try {
      const next = (this.#next = this.#parts.start()); // which throws where the disk is full
      await next.ready;
      this.take(next);
    } catch (thrown) {
      this.#again(startedMs);
      throw thrown;
    } finally {
      this.#next = null;
    }
  }

  /** Has a host that is ready take the place of the one before, which finishes what it has. */
  take(next: H): void {
    if (this.#isClosed) return void next.kill('the gateway ends');
    const before = this.host;
    this.host = next;
    next.heardMs = this.#parts.clock.nowMs(); // it may have waited for others to be ready, and nobody has asked it yet
    this.#parts.onEvent('started', `pid ${next.pid}`);
    void this.#replace(next);
    void before?.retire().then((how) => this.#parts.onEvent('ended', how));
    this.#watch(next, this.#parts.clock.nowMs());
  }

  /** Starts another one when this one has ended, and was still the one that is asked. */
  async #replace(host: H): Promise<void> {
    const how = await host.ended;
    if (this.host !== host) return;
    this.host = null;
    this.#parts.onEvent('ended', how);
    this.#again(host.startedMs);
  }

  /** Whether its host answers at once, as far as is known. */
  get isQuick(): boolean {
    const { host } = this;
    return host !== null && this.#parts.clock.nowMs() - host.heardMs < slowMs;
  }

  /** Lets its host finish what ports have left for after their commits. */
  async retire(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#next?.kill('the gateway ends'), this.host?.retire()]);
  }

  async kill(): Promise<void> {
    this.#isClosed = true;
    const hosts = [this.#next, this.host].filter((host) => host !== null);
    await Promise.all(hosts.map((host) => host.kill('the gateway ends')));
  }

  #again(startedMs: number): void {
    const { clock } = this.#parts;
    const wasHealthy = clock.nowMs() - startedMs > healthyMs;
    this.#pauseMs = wasHealthy ? firstPauseMs : Math.min(longestPauseMs, this.#pauseMs * 2);
    clock.after(this.#pauseMs, () => {
      if (this.host === null) this.start().catch(() => undefined);
    });
  }

  /** Looks at a host until it is not the one that is asked any more. `dueMs`: when this look was to be. */
  #watch(host: H, dueMs: number): void {
    if (this.host !== host || this.#isClosed) return;
    const { clock, stuckMs, mostMemoryBytes, onEvent } = this.#parts;
    const nowMs = clock.nowMs();
    const silentMs = nowMs - host.heardMs;
    const bytes = host.memoryBytes();
    // Where we are late ourselves its answers may wait behind us.
    if (silentMs > stuckMs && nowMs - dueMs < pingMs) {
      onEvent('stuck', `pid ${host.pid} has not answered for ${Math.round(silentMs)} ms`);
      void host.kill(`its event loop stood still for ${Math.round(silentMs)} ms: a port is in a loop`);
      return;
    }
    if (bytes > 2 * mostMemoryBytes) {
      onEvent('grown', `pid ${host.pid} takes ${bytes} bytes`);
      void host.kill(`it took ${bytes} bytes of memory`);
      return;
    }
    if (bytes > mostMemoryBytes && this.#next === null) {
      onEvent('grown', `pid ${host.pid} takes ${bytes} bytes; another takes its place`);
      this.start().catch(() => undefined); // then it serves on
    }
    host.ping();
    clock.after(pingMs, () => this.#watch(host, nowMs + pingMs));
  }
}
