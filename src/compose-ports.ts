import { connectionOptions, sessionTable } from './compose-places.ts';
import { portSessions } from './compose-sessions.ts';
import type { SessionSettings, Settings } from './config/settings.ts';
import type { PortsStatus } from './control/api.ts';
import { Problem } from './errors.ts';
import { systemClock } from './exchange/clock.ts';
import { untilRowIsFree } from './mysql/free-row.ts';
import { portBackend, type UntilOver } from './porting/backend.ts';
import { HostCrew } from './porting/host-crew.ts';
import { RemoteHost } from './porting/remote-host.ts';
import type { Backend } from './routing/backend.ts';
import type { Table } from './routing/table.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** What serves with ports. */
export interface PortSide {
  readonly backend: Backend;
  /** Makes ready the ports of a table: hosts are started when the first route has one. */
  serve(table: Table): void;
  /** Resolves when the first requests will find a host, or when it is clear that they will not: legacy serves then. */
  ready(): Promise<void>;
  status(): PortsStatus;
  /** Ends the hosts once they are done with what ports have left for after their commits. */
  retire(): Promise<void>;
  /** Ends the hosts at once: only what is dead can be trusted not to commit any more. */
  kill(): Promise<void>;
}

/** The port side of a gateway. A site that has no ports pays for none. */
export function composePorts(settings: Settings, metrics: Metrics, log: Log): PortSide {
  const { session } = settings;
  let side: Started | null = null;
  const backend: Backend = {
    side: 'port',
    get tellsOfSessions() {
      return side?.backend.tellsOfSessions ?? false;
    },
    handle: (exchange, route, lease, client) => {
      if (side !== null) return side.backend.handle(exchange, route, lease, client);
      const finished = Promise.resolve({ elapsedMs: 0, problem: null });
      const detail = 'ports need "session" in routes.yaml: it names their database';
      const problem = new Problem('PORT_HOST_DOWN', detail);
      return Promise.resolve({ kind: 'failed', side: 'port', problem, elapsedMs: 0, finished });
    },
  };
  return {
    backend,
    serve: ({ routes }) => {
      const inUse = routes.filter(({ target }) => target.stage !== 'legacy' && target.stage !== 'retired');
      const files = [...new Set(inUse.flatMap(({ port }) => port ?? []))];
      const isNeeded = routes.some(({ port }) => port !== null);
      if (side !== null) side.serve(files);
      else if (isNeeded && session !== null) side = start(settings, session, files, metrics, log);
    },
    ready: async () => {
      await side?.ready.catch((thrown: unknown) =>
        log.error('the port host did not start', { reason: String(thrown) }),
      );
    },
    status: () => side?.status() ?? { hosts: [], url: null, swaps: 0, broken: [], refused: [] },
    retire: async () => side?.retire(),
    kill: async () => side?.kill(),
  };
}

/** Hosts that were started, or that somebody else has. */
interface Started extends Omit<PortSide, 'serve' | 'ready'> {
  serve(files: readonly string[]): void;
  readonly ready: Promise<void>;
}

function start(
  settings: Settings,
  session: SessionSettings,
  files: readonly string[],
  metrics: Metrics,
  log: Log,
): Started {
  const { ports, workers } = settings;
  const untilOver = pendingIn(session);
  if (ports.url !== null) return elsewhere(ports.url, untilOver);
  const crew = new HostCrew(
    {
      settings: portSessions(session, ports.database),
      count: Math.max(1, Math.round(ports.hosts / workers)),
      mostMemoryBytes: ports.memoryBytes,
      stuckMs: ports.watchdogMs,
      clock: systemClock,
      onLine: ({ level, message, fields }) => log[level](message, { ...fields, from: 'port' }),
      onEvent: (event, detail) => {
        metrics.portHost(event);
        const isUsual = event === 'started' || event === 'swapped' || detail === 'exit code 0';
        log[isUsual ? 'info' : 'warn'](`port host ${event}`, { detail });
      },
    },
    files,
  );
  return {
    backend: portBackend(crew, systemClock, untilOver, tellsOf(session)),
    ready: crew.ready,
    serve: (next) => crew.serve(next),
    status: () => ({ ...crew.status(), url: null }),
    retire: () => crew.retire(),
    kill: () => crew.kill(),
  };
}

/**
 * Hosts are asked what they made of sessions where somebody wants to know. Of those that have a row for each key it is the
 * table that puts them in order: what was written is not, byte for byte, what will be found.
 */
function tellsOf({ trace, format }: SessionSettings): boolean {
  return trace !== 'off' && format !== 'rows';
}

/** Sessions in files are written by the host itself, which is dead: nothing is pending there. */
function pendingIn({ store, format }: SessionSettings): UntilOver {
  if (store.kind !== 'mysql') return () => Promise.resolve();
  const [options, table] = [connectionOptions(store), sessionTable(format, store)];
  return async (id) => (id === null ? undefined : untilRowIsFree(options, table, id));
}

function elsewhere(url: NonNullable<Settings['ports']['url']>, untilOver: UntilOver): Started {
  const host = new RemoteHost(url);
  const shown = 'origin' in url ? url.origin : `unix:${url.socketPath}`;
  return {
    backend: portBackend(host, systemClock, untilOver, false),
    ready: Promise.resolve(),
    serve: () => undefined,
    status: () => ({ hosts: [], url: shown, swaps: 0, broken: [], refused: [] }),
    retire: () => host.close(),
    kill: () => host.close(),
  };
}
