import { randomBytes } from 'node:crypto';
import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import type { KeptLock } from '../session/lock.ts';
import { lockDown } from './lock-line.ts';

/** Which lock a server can keep, and why, for the log. */
export interface LockChoice {
  readonly kind: 'names' | 'table';
  readonly why: string;
}

const connectTimeoutMs = 3_000;
const answerTimeoutMs = 5_000;

/**
 * Whether a server can keep named locks that exclude every gateway. All gateways must come to the same end whenever
 * they ask, so a cluster is one however many nodes are up now, and whether or not this node would take a named lock.
 * Rejects with Problem LOCK_DOWN.
 */
export async function lockKindFor(options: ConnectionOptions): Promise<LockChoice> {
  let connection: Connection | null = null;
  try {
    connection = await mysql.createConnection({ ...options, connectTimeout: connectTimeoutMs });
    connection.on('error', () => undefined); // the question under way rejects
    return await choose(connection);
  } catch (thrown) {
    throw lockDown(thrown);
  } finally {
    connection?.destroy();
  }
}

async function choose(connection: Connection): Promise<LockChoice> {
  const variables = await variablesOf(connection);
  if (variables['wsrep_on'] === 'ON') {
    return {
      kind: 'table',
      why: 'this is a node of a Galera cluster: a named lock is known to one node only',
    };
  }
  if (
    variables['group_replication_single_primary_mode'] === 'OFF' &&
    variables['group_replication_group_name']
  ) {
    return {
      kind: 'table',
      why: 'the group has several primaries: a named lock is known to one of them only',
    };
  }
  return tryNames(connection);
}

async function variablesOf(connection: Connection): Promise<Record<string, string>> {
  const sql = `SHOW GLOBAL VARIABLES WHERE Variable_name IN
    ('wsrep_on', 'group_replication_single_primary_mode', 'group_replication_group_name')`;
  const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: answerTimeoutMs });
  return Object.fromEntries(rows.map((row) => [row['Variable_name'], row['Value']]));
}

/** Two names, for a server before MySQL 5.7.5 and MariaDB 10.0.2 gives back the first when it is asked for a second. */
async function tryNames(connection: Connection): Promise<LockChoice> {
  const names = ['a', 'b'].map((end) => `bny:probe:${randomBytes(8).toString('hex')}:${end}`);
  const sql = 'SELECT GET_LOCK(?, 0), GET_LOCK(?, 0), IS_USED_LOCK(?) = CONNECTION_ID()';
  const options = { sql, rowsAsArray: true, timeout: answerTimeoutMs };
  try {
    const [rows] = await connection.query<RowDataPacket[][]>(options, [...names, names[0]]);
    const had = rows[0]?.every((each) => Number(each) === 1) === true;
    if (had) return { kind: 'names', why: 'one connection can hold several named locks here' };
    return { kind: 'table', why: 'one connection can hold only one named lock here' };
  } catch (thrown) {
    // MariaDB in a cluster: error 1235 (MDEV-30473). Percona: 1105, "prohibits use of GET_LOCK".
    const { sqlState, message } = thrown as { sqlState?: unknown; message: string };
    if (typeof sqlState !== 'string') throw thrown;
    return { kind: 'table', why: `the server refuses GET_LOCK: ${message}` };
  }
}

/**
 * The lock that the server can keep, asked when the first turn is wanted: a gateway also starts while its database is
 * down. `make` opens it and may say why it was chosen.
 */
export function chosenLock(options: ConnectionOptions, make: (choice: LockChoice) => KeptLock): KeptLock {
  let chosen: Promise<KeptLock> | null = null;
  /** The same once it is there: nobody has to wait for it then. */
  let known: KeptLock | null = null;
  let isClosed = false;
  const choose = (): Promise<KeptLock> => {
    if (isClosed) return Promise.reject(lockDown(new Error('the gateway is closing')));
    chosen ??= lockKindFor(options)
      .then((choice) => (known = make(choice)))
      .catch((thrown: unknown) => {
        chosen = null;
        throw thrown;
      });
    return chosen;
  };
  return {
    acquire: (...order) =>
      known === null ? choose().then((lock) => lock.acquire(...order)) : known.acquire(...order),
    ping: async () => (await choose()).ping(),
    close: async () => {
      isClosed = true;
      known = null;
      await (await chosen?.catch(() => null))?.close();
    },
  };
}
