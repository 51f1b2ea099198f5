import { collectDefaultMetrics, Registry } from 'prom-client';
import { problemCodes } from '../errors.ts';
import type { ExchangeRecord } from '../record.ts';
import type { Stage } from '../routing/route.ts';
import { declareFamilies, type Families, type Gauges } from './families.ts';
import { writePage } from './page.ts';
import { makeRouteSeries, type RouteSeries, unturned } from './route-series.ts';
import { Tallies } from './tally.ts';

const sides = ['legacy', 'port'] as const;
const legacyProblems = problemCodes.filter((code) => code.startsWith('LEGACY_'));

/** What /metrics tells. Everything about requests is fed from records; nobody else counts. */
export interface Metrics {
  /** Counts one exchange. */
  record(record: ExchangeRecord): void;
  /** What there is of each route. */
  readonly routes: RouteSeries;
  /** A routes.yaml that was taken over. */
  configTaken(config: TakenConfig): void;
  /** A routes.yaml that was refused, by the codes of its errors. */
  configRefused(codes: readonly string[]): void;
  /** The file is again the one that runs, after another one was refused. */
  configRestored(): void;
  locksLost(count: number): void;
  /** A request had to wait for a place at an upstream. */
  waitedForPlace(upstream: string, milliseconds: number): void;
  /** So much of an answer waited in a file for its client. */
  answerSpooled(bytes: number): void;
  /** A certificate that was taken over, and until when it is good, or one that was refused. */
  certificate(result: 'renewed' | 'refused', untilSeconds: number | null): void;
  portHost(event: PortHostEvent): void;
  /** The page in Prometheus' text format, and its content type. */
  page(): Promise<{ text: string; contentType: string }>;
  /** The names of the metrics, and one of them with all its series, to be added up with those of others. */
  names(): string[];
  family(name: string): Promise<{ text: string; aggregator: string } | null>;
}

const portHostEvents = ['started', 'ended', 'stuck', 'grown', 'swapped', 'refused'] as const;

/** What happens to port hosts: `grown` is one that takes too much memory, `refused` a changed port that cannot be loaded. */
export type PortHostEvent = (typeof portHostEvents)[number];

/** What is told of a routes.yaml that runs. */
export interface TakenConfig {
  readonly hash: string;
  readonly stages: Readonly<Record<Stage, number>>;
  readonly atSeconds: number;
}

/** Makes the metrics of one gateway, in a registry of its own. */
export function makeMetrics(gauges: Gauges, version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const m = declareFamilies(registry, gauges);
  const tallies = new Tallies(m);
  m.build.set({ version, node: process.versions.node }, 1);
  declareCommon(m);
  const refusedFor = (codes: readonly string[]): void => {
    m.reloadOk.set(codes.length === 0 ? 1 : 0);
    m.configRefused.reset();
    for (const code of codes) m.configRefused.inc({ code });
  };
  return {
    record: (record) => {
      tallies.count(record);
      count(m, record);
    },
    routes: makeRouteSeries(m, registry, tallies),
    configTaken: ({ hash, stages, atSeconds }) => {
      m.reloads.inc({ result: 'success' });
      m.reloadedAt.set(atSeconds);
      m.configInfo.reset();
      m.configInfo.set({ hash }, 1);
      for (const [stage, count] of Object.entries(stages)) m.configRoutes.set({ stage }, count);
      refusedFor([]);
    },
    configRefused: (codes) => {
      m.reloads.inc({ result: 'refused' });
      refusedFor(codes);
    },
    configRestored: () => refusedFor([]),
    locksLost: (lost) => m.locksLost.inc(lost),
    waitedForPlace: (upstream, milliseconds) => m.upstreamWait.observe({ upstream }, milliseconds / 1000),
    answerSpooled: (bytes) => {
      m.spooled.inc();
      m.spooledBytes.inc(bytes);
    },
    certificate: (result, untilSeconds) => {
      m.certificates.inc({ result });
      if (untilSeconds !== null) m.certificateUntil.set(untilSeconds);
    },
    portHost: (event) => m.portHosts.inc({ event }),
    page: async () => ({ text: await writePage(registry), contentType: registry.contentType }),
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
    family: async (name) => {
      // Which its types do not say that it has.
      const metric = registry.getSingleMetric(name) as { readonly aggregator?: string } | undefined;
      if (metric === undefined) return null;
      return { text: await registry.getSingleMetricAsString(name), aggregator: metric.aggregator ?? 'sum' };
    },
  };
}

