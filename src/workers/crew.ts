import type { Clock } from '../exchange/clock.ts';
import type { Answers } from './wire.ts';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One worker's process. What it is asked is answered in order; a rejection says that it did not. */
export interface WorkerProcess extends Answers {
  readonly worker: number;
  readonly pid: number;
  /** Resolves with the address it serves, or rejects with why it does not. */
  readonly serving: Promise<string>;
  readonly ended: Promise<Ended>;
  /** Has it finish what is under way and exit, or cut that off `now`. */
  end(now: boolean): void;
  kill(): void;
}

/** What a crew is made of, and whom it tells. */
export interface CrewParts {
  readonly count: number;
  readonly clock: Clock;
  /** Starts a process. Does not throw. */
  readonly launch: (worker: number) => WorkerProcess;
  readonly onServing: (process: WorkerProcess) => void;
  /** One has ended that was not told to by us; the next takes its place after so long. */
  readonly onLost: (process: WorkerProcess, ended: Ended, pauseMs: number) => void;
}

/** So many workers, each replaced when it ends. */
export interface Crew {
  /**
   * Starts one worker, and when it serves the others: what is wrong is said once, and not by all of them. Resolves when each
   * serves or has failed once; rejects, with the reason, where the first one failed.
   */
  start(): Promise<string>;
  /** Those that have a process. */
  living(): readonly WorkerProcess[];
  /** Those that take connections. */
  serving(): readonly WorkerProcess[];
  /** Ends them all. Resolves with how many had to cut something off, or died. */
  end(now: AbortSignal): Promise<number>;
  /** At once, and for certain. */
  kill(): void;
}

/** A worker that has served this long was healthy: the next one is started at once. */
const healthyMs = 10_000;
const firstPauseMs = 250;
const longestPauseMs = 30_000;

/** How long to wait after so many workers in a row have died young: the first is replaced at once. */
export function pauseAfter(diedYoung: number): number {
  return diedYoung < 2 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (diedYoung - 2));
}

/** A crew that is not started yet. */
export function makeCrew({ count, clock, launch, onServing, onLost }: CrewParts): Crew {
  const living = new Map<number, WorkerProcess>();
  const serving = new Set<WorkerProcess>();
  /** Before the first one serves, and once they are told to end, nobody is replaced. */
  let mayReplace = false;

  const put = (worker: number, diedYoung: number): WorkerProcess => {
    let servesSinceMs = Infinity;
    const process = launch(worker);
    living.set(worker, process);
    process.serving.then(
      () => {
        servesSinceMs = clock.nowMs();
        serving.add(process);
        onServing(process);
      },
      () => undefined, // it ends, too
    );
    void process.ended.then((ended) => {
      living.delete(worker);
      serving.delete(process);
      if (!mayReplace) return;
      const young = clock.nowMs() - servesSinceMs > healthyMs ? 0 : diedYoung + 1;
      const pauseMs = pauseAfter(young);
      onLost(process, ended, pauseMs);
      const replace = (): void => void (mayReplace && put(worker, young));
      if (pauseMs === 0) replace();
      else clock.after(pauseMs, replace);
    });
    return process;
  };
  return {
    start: async () => {
      const url = await put(1, 0).serving;
      mayReplace = true;
      const others = Array.from({ length: count - 1 }, (_, at) => put(at + 2, 0).serving);
      await Promise.allSettled(others);
      return url;
    },
    living: () => [...living.values()],
    serving: () => [...serving],
    end: async (now) => {
      mayReplace = false;
      const all = [...living.values()];
      const tell = (): void => all.forEach((process) => process.end(now.aborted));
      now.addEventListener('abort', tell, { once: true });
      tell();
      const ends = await Promise.all(all.map(({ ended }) => ended));
      return ends.filter(({ code }) => code !== 0).length;
    },
    kill: () => {
      mayReplace = false;
      for (const process of living.values()) process.kill();
    },
  };
}
