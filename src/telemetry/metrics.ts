import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ExchangeRecord } from '../record.ts';
import type { Route, Stage } from '../routing/route.ts';

/** 1 ms to 10 s: errors below a third at p99 for ports of 4 ms and scripts of 1.4 s alike (metrics.md 4.1, measured). */
const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10];
const stageNumbers: Record<Stage, number> = { legacy: 0, split: 2, port: 3 };
const sides = ['legacy', 'port'] as const;

/** What /metrics tells. Everything is fed from records; nobody else counts. */
export interface Metrics {
  /** Counts one exchange. */
  record(record: ExchangeRecord): void;
  /** Declares the routes of a new table at 0: a counter born at 1 is invisible to increase() (metrics.md 4.1). */
  routesLoaded(routes: readonly Route[], applied: boolean, atSeconds: number): void;
  /** A routes.yaml that was refused. */
  configRefused(): void;
  locksLost(count: number): void;
  portHost(event: 'started' | 'ended'): void;
  /** The page in Prometheus' text format, and its content type. */
  page(): Promise<{ text: string; contentType: string }>;
}

/** What is asked at each scrape. */
export interface Gauges {
  readonly locksHeld: () => number;
  readonly lockWaiters: () => number;
}

/** Makes the metrics of one gateway, in a registry of its own. */
export function makeMetrics(gauges: Gauges, version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const m = declare(registry, gauges, version);
  return {
    record: (record) => count(m, record),
    routesLoaded: (routes, applied, atSeconds) => {
      m.reloads.inc({ result: 'success' }, applied ? 1 : 0);
      m.reloadOk.set(1);
      m.reloadedAt.set(atSeconds);
      m.stage.reset();
      m.portRatio.reset();
      m.info.reset();
      for (const route of routes) declareRoute(m, route);
    },
    configRefused: () => {
      m.reloads.inc({ result: 'refused' });
      m.reloadOk.set(0);
    },
    locksLost: (lost) => m.locksLost.inc(lost),
    portHost: (event) => m.portHosts.inc({ event }),
    page: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}

type Families = ReturnType<typeof declare>;

function declare(registry: Registry, gauges: Gauges, version: string) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, ...labelNames: L[]): Histogram<L> =>
    new Histogram({ name, help, labelNames, buckets, registers });
  const asked = (name: string, help: string, ask: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(ask());
      },
    });

  asked('banyan_session_locks_held', 'Turns held now', gauges.locksHeld);
  asked('banyan_session_lock_waiters', 'Requests waiting for a turn now', gauges.lockWaiters);
  gauge('banyan_build_info', 'Version of the gateway and of Node', 'version', 'node').set(
    { version, node: process.versions.node },
    1,
  );
  return {
    requests: counter(
      'banyan_requests_total',
      'Requests answered, by the side whose answer was sent',
      'route',
      'side',
      'code',
    ),
    duration: histogram(
      'banyan_request_duration_seconds',
      'Received to sent, lock wait included',
      'route',
      'side',
    ),
    sideDuration: histogram(
      'banyan_side_duration_seconds',
      'Time one side took, no lock wait: old against new',
      'route',
      'side',
      'role',
    ),
    sideResults: counter('banyan_side_results_total', 'Runs of one side', 'route', 'side', 'role', 'result'),
    fallbacks: counter(
      'banyan_fallbacks_total',
      'The port failed before commit and legacy answered',
      'route',
      'reason',
    ),
    stage: gauge('banyan_route_stage', '0 legacy, 1 shadow, 2 split, 3 port, 4 retired', 'route'),
    portRatio: gauge('banyan_route_port_ratio', 'Share of sessions the port answers now', 'route'),
    info: gauge('banyan_route_info', 'What is set for a route', 'route', 'session'),
    lockWait: histogram(
      'banyan_session_lock_wait_seconds',
      'Wait for a turn: in the queue here, and for other gateways',
      'scope',
    ),
    lockHold: histogram('banyan_session_lock_hold_seconds', 'How long a turn was held', 'side'),
    lockTimeouts: counter(
      'banyan_session_lock_timeouts_total',
      'Requests told 503 because their turn did not come',
      'route',
    ),
    locksLost: counter('banyan_session_locks_lost_total', 'Turns lost with their database connection'),
    overlaps: counter(
      'banyan_session_overlaps_total',
      'Requests that found their session busy: a race prevented',
      'route',
    ),
    upstreamErrors: counter(
      'banyan_upstream_errors_total',
      'Requests legacy did not answer properly',
      'upstream',
      'kind',
    ),
    portHosts: counter('banyan_port_host_events_total', 'Starts and ends of port hosts', 'event'),
    reloads: counter('banyan_config_reloads_total', 'Times routes.yaml was read', 'result'),
    reloadOk: gauge(
      'banyan_config_last_reload_successful',
      'Whether routes.yaml was good when it was last read',
    ),
    reloadedAt: gauge(
      'banyan_config_last_reload_success_timestamp_seconds',
      'When routes.yaml was last taken over',
    ),
  };
}

function declareRoute(m: Families, route: Route): void {
  const labels = { route: route.name };
  m.stage.set(labels, stageNumbers[route.target.stage]);
  m.portRatio.set(labels, route.target.portPercent / 100);
  m.info.set({ ...labels, session: route.session }, 1);
  m.lockTimeouts.inc(labels, 0);
  m.overlaps.inc(labels, 0);
  if (route.port !== null) m.fallbacks.inc({ ...labels, reason: 'PORT_FAILED' }, 0);
  for (const side of sides) {
    if (side === 'port' && route.port === null) continue;
    m.requests.inc({ ...labels, side, code: '200' }, 0);
    m.duration.zero({ ...labels, side });
    m.sideDuration.zero({ ...labels, side, role: 'serve' });
    for (const result of ['ok', 'server_error', 'exception']) {
      m.sideResults.inc({ ...labels, side, role: 'serve', result }, 0);
    }
  }
}

function count(m: Families, record: ExchangeRecord): void {
  const { route, served: side, problem, fallback, turn } = record;
  m.requests.inc({ route, side, code: String(record.status) });
  m.duration.observe({ route, side }, record.elapsedMs / 1000);
  for (const run of record.sides) {
    m.sideDuration.observe({ route, side: run.side, role: 'serve' }, run.elapsedMs / 1000);
    m.sideResults.inc({ route, side: run.side, role: 'serve', result: run.result });
  }
  if (fallback !== null) m.fallbacks.inc({ route, reason: fallback.code });
  if (problem?.code === 'TURN_TIMEOUT' || problem?.code === 'TURN_QUEUE_FULL') m.lockTimeouts.inc({ route });
  if (problem?.code.startsWith('LEGACY_') === true)
    m.upstreamErrors.inc({ upstream: 'legacy', kind: problem.code });
  if (turn === null) return;
  m.lockWait.observe({ scope: 'local' }, turn.waitedLocalMs / 1000);
  m.lockWait.observe({ scope: 'mysql' }, turn.waitedDatabaseMs / 1000);
  m.lockHold.observe({ side }, turn.heldMs / 1000);
  if (turn.overlapped) m.overlaps.inc({ route });
}
