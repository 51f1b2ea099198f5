import { Counter, Gauge, Registry } from 'prom-client';
import type { Instead, Running } from './compose.ts';
import { openAdmin } from './compose-admin.ts';
import type { Settings } from './config/settings.ts';
import { systemClock } from './exchange/clock.ts';
import type { Log } from './telemetry/log.ts';
import { writePage } from './telemetry/page.ts';
import { asOne } from './workers/as-one.ts';
import { type Crew, makeCrew, type WorkerProcess } from './workers/crew.ts';
import { launchWorker } from './workers/launch.ts';
import { bindSocket, passedSocket } from './workers/socket.ts';
import { makeTotals } from './workers/totals.ts';

/** What every worker is started with, besides the routes.yaml that runs. */
export interface CrewOptions {
  readonly log: Log;
  readonly logLevel: string;
  readonly version: string;
}

/**
 * Starts the workers that `settings` asks for and stands for them as one gateway: opens the visitors' socket and takes
 * nothing from it, answers on the admin listener, hands on each routes.yaml, and replaces whoever dies.
 */
export async function composeCrew(
  settings: Settings,
  instead: Instead,
  { log, logLevel, version }: CrewOptions,
): Promise<Running> {
  const { listen, admin: adminAt } = { ...settings, ...instead };
  const { sockets, legacy = null } = instead;
  const visitors = sockets?.visitors ?? null;
  const socket = visitors === null ? await bindSocket(listen) : passedSocket(visitors);
  const totals = makeTotals<WorkerProcess>();
  const routes = routesOf(settings, () => crew);
  const crew = makeCrew({
    count: settings.workers,
    clock: systemClock,
    launch: (worker) => {
      const { file } = settings;
      const job = { worker, file, ...routes.running(), legacy, logLevel, version };
      const process = launchWorker(job, socket.fd);
      routes.tell(process);
      return process;
    },
    onServing: ({ worker, pid }) => log.info('worker serves', { worker, workerPid: pid }),
    onLost: (process, ended, pauseMs) => {
      const { worker, pid: workerPid } = process;
      log.error('a worker ended and is replaced', { worker, workerPid, ...ended, pauseMs });
      exits.inc();
      totals.bury(process);
      void process.serving.catch(({ message }: Error) =>
        log.error('the worker could not start', { worker, reason: message }),
      );
    },
  });
  const registry = new Registry();
  const exits = declareOwn(registry, settings.workers, crew);
  let isEnding = false;
  process.on('exit', () => crew.kill()); // whoever has not ended by then never would
  try {
    const url = await crew.start();
    const admin = await openAdmin(adminAt, sockets?.admin ?? null, {
      ...asOne(() => crew.serving(), settings.workers),
      metrics: async () => ({
        text: `${await totals.page(crew.serving())}\n\n${await writePage(registry)}`,
        contentType: registry.contentType,
      }),
      isEnding: () => isEnding,
      adminToken: () => settings.adminToken,
    });
    return {
      url,
      adminUrl: admin.url,
      routes,
      drainMs: () => routes.drainMs(),
      close: async (now) => {
        isEnding = true;
        socket.close();
        const cut = await crew.end(now ?? new AbortController().signal);
        await admin.close();
        return cut;
      },
    };
  } catch (thrown) {
    crew.kill();
    socket.close();
    throw thrown;
  }
}

/**
 * The routes.yaml of all workers. Each gets the same texts in the same order, one that is started later too: first what
 * runs, then what was last found in the file. So each takes and refuses the same.
 */
function routesOf(first: Settings, crew: () => Crew) {
  let running = { text: first.text, revision: first.table.revision };
  let { drainMs } = first;
  let last: (process: WorkerProcess) => Promise<unknown> = async () => undefined;
  /** Hands on to all, and waits for those that serve. */
  const hand = async <T>(on: (process: WorkerProcess) => Promise<T>): Promise<T[]> => {
    last = on;
    const serving = crew().serving();
    const handed = crew()
      .living()
      .map((process) => ({ process, answer: on(process).catch(() => null) }));
    const awaited = handed.filter(({ process }) => serving.includes(process));
    const answers = await Promise.all(awaited.map(({ answer }) => answer));
    return answers.filter((answer) => answer !== null);
  };
  const routes: Running['routes'] = {
    offer: async (text, occasion) => {
      const answers = await hand((process) => process.offer(text, occasion));
      const taken = answers.find(({ offered }) => offered === 'taken');
      if (taken !== undefined) {
        running = { text, revision: running.revision + 1 };
        drainMs = taken.drainMs;
        last = async () => undefined;
      }
      const offers = answers.map(({ offered }) => offered);
      return offers.find((offered) => offered === 'wait') ?? offers[0] ?? 'superseded';
    },
    lose: (code, reason) => void hand((process) => process.lose(code, reason)),
  };
  return {
    ...routes,
    running: () => running,
    tell: (process: WorkerProcess) => void last(process).catch(() => undefined),
    drainMs: () => drainMs,
  };
}

/** What only the primary knows. Gives back the counter of workers that ended. */
function declareOwn(registry: Registry, configured: number, crew: Crew): Counter {
  const registers = [registry];
  new Gauge({
    name: 'banyan_workers',
    help: 'Workers: how many there are to be, and how many serve',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'configured' }, configured);
      this.set({ state: 'serving' }, crew.serving().length);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the gateway since unix epoch in seconds.',
    registers,
  }).set(Math.round(Date.now() / 1000 - process.uptime()));
  return new Counter({
    name: 'banyan_worker_exits_total',
    help: 'Workers that ended without being told to, and were replaced',
    registers,
  });
}
