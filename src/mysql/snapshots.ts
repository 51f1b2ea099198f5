import mysql, { type PoolConnection, type PoolOptions } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';
import type { Sight } from '../session/snapshot.ts';
import { sessionRecords } from './session-rows.ts';
import type { SessionTable } from './session-table.ts';

/** Looks at rows of sessions, for people. What it costs is bounded: no request fails or waits long for it. */
export interface SnapshotReader {
  /** The row as it is committed now; null where it could not be had soon enough. Never rejects. */
  look(id: string): Promise<Sight | null>;
  close(): Promise<void>;
}

/** Connections for looking; a look takes a fraction of a millisecond. */
const connections = 8;
/** Looks under way at once; beyond this one is left out. */
const mostLooks = 64;
/** How long a look may take: a turn waits for it. */
const patienceMs = 250;
/** How long nobody looks after a look that failed: a database in trouble must not cost every request its patience. */
const restMs = 1_000;

/** Opens the connections for looking, when they are first needed. */
export function snapshotReader(options: PoolOptions, where: SessionTable, clock: Clock): SnapshotReader {
  const pool = mysql.createPool({
    ...options,
    connectionLimit: connections,
    connectTimeout: 3_000,
    waitForConnections: true,
  });
  const records = sessionRecords(where);
  let looks = 0;
  let restsUntilMs = -Infinity;

  const look = async (id: string): Promise<Sight | null> => {
    if (looks >= mostLooks || clock.nowMs() < restsUntilMs) return null;
    looks++;
    const lent: Lent = { connection: null, isLate: false };
    let callOff = (): void => undefined;
    const late = new Promise<'late'>((resolve) => {
      callOff = clock.after(patienceMs, () => resolve('late'));
    });
    try {
      const bytes = await Promise.race([late, read(lent, id)]);
      if (bytes !== 'late') return { bytes, takenAtMs: clock.epochMs() };
    } catch {
      // the same as being late
    } finally {
      callOff();
      looks--;
    }
    lent.isLate = true;
    lent.connection?.destroy();
    restsUntilMs = clock.nowMs() + restMs;
    return null;
  };

  const read = async (lent: Lent, id: string): Promise<Buffer | null> => {
    const connection = await pool.getConnection();
    if (lent.isLate) {
      connection.release();
      return null;
    }
    lent.connection = connection;
    const bytes = await records.read(connection, id, false);
    if (!lent.isLate) connection.release();
    return bytes;
  };
  return { look, close: () => pool.end() };
}

/** The connection one look has, and whether nobody waits for that look any more. */
interface Lent {
  connection: PoolConnection | null;
  isLate: boolean;
}
