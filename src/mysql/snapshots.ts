import mysql, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';
import { patientLook, type SnapshotReader } from '../session/look.ts';
import { sessionRecords } from './session-rows.ts';
import type { SessionTable } from './session-table.ts';

/** Connections for looking; a look takes a fraction of a millisecond. */
const connections = 8;

/** Opens the connections for looking, when they are first needed. */
export function snapshotReader(options: PoolOptions, where: SessionTable, clock: Clock): SnapshotReader {
  const pool = mysql.createPool({
    ...options,
    connectionLimit: connections,
    connectTimeout: 3_000,
    waitForConnections: true,
  });
  const records = sessionRecords(where);
  const look = patientLook(
    (id, late) => lend(pool, late, (connection) => records.read(connection, id, false)),
    clock,
  );
  return { look, close: () => pool.end() };
}

/**
 * Lends a connection for something, and ends it where that fails or nobody waits for it any more: then this rejects at
 * once, for a connection that is ended forgets whom it owes an answer.
 */
function lend<T>(
  pool: Pool,
  late: AbortSignal,
  work: (connection: PoolConnection) => Promise<T>,
): Promise<T> {
  const tooLate = Promise.withResolvers<never>();
  const use = async (): Promise<T> => {
    const connection = await pool.getConnection();
    if (late.aborted) {
      connection.release();
      return tooLate.promise;
    }
    const end = (): void => connection.destroy();
    late.addEventListener('abort', end);
    try {
      const result = await work(connection);
      if (!late.aborted) connection.release();
      return result;
    } catch (thrown) {
      end();
      throw thrown;
    } finally {
      late.removeEventListener('abort', end);
    }
  };
  late.addEventListener('abort', () => tooLate.reject(new Error('nobody waits any more')), { once: true });
  return Promise.race([tooLate.promise, use()]);
}
