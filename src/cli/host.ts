import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { portSessions } from '../compose-sessions.ts';
import { Problem } from '../errors.ts';
import { loadPort, noteModules } from '../porting/load.ts';
import { lostPromisesCostTheirRequest } from '../porting/lost-promises.ts';
import { makePortServer, type PortServer } from '../porting/port-server.ts';
import type { Route } from '../routing/route.ts';
import type { Table } from '../routing/table.ts';
import { makeLog, type Log } from '../telemetry/log.ts';
import { exitCodes, Failure } from './failure.ts';
import { listenAt, parsePlace, placeIn } from './host-place.ts';
import { settingsFor } from './load.ts';
import { note } from './print.ts';

/** What the command line says of a port host. */
export interface HostOptions {
  readonly listen?: string;
  /** A pino level; `info` where it is not said. */
  readonly log?: string;
}

/**
 * Runs the ports of a routes.yaml for gateways elsewhere, until SIGTERM or SIGINT. Which file serves a route is said by
 * this routes.yaml, whatever the gateway says: who can reach us must not be able to have us run just any file.
 */
export async function host(file: string, options: HostOptions): Promise<void> {
  const asked = options.listen === undefined ? null : parsePlace(options.listen);
  const { session, ports, table, drainMs } = await settingsFor(file, { mustRun: true });
  if (session === null)
    throw new Failure(
      exitCodes.findings,
      `${file} has no "session", and so does not say which database the ports work with`,
      'add "session: { store: mysql://… }"',
    );
  const place = asked ?? placeIn(ports);
  if (place === null)
    throw new Failure(exitCodes.usage, 'it is not said where to listen', 'add --listen unix:/run/ports.sock');
  const log = makeLog(options.log ?? 'info');
  lostPromisesCostTheirRequest();
  const portServer = makePortServer(
    portSessions(session, ports.database),
    ({ errand }) => fileOf(errand.route, table),
    ({ level, message, fields }) => log[level](message, { ...fields, from: 'port' }),
  );
  endOnSignal(portServer, drainMs, log);
  noteModules(() => undefined); // for what ports import as `banyan`
  const broken = await loadAll(table.routes, log);
  const where = await listenAt(portServer.server, place);
  const isOpen = !where.startsWith('unix:') && !/^http:\/\/(?:127\.|\[::1\])/.test(where);
  if (isOpen) log.warn('whoever reaches this address can act as any session', { where });
  log.info('listening', { where, broken });
  note(`banyan: ${file}: ports are served at ${where}${broken === 0 ? '' : `, ${broken} of them broken`}\n`);
}

function fileOf(name: string, { routes }: Table): string {
  const port = routes.find((route) => route.name === name)?.port ?? null;
  if (port !== null) return port;
  throw new Problem('PORT_MISSING', `this host knows no route of the name ${JSON.stringify(name)}`);
}

/** Loads the ports of all routes that have any, and says which cannot be loaded: legacy answers for them. */
async function loadAll(routes: readonly Route[], log: Log): Promise<number> {
  let broken = 0;
  for (const { name, port, target } of routes) {
    if (port === null || target.stage === 'legacy' || target.stage === 'retired') continue;
    await loadPort(port).catch((problem: Problem) => {
      broken++;
      log.error('a port cannot be loaded', { route: name, reason: problem.message });
    });
  }
  return broken;
}

/** At the first signal finishes what is under way, and exits; at the second, or when `drain` is over, cuts it off. */
function endOnSignal({ server, lateWork }: PortServer, drainMs: number, log: Log): void {
  const finish = lastRequestsOf(server);
  let isEnding = false;
  const cutOff = (): void => process.exit(exitCodes.timedOut);
  const end = (signal: string): void => {
    log.info('ending', { signal, ...(isEnding ? { now: true } : { drainMs }) });
    if (isEnding) return cutOff();
    isEnding = true;
    setTimeout(cutOff, drainMs);
    void finish()
      .then(lateWork)
      .then(() => process.exit(exitCodes.ok));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

/**
 * What stops a server from listening, and resolves when its requests are answered. A connection that is kept may bring one
 * more, which is answered too. Node's own close() would cut answers that are not all sent yet.
 */
function lastRequestsOf(server: Server): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  const done = Promise.withResolvers<void>();
  let isEnding = false;
  const look = (): void => {
    if (isEnding && underWay.size === 0) done.resolve();
  };
  server.prependListener('request', (_, response) => {
    if (isEnding) response.shouldKeepAlive = false;
    underWay.add(response);
    response.once('close', () => {
      underWay.delete(response);
      look();
    });
  });
  return () => {
    isEnding = true;
    NetServer.prototype.close.call(server);
    for (const response of underWay) response.shouldKeepAlive = false;
    look();
    return done.promise;
  };
}
