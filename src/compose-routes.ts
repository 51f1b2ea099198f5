import type { Occasion } from './config/complete.ts';
import { makeFinding } from './config/findings.ts';
import { revisionOf } from './config/journal-file.ts';
import { makeReloads, type Offered, type Refusal, type Reloads, type Taken } from './config/reload.ts';
import { readAside } from './config/reload-read.ts';
import type { Settings } from './config/settings.ts';
import { inSlices } from './config/slices.ts';
import { textHash } from './config/text-hash.ts';
import type { ConfigStatus } from './control/api.ts';
import type { Clock } from './exchange/clock.ts';
import type { Route, Stage } from './routing/route.ts';
import type { Table } from './routing/table.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** The routes.yaml that runs. */
export interface RoutesInUse {
  current(): Settings;
  /** Takes over a new text whole, or not at all; log and metrics say which, and why. */
  offer(text: string, occasion: Occasion): Promise<Offered>;
  /** There is no file, or nobody can read it: what runs serves on. */
  lose(code: 'missing' | 'unreadable', reason: string): void;
  status(): ConfigStatus;
}

/** Who is told of routes. */
export interface RoutesParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** Makes ready what a table needs besides. */
  readonly prepare: (next: Settings) => void;
}

/** Takes the first routes into use, and knows how others take their place. */
export async function composeRoutes(first: Settings, parts: RoutesParts): Promise<RoutesInUse> {
  const { metrics, log, clock } = parts;
  const { file } = first;
  const prepare = async (next: Settings): Promise<void> => {
    parts.prepare(next);
    await inSlices(metrics.routes.declare(allOf(next.table)), clock);
  };
  const onTaken = async (taken: Taken): Promise<void> => {
    const { table } = taken.settings;
    const stages = countStages(table.routes);
    metrics.configTaken({ hash: taken.hash, stages, atSeconds: taken.atMs / 1000 });
    await inSlices(metrics.routes.show(allOf(table)), clock);
    logTaken(log, taken, stages);
  };
  const reloads = makeReloads(first, await revisionOf(file, textHash(first.text)), {
    clock,
    read: (text, revision) => readAside(file, text, revision, clock),
    // A verb that makes the file shorter has written it down in the journal first.
    isKnown: async (hash, running) => {
      const [next, now] = await Promise.all([revisionOf(file, hash), revisionOf(file, running)]);
      return next !== null && now !== null && next > now;
    },
    prepare,
    onTaken,
    onRefused: (refusal) => {
      metrics.configRefused(refusal.findings.filter(isError).map(({ code }) => code));
      logRefusal(log, file, refusal);
    },
    onRestored: () => {
      metrics.configRestored();
      log.info('routes.yaml is again the one that runs', { file, hash: reloads.taken().hash });
    },
  });
  await prepare(first);
  await onTaken({ settings: first, ...reloads.taken(), changes: [], tookMs: 0 });
  return {
    current: () => reloads.current(),
    offer: async (text, occasion) => {
      const offered = await reloads.offer(text, occasion);
      if (offered === 'wait')
        log.info('routes.yaml may lack its end; it is taken if it stays like this', { file });
      return offered;
    },
    lose: (code, reason) => reloads.refuse(lostFinding(file, code, reason)),
    status: () => statusOf(reloads),
  };
}

/** The routes of a table and what serves the rest; the latter first, for it is always told about. */
function allOf({ routes, rest }: Table): Route[] {
  return [...new Set([rest, ...routes])];
}

function countStages(routes: readonly Route[]): Record<Stage, number> {
  const stages: Record<Stage, number> = { legacy: 0, shadow: 0, split: 0, port: 0, retired: 0 };
  for (const { target } of routes) stages[target.stage]++;
  return stages;
}

/** What is said in one line of the log, or one answer of the admin listener, of what there may be thousands of. */
const mostChanges = 20;
const mostFindings = 100;

function logTaken(log: Log, taken: Taken, stages: Record<Stage, number>): void {
  const { settings, hash, rev, changes, tookMs } = taken;
  const more = changes.length - mostChanges;
  log.info('routes.yaml taken over', {
    file: settings.file,
    revision: settings.table.revision,
    hash,
    ...(rev === null ? {} : { rev }),
    routes: { total: settings.table.routes.length, ...stages },
    changes: more > 0 ? [...changes.slice(0, mostChanges), `and ${more} more`] : changes,
    tookMs: Math.round(tookMs),
  });
}

function logRefusal(log: Log, file: string, { hash, findings }: Refusal): void {
  const more = findings.length - mostFindings;
  log.error('routes.yaml was refused; the last good one serves on', {
    file,
    hash,
    findings: findings
      .slice(0, mostFindings)
      .map(({ line, column, code, message, help }) => ({ line, column, code, message, help })),
    ...(more > 0 ? { more } : {}),
  });
}

function statusOf(reloads: Reloads): ConfigStatus {
  const { hash, rev, atMs } = reloads.taken();
  const { revision, routes } = reloads.current().table;
  const refused = reloads.refused();
  return {
    revision,
    hash,
    rev,
    takenOverAt: new Date(atMs).toISOString(),
    routes: routes.length,
    refused:
      refused === null
        ? null
        : {
            hash: refused.hash,
            at: new Date(refused.atMs).toISOString(),
            findings: refused.findings.slice(0, mostFindings),
          },
  };
}

function isError({ severity }: Refusal['findings'][number]): boolean {
  return severity === 'error';
}

function lostFinding(file: string, code: string, message: string): Refusal['findings'][number] {
  const help = 'put it back; the last good one serves on';
  return makeFinding({ code, severity: 'error', message, help, file, line: 1, text: '', from: 0, length: 1 });
}