/** Everything is declared at 0 before it happens: a counter born at 1 is invisible to increase() (metrics.md 4.1). */
function declareCommon(m: Families): void {
  m.reloads.inc({ result: 'refused' }, 0);
  for (const event of portHostEvents) m.portHosts.inc({ event }, 0);
  for (const result of ['renewed', 'refused']) m.certificates.inc({ result }, 0);
  for (const code of problemCodes) m.problems.inc({ code }, 0);
  m.upstreamWait.zero({ upstream: 'legacy' });
  for (const kind of legacyProblems) m.upstreamErrors.inc({ upstream: 'legacy', kind }, 0);
  for (const scope of ['local', 'mysql']) m.lockWait.zero({ scope });
  for (const side of sides) {
    m.lockHold.zero({ side });
    for (const result of ['changed', 'touched', 'unchanged', 'removed', 'unseen'])
      m.sessionWrites.inc({ side, result }, 0);
  }
}

/** What is not counted of every request. */
function count(m: Families, record: ExchangeRecord): void {
  const { route, served: side, problem, fallback, turn } = record;
  if (fallback !== null) m.fallbacks.inc({ route, reason: fallback.code });
  if (problem !== null) m.problems.inc({ code: problem.code });
  if (record.wasUnread) m.unread.inc({ route });
  if (problem?.code === 'TURN_TIMEOUT' || problem?.code === 'TURN_QUEUE_FULL') {
    m.lockTimeouts.inc({ route });
    m.lockWait.observe({ scope: 'local' }, record.elapsedMs / 1000); // who gave up has waited the longest
  }
  if (problem?.code.startsWith('LEGACY_') === true) {
    m.upstreamErrors.inc({ upstream: record.upstream, kind: problem.code });
  }
  if (record.tunnel !== undefined) {
    m.socketBytes.inc({ route, from: 'client' }, record.tunnel.fromClientBytes);
    m.socketBytes.inc({ route, from: 'legacy' }, record.tunnel.fromLegacyBytes);
  }
  countSession(m, record);
  if (turn === null) return;
  m.lockWait.observe({ scope: 'local' }, turn.waitedLocalMs / 1000);
  m.lockWait.observe({ scope: 'mysql' }, turn.waitedDatabaseMs / 1000);
  m.lockHold.observe({ side }, turn.heldMs / 1000);
  if (turn.overlapped) m.overlaps.inc({ route });
  if (turn.seen === null) return;
  m.sessionWrites.inc({ side, result: turn.seen.wrote });
  const kind = turn.seen.outside?.kind ?? 'other_gateway';
  if (kind !== 'other_gateway') m.conflicts.inc({ route, kind });
}

/** What there is to count of sessions besides turns. */
function countSession(
  m: Families,
  { route, served, nested, followed, aside, problem }: ExchangeRecord,
): void {
  if (nested !== null) {
    const result = problem?.code === 'NESTED_REFUSED' ? 'refused' : 'joined';
    m.nested.inc({ route, by: nested.by, result });
  }
  if (followed !== null) m.followed.inc({ route, result: followed.notHad === null ? 'had' : 'not_had' });
  if (served === 'legacy' && aside !== null && unturned.includes(aside.wrote))
    m.unturned.inc({ route, kind: aside.wrote });
}
