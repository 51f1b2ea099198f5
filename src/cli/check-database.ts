import { styleText } from 'node:util';
import { connectionOptions, sessionTable } from '../compose-places.ts';
import type { SessionSettings, Settings } from '../config/settings.ts';
import { probeFolder } from '../files/probe.ts';
import { probeDatabase, probePortTables, unreachable } from '../mysql/probe.ts';
import { codecCalled, codecNamed } from '../perl/formats.ts';
import { mostConnections } from '../porting/host-pool.ts';
import type { ProbeFinding } from '../session/probe.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { harmless } from './print.ts';
import { writtenByPorts } from './written-by-ports.ts';

/** What was found where the sessions are. */
export interface DatabaseCheck {
  /** Where that is, without its password. */
  readonly place: string;
  readonly findings: readonly ProbeFinding[];
}

/** Connections of a gateway's own: 8 to look at sessions, 2 for turns of others, and one each for turns, presence and timeline. */
const gatewayConnections = 13;

/** Looks at the store of the sessions. Null where the file has no session map. */
export async function checkDatabase(settings: Settings): Promise<DatabaseCheck | null> {
  const { session } = settings;
  if (session === null) return null;
  return { mysql: checkTable, file: checkFolder }[session.store.kind](session, settings);
}

async function checkTable(session: SessionSettings, settings: Settings): Promise<DatabaseCheck> {
  const { store, format, serializer, lock, keepMs } = session;
  if (store.kind !== 'mysql') throw new RangeError('not a table');
  const hasPorts = settings.table.routes.some((route) => route.port !== null);
  const where = sessionTable(format, store);
  const findings = await probeDatabase(connectionOptions(store), where, {
    codec: codecNamed(serializer),
    lockKind: lock,
    keepsTimeline: keepMs !== null,
    hasPorts,
    writes: await writtenByPorts(settings.table.routes),
    connections: gatewayConnections + (hasPorts ? settings.ports.hosts * mostConnections : 0),
  });
  const { host, tcpPort, socketPath, database } = store;
  return { place: `table ${where.table} of ${database} at ${socketPath ?? `${host}:${tcpPort}`}`, findings };
}

async function checkFolder(
  { store, format, serializer }: SessionSettings,
  { ports, table }: Settings,
): Promise<DatabaseCheck> {
  if (store.kind !== 'file') throw new RangeError('not a folder');
  const { directory, fileName, lockDirectory } = store;
  const findings = await probeFolder({ format, directory, fileName, lockDirectory }, codecCalled(serializer));
  const ofTables =
    ports.database === null
      ? []
      : await probePortTables(connectionOptions(ports.database), await writtenByPorts(table.routes));
  return { place: `folder ${directory}`, findings: [...findings, ...ofTables] };
}

/** Exit code of what was found: 3 where nothing could be asked, 1 with errors. */
export function exitCodeOf({ findings }: DatabaseCheck): ExitCode {
  if (findings.some(({ code }) => code === unreachable)) return exitCodes.unreachable;
  return findings.some(({ severity }) => severity === 'error') ? exitCodes.findings : exitCodes.ok;
}

/** What was found, a line each; what is well first said and then done with. */
export function printDatabaseCheck({ place, findings }: DatabaseCheck): string {
  const stream = process.stdout;
  const lines = findings.map(({ severity, code, message, help }) => {
    const what = harmless(message);
    if (severity === 'ok') return `${styleText('green', '✔', { stream })} ${what}\n`;
    const [style, mark] = severity === 'error' ? (['red', '✖'] as const) : (['yellow', '▲'] as const);
    const advice = help === null ? '' : `    = ${styleText('cyan', 'help:', { stream })} ${harmless(help)}\n`;
    return `${styleText(style, `${mark} ${severity}:`, { stream })} ${what} [${code}]\n${advice}`;
  });
  const count = (word: string): string => {
    const found = findings.filter(({ severity }) => severity === word).length;
    return `${found} ${word}${found === 1 ? '' : 's'}`;
  };
  return `\n${styleText('bold', place, { stream })}\n${lines.join('')}${place}: ${count('error')}, ${count('warning')}\n`;
}
