import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openAdmin } from './compose-admin.ts';
import { composeCertificate } from './compose-certificate.ts';
import { cutOff } from './compose-end.ts';
import { composePorts } from './compose-ports.ts';
import { composeRoutes, type RoutesInUse } from './compose-routes.ts';
import { composeSessions, mostSessions, openTimeline } from './compose-sessions.ts';
import { placeOf, urlOf } from './compose-listen.ts';
import { recordingSeal } from './config/recording-seal.ts';
import type { Settings } from './config/settings.ts';
import { systemClock } from './exchange/clock.ts';
import { makeListener } from './gateway/app.ts';
import { outletsWith } from './gateway/outlet.ts';
import { makeRecorder } from './gateway/recorder.ts';
import type { Parts } from './gateway/parts.ts';
import { legacyBackend } from './legacy/backend.ts';
import { openCgi } from './legacy/cgi-open.ts';
import { passThrough } from './legacy/pass-through.ts';
import { upgradeTo } from './legacy/upgrade.ts';
import { openTransports } from './legacy/transports.ts';
import { makeHabits } from './telemetry/habits.ts';
import type { Log } from './telemetry/log.ts';
import { makeMetrics, type Metrics } from './telemetry/metrics.ts';
import { fleetTimeline } from './telemetry/fleet.ts';
import { sparingly } from './telemetry/sparing.ts';
import { makeTimeline } from './telemetry/timeline.ts';
import type { Insight } from './workers/insight.ts';

/** What serves visitors: one gateway, or several processes that stand for one. */
export interface Running {
  /** `http://host:port` of the visitors' and of the admin listener. */
  readonly url: string;
  readonly adminUrl: string;
  /** The door for another routes.yaml. */
  readonly routes: Pick<RoutesInUse, 'offer' | 'lose'>;
  /** How long requests under way may take, once it is told to end. */
  drainMs(): number;
  /**
   * Lets requests under way finish, then ends everything that was started, in reverse order. What is left after `drain`,
   * or once `now` is aborted, is cut; gives back how many requests were. The process is to end then: it holds their turns.
   */
  close(now?: AbortSignal): Promise<number>;
}

/** A gateway that runs in this process. */
export interface Gateway extends Running {
  readonly routes: RoutesInUse;
  /** What it can tell of itself. */
  readonly insight: Insight;
}

/** What the command line may say instead of the file. */
export type Instead = Partial<Pick<Settings, 'listen' | 'admin'> & { legacy: string }> & {
  /** Whether it is one of several: then whoever started it has the admin listener. */
  readonly isWorker?: boolean;
  /** Sockets that are listening already, as file descriptors. */
  readonly sockets?: { readonly visitors: number | null; readonly admin: number | null };
};

