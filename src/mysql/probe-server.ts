import { type LockChoice, lockKindFor } from './choose-lock.ts';
import { lockTable } from './fence.ts';
import { doubtful, type ProbeFinding, well, wrong } from '../session/probe.ts';
import type { ConnectionOptions } from 'mysql2/promise';
import type { Ask, DatabaseUse } from './probe-ask.ts';

/** What a server says of itself. */
export interface ServerFacts {
  /** What VERSION() gives. */
  readonly version: string;
  /** Global variables by their names. */
  readonly variables: Readonly<Record<string, string>>;
  /** The most connections that were open at once since it began. */
  readonly peakConnections: number;
  /** The lock that the gateway would choose. */
  readonly locks: LockChoice;
  readonly isReplica: boolean;
  /** Which of our tables are there. */
  readonly tables: readonly string[];
  /** What SHOW GRANTS says; empty where it may not be asked. */
  readonly grants: readonly string[];
  readonly database: string;
}

const timelineTable = 'banyan_timeline';
const variables = ['binlog_format', 'log_bin', 'max_connections', 'max_user_connections', 'wait_timeout'];

/** Looks at the server: what it is, and whether it can keep turns and serve ports. */
export async function probeServer(
  ask: Ask,
  options: ConnectionOptions,
  use: DatabaseUse,
): Promise<ProbeFinding[]> {
  return judgeServer(await factsOf(ask, await lockKindFor(options)), use);
}

async function factsOf(ask: Ask, locks: LockChoice): Promise<ServerFacts> {
  const marks = variables.map(() => '?').join();
  const rows = await ask(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${marks})`, variables);
  const [peak] = await ask("SHOW GLOBAL STATUS LIKE 'Max_used_connections'");
  const [server] = await ask('SELECT VERSION() AS version, DATABASE() AS name');
  const tables = await ask("SHOW TABLES LIKE 'banyan\\_%'");
  const nothing = (): Record<string, unknown>[] => [];
  const replica = await ask('SHOW SLAVE STATUS').catch(() => ask('SHOW REPLICA STATUS').catch(nothing));
  const grants = await ask('SHOW GRANTS').catch(nothing);
  return {
    version: String(server?.['version']),
    variables: Object.fromEntries(rows.map((row) => [row['Variable_name'], String(row['Value'])])),
    peakConnections: Number(peak?.['Value'] ?? 0),
    locks,
    isReplica: replica.length > 0,
    tables: tables.flatMap((row) => Object.values(row).map(String)),
    grants: grants.flatMap((row) => Object.values(row).map(String)),
    database: String(server?.['name']),
  };
}

/** Says what is well and what is not with a server. */
export function judgeServer(facts: ServerFacts, use: DatabaseUse): ProbeFinding[] {
  const [, number = facts.version] = /^([\d.]+)/.exec(facts.version) ?? [];
  const product = /mariadb/i.test(facts.version) ? 'MariaDB' : 'MySQL';
  return [
    well('server', `${product} ${number} answers`),
    ...judgeLocks(facts, use),
    ...(use.keepsTimeline ? judgeTable(facts, timelineTable, 'the timeline') : []),
    ...judgeReplication(facts, use),
    ...judgeConnections(facts, use),
  ];
}

function judgeLocks(facts: ServerFacts, use: DatabaseUse): ProbeFinding[] {
  const { kind, why } = facts.locks;
  if (kind === 'table' && use.lockKind === 'names') {
    const help = 'write "lock: { kind: table }" in the session map, or leave it to "auto"';
    return [wrong('no-named-locks', `turns cannot be named locks: ${why}`, help)];
  }
  if (kind === 'names' && use.lockKind !== 'table') return [well('locks', `turns are named locks: ${why}`)];
  const told = kind === 'table' ? `: ${why}` : '';
  return [
    well('locks', `turns are leases in the table ${lockTable}${told}`),
    ...judgeTable(facts, lockTable, 'the turns'),
  ];
}

/** A table that the gateway makes for itself. */
function judgeTable({ tables, grants, database }: ServerFacts, table: string, what: string): ProbeFinding[] {
  if (tables.includes(table)) return [well('own-table', `the table ${table} is there`)];
  const places = ['*.*', `\`${database}\`.*`, `\`${database.replaceAll('_', '\\_')}\`.*`];
  const mayCreate = grants.some((grant) => {
    const [, rights = '', place = ''] = /^GRANT (.+?) ON (\S+) TO /.exec(grant) ?? [];
    const words = rights.split(', ');
    return places.includes(place) && (words.includes('CREATE') || words.includes('ALL PRIVILEGES'));
  });
  if (mayCreate) return [well('own-table', `the table ${table} will be made`)];
  const help = `GRANT CREATE ON ${database}.* TO …, at least for the first start`;
  return [doubtful('no-create', `nothing shows that the table ${table} for ${what} can be made`, help)];
}

function judgeReplication({ variables, isReplica }: ServerFacts, use: DatabaseUse): ProbeFinding[] {
  const found: ProbeFinding[] = [];
  if (isReplica) {
    const message = 'this server copies another one: turns taken here exclude nobody who works there';
    found.push(doubtful('replica', message, 'name the server that the old scripts write to'));
  }
  if (variables['log_bin'] === 'ON' && variables['binlog_format'] === 'STATEMENT') {
    const message =
      'binlog_format is STATEMENT: ports run READ COMMITTED, whose writes the server then refuses (error 1665)';
    found.push((use.hasPorts ? wrong : doubtful)('binlog-statement', message, 'set it to MIXED or ROW'));
  }
  return found;
}

/** Below this many seconds a connection is ended that rests between two requests of a quiet night. */
const shortestRestSeconds = 10;

function judgeConnections({ variables, peakConnections }: ServerFacts, use: DatabaseUse): ProbeFinding[] {
  const found: ProbeFinding[] = [];
  const own = use.connections;
  const most = Number(variables['max_connections']);
  const numbers = `a gateway and its port hosts open up to ${own} of ${most} connections`;
  const help = 'raise max_connections, or run fewer port hosts';
  if (own + peakConnections > most) {
    const peak = `${peakConnections} were open at once since the server began`;
    found.push(doubtful('connections', `${numbers}, and ${peak}`, help));
  } else found.push(well('connections', numbers));
  const mostOfUser = Number(variables['max_user_connections'] ?? 0);
  if (mostOfUser > 0 && mostOfUser < own) {
    const message = `max_user_connections is ${mostOfUser}, and a gateway and its port hosts open up to ${own}`;
    found.push(doubtful('user-connections', message, 'raise it'));
  }
  const rest = Number(variables['wait_timeout']);
  if (rest < shortestRestSeconds) {
    const message = `wait_timeout is ${rest} s: connections are ended while they rest between requests`;
    found.push(doubtful('wait-timeout', message, `set it to ${shortestRestSeconds} s or more`));
  }
  return found;
}
