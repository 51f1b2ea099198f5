import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** 1 ms to 10 s: errors below a third at p99 for ports of 4 ms and scripts of 1.4 s alike (metrics.md 4.1, measured). */
export const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10];

/** Every metric the gateway has, by the word it is known by in metrics.ts. */
export type Families = ReturnType<typeof declareFamilies>;

/** What is asked at each scrape. */
export interface Gauges {
  readonly locksHeld: () => number;
  readonly lockWaiters: () => number;
  readonly socketsOpen: () => number;
  /** Of each upstream that has been asked. */
  readonly upstreams: () => readonly UpstreamGauges[];
}

/** What an upstream has to do; several of one name are added up. */
export interface UpstreamGauges {
  readonly upstream: string;
  readonly running: number;
  readonly waiting: number;
  readonly places: number;
}

/** Declares the metrics in a registry: the one table of their names, sentences and labels. */
export function declareFamilies(registry: Registry, gauges: Gauges) {
  const registers = [registry];
  const counter = <L extends string>(name: string, labelNames: L[], help: string): Counter<L> =>
    new Counter({ name: `banyan_${name}_total`, help, labelNames, registers });
  // Workers are not added up in these: each says the same of the same file. What is open now in each is (`asked`).
  const gauge = <L extends string>(
    name: string,
    labelNames: L[],
    help: string,
    aggregator: 'max' | 'min' = 'max',
  ): Gauge<L> => new Gauge({ name: `banyan_${name}`, help, labelNames, registers, aggregator });
  const seconds = <L extends string>(name: string, labelNames: L[], help: string): Histogram<L> =>
    new Histogram({ name: `banyan_${name}_seconds`, help, labelNames, buckets, registers });
  const asked = (name: string, help: string, ask: () => number): Gauge =>
    new Gauge({ name: `banyan_${name}`, help, registers, collect: collectWith(ask) });

  const ofUpstreams = (name: string, help: string, what: Exclude<keyof UpstreamGauges, 'upstream'>): Gauge =>
    new Gauge({
      name: `banyan_${name}`,
      help,
      labelNames: ['upstream'],
      registers,
      collect(this: Gauge) {
        this.reset();
        for (const load of gauges.upstreams()) this.inc({ upstream: load.upstream }, load[what]);
      },
    });

  const run = ['route', 'side', 'role'] as ('route' | 'side' | 'role')[];
  return {
    build: gauge('build_info', ['version', 'node'], 'Version of the gateway and of Node'),
    requests: counter(
      'requests',
      ['route', 'side', 'code'],
      'Requests answered, by the side whose answer was sent',
    ),
    duration: seconds('request_duration', ['route', 'side'], 'Received to sent, wait for the turn included'),
    sideDuration: seconds(
      'side_duration',
      run,
      'Time a side took to answer, no wait for the turn: old against new',
    ),
    sideResults: counter('side_results', [...run, 'result'], 'Runs of one side'),
    unread: counter(
      'params_unread',
      ['route'],
      'Requests given to legacy because their body was too large to choose a route by its parameters',
    ),
    fallbacks: counter('fallbacks', ['route', 'reason'], 'The port failed before commit and legacy answered'),
    stage: gauge('route_stage', ['route'], '0 legacy, 1 shadow, 2 split, 3 port, 4 retired'),
    portRatio: gauge('route_port_ratio', ['route'], 'Share of sessions the port answers now'),
    info: gauge('route_info', ['route', 'session'], 'What is set for a route'),
    locksHeld: asked('session_locks_held', 'Turns held now', gauges.locksHeld),
    lockWaiters: asked('session_lock_waiters', 'Requests waiting for a turn now', gauges.lockWaiters),
    lockWait: seconds(
      'session_lock_wait',
      ['scope'],
      'Wait for a turn: in the queue here, and for other gateways',
    ),
    lockHold: seconds('session_lock_hold', ['side'], 'How long a turn was held'),
    lockTimeouts: counter(
      'session_lock_timeouts',
      ['route'],
      'Requests told 503 because their turn did not come',
    ),
    locksLost: counter('session_locks_lost', [], 'Turns lost with their database connection'),
    overlaps: counter(
      'session_overlaps',
      ['route'],
      'Requests that found their session busy: a race prevented',
    ),
    conflicts: counter(
      'session_conflicts',
      ['route', 'kind'],
      'Sessions found changed by somebody who held no turn, by the route that found it; must stay 0',
    ),
    nested: counter(
      'session_nested',
      ['route', 'by', 'result'],
      'Requests made from within another request of the same session, by how that was known',
    ),
    followed: counter(
      'session_followed',
      ['route', 'result'],
      'Answers that gave the visitor another session, and whether its turn was had at once',
    ),
    unturned: counter(
      'session_unturned_writes',
      ['route', 'kind'],
      'Sessions seen written by routes that say session: read or none; should stay 0',
    ),
    sessionWrites: counter('session_writes', ['side', 'result'], 'What turns did to their sessions'),
    upstreamErrors: counter(
      'upstream_errors',
      ['upstream', 'kind'],
      'Requests legacy did not answer properly',
    ),
    upstreamRequests: ofUpstreams('upstream_requests', 'Requests that legacy works on now', 'running'),
    upstreamWaiting: ofUpstreams(
      'upstream_waiting',
      'Requests that wait for a place at legacy now',
      'waiting',
    ),
    upstreamPlaces: ofUpstreams('upstream_places', 'Requests that legacy is given at once', 'places'),
    upstreamWait: seconds(
      'upstream_wait',
      ['upstream'],
      'Wait for a place at legacy, of requests that had to wait',
    ),
    problems: counter(
      'problems',
      ['code'],
      'Requests that were refused, failed or cut, by the code that docs/errors.md explains',
    ),
    portHosts: counter(
      'port_host_events',
      ['event'],
      'What happened to port hosts: starts, ends, loops, growth, new versions of ports',
    ),
    socketsOpen: asked('websockets_open', 'WebSockets open now', gauges.socketsOpen),
    socketBytes: counter(
      'websocket_bytes',
      ['route', 'from'],
      'Bytes that WebSockets carried, counted when they are closed',
    ),
    spooled: counter('answers_spooled', [], 'Answers that waited in a file for a slow client'),
    spooledBytes: counter('spooled_bytes', [], 'How much of answers waited in files for slow clients'),
    certificates: counter('certificate_reads', ['result'], 'Certificates that were taken over, or refused'),
    certificateUntil: gauge(
      'certificate_expiry_timestamp_seconds',
      [],
      'Until when the certificate of the gateway is good; 0 where it has none',
      'min',
    ),
    reloads: counter('config_reloads', ['result'], 'Times routes.yaml was read'),
    reloadOk: gauge(
      'config_last_reload_successful',
      [],
      'Whether routes.yaml was good when it was last read',
      'min',
    ),
    reloadedAt: gauge(
      'config_last_reload_success_timestamp_seconds',
      [],
      'When routes.yaml was last taken over',
    ),
    configInfo: gauge('config_info', ['hash'], 'The routes.yaml that runs: the beginning of its SHA-256'),
    configRoutes: gauge('config_routes', ['stage'], 'Routes in use, by how far they have moved'),
    configRefused: gauge(
      'config_refused',
      ['code'],
      'Errors of the routes.yaml that is refused now, by what is wrong; nothing where none is refused',
    ),
  };
}

function collectWith(ask: () => number): (this: Gauge) => void {
  return function collect() {
    this.set(ask());
  };
}
