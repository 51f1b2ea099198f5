import { dirname, resolve } from 'node:path';
import { noPlan } from '../routing/plan.ts';
import type { Upstream } from '../routing/route.ts';
import { makeTable } from '../routing/table.ts';
import { reportDamage } from './damage.ts';
import { type Desk, openDesk, type Purpose } from './desk.ts';
import { type Disk, largestBytes, realDisk } from './disk.ts';
import { type Section, readSection } from './fields.ts';
import { type Finding, hasErrors } from './findings.ts';
import { readClients } from './read-clients.ts';
import * as front from './read-front.ts';
import * as parts from './read-parts.ts';
import { readPorts } from './read-ports.ts';
import { readDefaults, usualTimeoutMs } from './read-route-settings.ts';
import { readRoutes } from './read-routes.ts';
import { readSessionSettings } from './read-session.ts';
import { readLegacy, readUpstreams } from './read-upstreams.ts';
import type { Settings } from './settings.ts';
import { readYaml } from './yaml.ts';

/** What became of a text: settings, or null when there are errors. Warnings can come with either. */
export interface Reading {
  readonly settings: Settings | null;
  readonly findings: readonly Finding[];
}

/** How strictly to read. */
export interface ReadOptions extends Purpose {
  /** Whether a text without a final newline is an error: on a reload, where the file may be caught half written. */
  readonly mustBeComplete?: boolean;
  /** Where port files are looked for; the real disk unless a test says otherwise. */
  readonly disk?: Disk;
}

/**
 * Reads the text of routes.yaml and says everything that is wrong with it at once. Does not throw.
 * `file` is the name for messages; relative paths in the text start in its folder. `revision` becomes the table's.
 */
export function readSettings(
  file: string,
  text: string,
  env: Record<string, string | undefined>,
  revision: number,
  options: ReadOptions = {},
): Reading {
  if (Buffer.byteLength(text) > largestBytes) {
    const desk = openDesk(file, text.slice(0, 1000), env);
    desk.error('too-large', { from: 0, to: 1 }, 'the file is larger than 1 MB', 'is it the right file?');
    return { settings: null, findings: desk.conclude() };
  }
  const desk = openDesk(file, text, env, options);
  if (reportDamage(desk)) return { settings: null, findings: desk.conclude() };
  const root = readYaml(desk);
  const section = root === null ? null : readSection(desk, root, 'file', '', { from: 0, to: 1 });
  const settings = section === null ? null : readAll(desk, section, revision, options.disk ?? realDisk);
  checkEnd(desk, options.mustBeComplete ?? false);
  const findings = desk.conclude();
  return { settings: hasErrors(findings) ? null : settings, findings };
}

/** What stands in for a legacy that could not be read, so that the rest is read to its end. */
const nowhere: Upstream = {
  name: 'legacy',
  origin: 'http://legacy.invalid',
  limits: { atOnce: 1, queue: 0, waitMs: 0 },
};

function readAll(desk: Desk, file: Section, revision: number, disk: Disk): Settings | null {
  const settingsDirectory = dirname(resolve(desk.file));
  parts.checkVersion(desk, file);
  const listen = parts.readListen(desk, file);
  const workers = front.readWorkers(desk, file);
  const tls = front.readTls(desk, file, settingsDirectory);
  const trust = front.readTrust(desk, file);
  const admin = parts.readAdmin(desk, file);
  const readOfLegacy = readLegacy(desk, file, { settingsDirectory, disk });
  const legacy = readOfLegacy ?? { upstream: nowhere, timeoutMs: null };
  const upstreams = readUpstreams(desk, file, { settingsDirectory, disk });
  const ports = readPorts(desk, file, settingsDirectory);
  const maxBodyBytes = parts.readMaxBody(desk, file);
  const mostSpooledBytes = parts.readMaxSpool(desk, file);
  const mostSockets = front.readMostSockets(desk, file);
  const drainMs = front.readDrain(desk, file);
  const clients = readClients(desk, file);
  const session = readSessionSettings(
    desk,
    file,
    [legacy, ...upstreams].map(({ upstream }) => upstream.origin),
  );
  if (workers !== null && session !== null) front.doubtWorkers(desk, file, workers, session);
  const hasSession = file.fields.has('session');
  const around = { hasSession, legacy, upstreams };
  const defaults = readDefaults(desk, file, around, {
    session: hasSession ? 'write' : 'none',
    timeoutMs: null,
    upstream: legacy,
    sticky: { by: 'session' },
    only: [],
    fallback: 'legacy',
    effects: 'refused',
    plan: noPlan,
  });
  const place = {
    settingsDirectory,
    portsDirectory: ports?.directory ?? settingsDirectory,
    areElsewhere: ports !== null && ports.url !== null,
    disk,
  };
  const base = parts.readBase(desk, file);
  const pair = file.fields.get('routes');
  if (pair === undefined)
    desk.error('missing-key', file.at, '"routes" is missing', 'add "routes:" and below it "/**: legacy"');
  const routes = pair === undefined ? [] : readRoutes(desk, pair.value, { ...around, base, defaults, place });
  if (listen === null || workers === null || admin === null || readOfLegacy === null || ports === null)
    return null;
  if (maxBodyBytes === null || mostSpooledBytes === null || mostSockets === null || drainMs === null)
    return null;
  if (clients === null || hasErrors(desk.findings)) return null;
  const table = makeTable({
    revision,
    routes,
    upstream: legacy.upstream,
    restSession: defaults.session,
    restTimeoutMs: defaults.timeoutMs ?? usualTimeoutMs,
  });
  return Object.freeze({
    file: desk.file,
    text: desk.text,
    listen,
    workers,
    tls,
    trust,
    admin: admin.address,
    adminToken: admin.token,
    legacy: legacy.upstream,
    upstreams: upstreams.map(({ upstream }) => upstream),
    maxBodyBytes,
    mostSpooledBytes,
    mostSockets,
    clients,
    drainMs,
    ports,
    session,
    table,
  });
}

/** Editors end a file with a newline; a file that is still being written does not have it yet. */
function checkEnd(desk: Desk, mustBeComplete: boolean): void {
  if (desk.text === '' || desk.text.endsWith('\n')) return;
  const span = { from: desk.text.length - 1, to: desk.text.length };
  const message = 'the file does not end with a newline; it may be half written';
  if (mustBeComplete) desk.error('cut-off', span, message, 'add a newline at the end');
  else
    desk.warn(
      'cut-off',
      span,
      message,
      'add a newline at the end; a running gateway takes the file only with it',
    );
}
