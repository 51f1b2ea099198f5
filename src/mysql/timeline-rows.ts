import type { Connection, RowDataPacket } from 'mysql2/promise';
import {
  countsOf,
  noCounts,
  orderOf,
  type LeftAs,
  type SessionOrder,
  type SessionSummary,
  type TimelineEntry,
  type TimelineList,
} from '../session/timeline-entry.ts';

/**
 * One row of the table. `turn` and `outside` are lines of a timeline; `left` is how a turn left its session, written at
 * that moment: the line comes later, when a slow client has its whole answer. `gap` says that rows were lost.
 */
export interface TimelineRow {
  readonly kind: 'turn' | 'outside' | 'left' | 'gap';
  /** Its label; '' for a gap. */
  readonly session: string;
  readonly atMs: number;
  /** How long it was, for a gap. */
  readonly heldMs: number;
  readonly entry: TimelineEntry | null;
  readonly left: LeftAs | null;
}

const table = 'banyan_timeline';
const columns =
  'kind, session, at_ms, gateway, requests, waits, timeouts, seen, outside, waited_ms, held_ms, digest, entry';

const create = `CREATE TABLE IF NOT EXISTS ${table} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(10) CHARACTER SET ascii NOT NULL,
  session VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at_ms BIGINT NOT NULL,
  gateway VARCHAR(100) NOT NULL,
  requests TINYINT NOT NULL, waits TINYINT NOT NULL, timeouts TINYINT NOT NULL, seen TINYINT NOT NULL, outside TINYINT NOT NULL,
  waited_ms DOUBLE NOT NULL, held_ms DOUBLE NOT NULL,
  digest VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'NULL was not seen, empty is no row',
  entry MEDIUMTEXT NULL,
  KEY session_at (session, at_ms),
  KEY at_ms (at_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;

/** Entries of one session that are read. */
const mostEntries = 200;
/** Entries that a list is made of, and sessions in it: what it costs does not grow with the table. */
const mostListed = 200_000;
const mostSessions = 1_000;

/** A line of a timeline as a row. */
export function rowOf(session: string, entry: TimelineEntry): TimelineRow {
  const heldMs = entry.kind === 'turn' ? entry.heldMs : 0;
  return { kind: entry.kind, session, atMs: Math.round(orderOf(entry)), heldMs, entry, left: null };
}

/** Makes the table where there is none. Who may not make one may still use one that is there. */
export async function ensureTable(connection: Connection): Promise<void> {
  try {
    await connection.query(`SELECT 1 FROM ${table} LIMIT 0`);
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== 'ER_NO_SUCH_TABLE') throw thrown;
    await connection.query(create);
  }
}

/** What the server's clock says, in milliseconds since 1970. */
export async function serverTimeMs(connection: Connection): Promise<number> {
  const [row] = await select(connection, 'SELECT UNIX_TIMESTAMP(NOW(6)) * 1000 AS ms', []);
  return Number(row?.['ms']);
}

/** Writes some rows in one statement. */
export async function insertRows(
  connection: Connection,
  gateway: string,
  rows: readonly TimelineRow[],
): Promise<void> {
  await connection.query({ sql: `INSERT INTO ${table} (${columns}) VALUES ?`, timeout: patienceMs }, [
    rows.map(({ kind, session, atMs, heldMs, entry, left }) => {
      const { requests, waits, timeouts, seen, outside } = entry === null ? noCounts : countsOf(entry);
      const waitedMs = entry?.kind === 'turn' ? entry.waitedMs : 0;
      const digest = left === null ? null : (left.digest ?? '');
      const place = [kind, session, atMs, gateway];
      const counted = [requests, waits, timeouts, seen, outside];
      return [...place, ...counted, waitedMs, heldMs, digest, entry === null ? null : JSON.stringify(entry)];
    }),
  ]);
}

/** No statement on this table takes long; one that does is given up with its connection. */
const patienceMs = 5_000;

async function select(connection: Connection, sql: string, values: unknown[]): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: patienceMs }, values);
  return rows;
}

/** Deletes some rows that are older; gives back how many. */
export async function deleteOlder(connection: Connection, beforeMs: number, most: number): Promise<number> {
  const sql = `DELETE FROM ${table} WHERE at_ms < ? ORDER BY at_ms LIMIT ?`;
  const [result] = await connection.query({ sql, timeout: patienceMs }, [beforeMs, most]);
  return (result as { affectedRows: number }).affectedRows;
}

/** Labels that begin so, two at most. `beginning` is hexadecimal digits. */
export async function labelsLike(connection: Connection, beginning: string): Promise<string[]> {
  const sql = `SELECT DISTINCT session FROM ${table} WHERE session LIKE ? LIMIT 2`;
  return (await select(connection, sql, [`${beginning}%`])).map((row) => String(row['session']));
}

/** The last lines of a session, in their order. */
export async function readEntries(connection: Connection, session: string): Promise<TimelineEntry[]> {
  const sql = `SELECT entry FROM ${table} WHERE session = ? AND entry IS NOT NULL ORDER BY at_ms DESC, id DESC LIMIT ${mostEntries}`;
  const rows = await select(connection, sql, [session]);
  return rows.map((row) => JSON.parse(String(row['entry'])) as TimelineEntry).reverse();
}

const orders: Readonly<Record<SessionOrder, string>> = {
  last: 'last_ms',
  waits: 'waits',
  held: 'longest_hold',
  outside: 'outside',
};
const recent = `(SELECT * FROM (SELECT kind, session, at_ms, requests, waits, timeouts, seen, outside, waited_ms, held_ms, digest
    FROM ${table} ORDER BY at_ms DESC LIMIT ${mostListed}) AS newest WHERE kind IN ('turn', 'outside')) AS recent`;
const counts = `SUM(requests) AS requests, SUM(waits) AS waits, SUM(timeouts) AS timeouts,
  SUM(seen) AS seen, SUM(outside) AS outside`;

/** The sessions of the newest rows, and what all of those add up to. */
export async function readList(
  connection: Connection,
  by: SessionOrder,
  nowMs: number,
): Promise<TimelineList> {
  const [totals] = await select(connection, `SELECT ${counts}, MIN(at_ms) AS since FROM ${recent}`, []);
  const sessions = await select(
    connection,
    `SELECT session, ${counts}, MAX(IF(kind = 'turn', waited_ms, 0)) AS longest_wait, MAX(held_ms) AS longest_hold, MAX(at_ms - waited_ms) AS last_ms
       FROM ${recent} GROUP BY session ORDER BY ${orders[by]} DESC, last_ms DESC LIMIT ${mostSessions}`,
    [],
  );
  const slowest = Math.floor(Number(totals?.['waits'] ?? 0) / 100);
  const [wait] = await select(
    connection,
    `SELECT waited_ms FROM ${recent} WHERE waits = 1 ORDER BY waited_ms DESC LIMIT 1 OFFSET ?`,
    [slowest],
  );
  return {
    from: 'table',
    totals: {
      ...numbersOf(totals),
      sinceMs: Number(totals?.['since'] ?? nowMs),
      waitP99Ms: wait === undefined ? null : Number(wait['waited_ms']),
    },
    sessions: sessions.map((row): SessionSummary => ({
      session: String(row['session']),
      ...numbersOf(row),
      longestWaitMs: Number(row['longest_wait']),
      longestHoldMs: Number(row['longest_hold']),
      lastAtMs: Number(row['last_ms']),
    })),
  };
}

function numbersOf(row: RowDataPacket | undefined) {
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    requests: number('requests'),
    waits: number('waits'),
    timeouts: number('timeouts'),
    seen: number('seen'),
    outside: number('outside'),
  };
}

/** What other gateways wrote of how a session was left between two moments. `gap` where some of it was lost. */
export async function readLeft(
  connection: Connection,
  session: string,
  gateway: string,
  sinceMs: number,
  untilMs: number,
): Promise<(LeftAs | 'unseen' | 'gap')[]> {
  const rows = await select(
    connection,
    `SELECT kind, digest FROM ${table} WHERE gateway <> ? AND (
       (session = ? AND kind = 'left' AND at_ms BETWEEN ? AND ?) OR
       (session = '' AND kind = 'gap' AND at_ms >= ? AND at_ms - held_ms <= ?)) LIMIT 1000`,
    [gateway, session, sinceMs, untilMs, sinceMs, untilMs],
  );
  return rows.map(({ kind, digest }) => {
    if (kind === 'gap') return 'gap';
    return digest === null ? 'unseen' : { digest: digest === '' ? null : String(digest) };
  });
}
