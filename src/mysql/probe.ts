import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import { doubtful, type ProbeFinding, wrong } from '../session/probe.ts';
import { type Ask, askOn, codeOf, type DatabaseUse } from './probe-ask.ts';
import { probeWrites, type RouteWrites } from './probe-engines.ts';
import { probeRows } from './probe-rows.ts';
import { probeServer } from './probe-server.ts';
import { probeTable } from './probe-table.ts';
import type { SessionTable } from './session-table.ts';

/** The code of the one finding that says that nothing could be looked at, and that another moment may be better. */
export const unreachable = 'database-unreachable';

/**
 * Looks at everything in a database that sessions depend on, and changes nothing. Never rejects: what cannot be looked
 * at is a finding, too.
 */
export async function probeDatabase(
  options: ConnectionOptions,
  table: SessionTable,
  use: DatabaseUse,
): Promise<ProbeFinding[]> {
  return connected(options, async (ask) => {
    const server = await guarded('the server', () => probeServer(ask, options, use));
    const ofTable = await guarded('the table', () => probeTable(ask, table, use));
    const hasRows = !ofTable.some(({ severity, code }) => severity === 'error' && code.startsWith('no-'));
    const ofRows = hasRows ? await guarded('the rows', () => probeRows(ask, table, use.codec)) : [];
    return [...server, ...ofTable, ...ofRows];
  });
}

/** Looks at the tables that ports write in a database that holds no sessions. Never rejects. */
export async function probePortTables(
  options: ConnectionOptions,
  writes: readonly RouteWrites[],
): Promise<ProbeFinding[]> {
  return connected(options, (ask) => guarded('what ports write', () => probeWrites(ask, writes)));
}

async function connected(
  options: ConnectionOptions,
  look: (ask: Ask) => Promise<ProbeFinding[]>,
): Promise<ProbeFinding[]> {
  let connection: Connection;
  try {
    connection = await mysql.createConnection({ ...options, connectTimeout: 3_000 });
  } catch (thrown) {
    return [notConnected(thrown, options)];
  }
  connection.on('error', () => undefined); // the next question finds out
  try {
    return await look(await askOn(connection));
  } finally {
    connection.destroy();
  }
}

/** What goes wrong in one look does not keep us from the next. */
async function guarded(what: string, look: () => Promise<ProbeFinding[]>): Promise<ProbeFinding[]> {
  try {
    return await look();
  } catch (thrown) {
    return [doubtful('not-seen', `${what} could not be looked at: ${codeOf(thrown)}`, reasonOf(thrown))];
  }
}

function notConnected(thrown: unknown, options: ConnectionOptions): ProbeFinding {
  const { host, port, socketPath, user, database } = options;
  const where = socketPath ?? `${host}:${port}`;
  const code = codeOf(thrown);
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR': {
      const help = `check the user and the password; try: mysql -u ${user} -p ${database}`;
      return wrong('access-denied', `${where} does not let "${user}" in`, help);
    }
    case 'ER_DBACCESS_DENIED_ERROR': {
      const help = `GRANT SELECT, INSERT, UPDATE, DELETE ON ${database}.* TO '${user}'@…`;
      return wrong(
        'access-denied',
        `"${user}" may not use the database "${database}", if there is one`,
        help,
      );
    }
    case 'ER_BAD_DB_ERROR':
      return wrong(
        'unknown-database',
        `${where} has no database "${database}"`,
        'is it the server of the old scripts?',
      );
    case 'ER_CON_COUNT_ERROR':
      return wrong(unreachable, `${where} has no connection free`, 'raise max_connections');
    default: {
      const help = 'does it run, and is that where the old scripts find it?';
      return wrong(unreachable, `no database answers at ${where} (${code})`, help);
    }
  }
}

function reasonOf(thrown: unknown): string | null {
  const said = (thrown as { sqlMessage?: unknown }).sqlMessage;
  return typeof said === 'string' ? said : null;
}
