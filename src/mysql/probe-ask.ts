import type { Connection } from 'mysql2/promise';
import type { SessionCodec } from '../session/codec.ts';
import type { RouteWrites } from './probe-engines.ts';

/** What the gateway means to do with a database. */
export interface DatabaseUse {
  /** Null where a session is no single value that is written down: one row for each key. */
  readonly codec: SessionCodec | null;
  readonly lockKind: 'auto' | 'names' | 'table';
  /** Whether the timeline is kept in a table. */
  readonly keepsTimeline: boolean;
  readonly hasPorts: boolean;
  readonly writes: readonly RouteWrites[];
  /** Connections that one gateway and its port hosts open at most. */
  readonly connections: number;
}

/** Asks the database, and gives back rows; of a statement that has none, nothing. */
export type Ask = (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;

const patienceMs = 10_000;
/** What a statement may take at the server; the one that measures the largest session reads the whole table. */
const longestSeconds = 5;

/** Asks on a connection; no statement takes long. MariaDB and MySQL have different words for that, old servers none. */
export async function askOn(connection: Connection): Promise<Ask> {
  const ask: Ask = async (sql, values = []) => {
    const [result] = await connection.query({ sql, timeout: patienceMs }, [...values]);
    return Array.isArray(result) ? (result as Record<string, unknown>[]) : [];
  };
  const none = (): undefined => undefined;
  await ask(`SET SESSION max_statement_time = ${longestSeconds}`).catch(none);
  await ask(`SET SESSION max_execution_time = ${longestSeconds * 1000}`).catch(none);
  return ask;
}

/** The word of an error, such as ECONNREFUSED or ER_NO_SUCH_TABLE. */
export function codeOf(thrown: unknown): string {
  return String((thrown as { code?: unknown }).code ?? (thrown instanceof Error ? thrown.name : thrown));
}
