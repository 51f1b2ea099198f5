import type { Fence } from './lock.ts';

/** What a statement of a port came back with. */
export interface QueryResult {
  /** The rows of a SELECT, each an object by column name; empty for any other statement. */
  readonly rows: Record<string, unknown>[];
  /** Rows matched by an UPDATE or DELETE, or added by an INSERT. */
  readonly affectedRows: number;
  /** The AUTO_INCREMENT value an INSERT made, or 0. */
  readonly insertId: number;
}

/** What becomes of a port that writes to a table whose engine does not roll back. */
export type Effects = 'refused' | 'accepted';

/** What a transaction is begun on. */
export interface TransactionTerms {
  readonly effects: Effects;
  /** Called once, before the first statement that may leave something; when it rejects, that is not sent. */
  readonly beforeTrace: () => Promise<void>;
}

/** What is meant where nothing is said. */
export const usualTerms: TransactionTerms = { effects: 'refused', beforeTrace: () => Promise.resolve() };

/** One database transaction, in which a port reads and writes its session and its tables. */
export interface Transaction {
  /** The bytes of a session, or null. `forUpdate` keeps everybody else from changing them until the end. */
  loadSession(id: string, forUpdate: boolean): Promise<Buffer | null>;
  addSession(id: string, bytes: Buffer): Promise<void>;
  /** Rejects with Problem LEASE_LOST or SESSION_STALE where the turn, or the row, is not there any more. */
  saveSession(id: string, bytes: Buffer, fence: Fence): Promise<void>;
  /** Removes a session that was loaded; rejects as saveSession does. */
  removeSession(id: string, fence: Fence): Promise<void>;
  query(sql: string, values: readonly unknown[]): Promise<QueryResult>;
  /** The same as a prepared statement. */
  execute(sql: string, values: readonly unknown[]): Promise<QueryResult>;
  /** Throws Problem PORT_FAILED where there is nothing sound to commit: undone by the server, or work under way. */
  mustBeOpen(): void;
  commit(): Promise<void>;
  /**
   * Undoes everything, and lets no further statement through. Never rejects: where it cannot be said, the connection
   * is ended, which undoes it too. Resolves with what stays all the same, in words, or with null.
   */
  rollBack(): Promise<string | null>;
}

/** Where sessions and tables are. */
export interface SessionStore {
  /** Rejects with Problem DATABASE_DOWN. */
  begin(terms?: TransactionTerms): Promise<Transaction>;
  close(): Promise<void>;
}