/** Starts a gateway: settings in, running gateway out. The only place that knows every adapter. */
export async function compose(
  settings: Settings,
  instead: Instead,
  log: Log,
  version: string,
): Promise<Gateway> {
  const clock = systemClock;
  const { listen, admin: adminAt } = { ...settings, ...instead };
  const transports = openTransports({
    clock,
    processes: settings.workers,
    insteadOfLegacy: instead.legacy ?? null,
    runCgi: (cgi) =>
      openCgi(cgi, clock, {
        said: ({ exchange, script, line }) => log.warn(line, { request: exchange, script }),
        log: (message) => log.info(message, { scripts: cgi.scriptsFolder }),
      }),
    waited: (upstream, milliseconds) => metrics.waitedForPlace(upstream, milliseconds),
  });
  const gateway = `${hostname()}:${process.pid}`;
  const store = settings.session === null ? null : openTimeline(settings.session, gateway, log);
  const sessions =
    settings.session === null
      ? null
      : await composeSessions(settings.session, store, {
          onLost: (locks) => metrics.locksLost(locks),
          onDoubt: (doubt) => log.warn(doubt),
          onChosen: (kind, why) => log.info('session locks', { kind, why }),
        });
  const turnstile = sessions?.parts.turnstile ?? null;
  const timeline = fleetTimeline(makeTimeline({ mostSessions, mostEntries: 50, gateway, clock }), store);
  const habits = makeHabits();
  const metrics: Metrics = makeMetrics(
    {
      locksHeld: () => turnstile?.held ?? 0,
      lockWaiters: () => turnstile?.waiting ?? 0,
      socketsOpen: () => listener.upgrades.open(),
      upstreams: () => transports.loads(),
    },
    version,
  );
  const ports = composePorts(settings, metrics, log);
  const routes = await composeRoutes(settings, {
    metrics,
    log,
    clock,
    prepare: ({ table, legacy, upstreams }) => {
      transports.limit([legacy, ...upstreams]);
      ports.serve(table);
    },
  });
  const outletTo = outletsWith({
    clock,
    mostSpooledBytes: () => routes.current().mostSpooledBytes,
    spooled: (bytes) => metrics.answerSpooled(bytes),
    notSpooled: (reason) =>
      log.warn('an answer has no file to wait in for its client; its side waits', { reason: String(reason) }),
  });
  const recorder = makeRecorder({
    clock,
    cookieName: settings.session?.cookie ?? null,
    seal: recordingSeal(settings),
  });
  const writeExchange = sparingly(log, clock);
  const parts: Parts = {
    table: () => routes.current().table,
    limits: () => routes.current(),
    sessions: sessions?.parts ?? null,
    legacy: legacyBackend(transports.to, clock),
    port: ports.backend,
    passThrough: passThrough(transports.to, clock, outletTo),
    outletTo,
    recorder,
    upgrade: upgradeTo(instead.legacy ?? null, clock),
    clock,
    newId: idMaker(),
    record: (record) => {
      metrics.record(record);
      timeline.record(record);
      writeExchange(record);
      const advice = habits.record(record);
      if (advice !== null)
        log.warn(`${advice.message}; ${advice.help}`, { advice: advice.code, ...advice.habit });
    },
  };

  const certificate =
    settings.tls === null ? null : await composeCertificate(settings.tls, metrics, log, clock);
  const listener = makeListener(parts, instead.legacy ?? settings.legacy.origin, certificate?.first ?? null);
  const forgetCertificate = certificate?.follow(listener.renew);
  const { app } = listener;
  let isEnding = false;
  const notReady = (): Promise<string | null> => sessions?.notReady() ?? Promise.resolve(null);
  await ports.ready();
  await app.listen(placeOf(listen, instead.sockets?.visitors ?? null));
  const admin =
    instead.isWorker === true
      ? null
      : await openAdmin(adminAt, instead.sockets?.admin ?? null, {
          metrics: () => metrics.page(),
          notReady,
          workers: null,
          isEnding: () => isEnding,
          config: async () => routes.status(),
          ports: async () => ports.status(),
          record: async (order) => recorder.take(order),
          adminToken: () => routes.current().adminToken,
          advice: async () => habits.advice(),
          sessions: (by) => timeline.list(by),
          session: (idOrLabel) => timeline.find(idOrLabel),
        });

  return {
    url: urlOf(app, settings.tls === null ? 'http' : 'https'),
    adminUrl: admin?.url ?? '',
    routes,
    drainMs: () => routes.current().drainMs,
    insight: {
      familyNames: async () => metrics.names(),
      family: (name) => metrics.family(name),
      notReady,
      config: async () => routes.status(),
      ports: async () => ports.status(),
      record: async (order) => recorder.take(order),
      habits: async () => habits.seen(),
      sessions: async (by) => ({ list: await timeline.list(by), waits: timeline.waits() }),
      session: (idOrLabel) => timeline.find(idOrLabel),
    },
    close: async (now) => {
      isEnding = true;
      forgetCertificate?.();
      const late = AbortSignal.timeout(routes.current().drainMs);
      const left = await listener.visits.drain(now === undefined ? late : AbortSignal.any([now, late]));
      if (left.length > 0) {
        const idPlaces = sessions?.parts.idPlaces ?? null;
        // Only a host that is dead can be trusted not to commit any more, once our locks are gone with us.
        const endWork = async (): Promise<void> =>
          void (await Promise.all([ports.kill(), transports.close()]));
        await cutOff(left, { log, newId: parts.newId, idPlaces, endWork });
        return left.length;
      }
      app.server.closeAllConnections();
      await app.close();
      await admin?.close();
      await ports.retire();
      await sessions?.close();
      await store?.close();
      await transports.close();
      return 0;
    },
  };
}

/** Ids that sort by time within one gateway and are never given twice. */
function idMaker(): () => string {
  const start = `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}
