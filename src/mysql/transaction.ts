import mysql, { type PoolConnection, type PoolOptions, type ResultSetHeader } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import { type Clock, systemClock } from '../exchange/clock.ts';
import { moduleCalled } from '../perl/modules.ts';
import type { Fence } from '../session/lock.ts';
import type { SessionModule } from '../session/module.ts';
import {
  type QueryResult,
  type SessionStore,
  type Transaction,
  type TransactionTerms,
  usualTerms,
} from '../session/store.ts';
import { type Begun, CleanConnections } from './clean-connections.ts';
import { Engines } from './engines.ts';
import { takeOwnLock } from './own-lock.ts';
import { sessionRecords } from './session-rows.ts';
import type { SessionRecords, SessionTable } from './session-table.ts';
import { StatementReader } from './statement.ts';
import { Traces } from './traces.ts';

/**
 * Opens transactions on a pool of connections.
 *
 * READ COMMITTED: an old script reads what is committed at each statement, because it runs with AutoCommit, and a port
 * has to see the same; and a SELECT … FOR UPDATE of a session that is not there must not lock the gap, or two new
 * visitors at once deadlock (perl.md 4.1).
 */
export function mysqlStore(
  options: PoolOptions,
  where: SessionTable,
  clock: Clock = systemClock,
): SessionStore {
  const pool = mysql.createPool({
    ...options,
    connectTimeout: 3_000,
    waitForConnections: true,
    ...asPerlGetsThem,
    maxPreparedStatements, // mysql2 makes lists for 16,000 for each connection, and clears them at each reset
  });
  const parts: TransactionParts = {
    connections: new CleanConnections(pool, where.charset),
    records: sessionRecords(where),
    module: moduleCalled(where.format),
    statements: new StatementReader(),
    engines: new Engines(clock),
  };
  return {
    begin: async (terms = usualTerms) => new MysqlTransaction(await parts.connections.begin(), parts, terms),
    close: () => parts.connections.close(),
  };
}

/** What DBI gives as the server's text stays text: a page prints 2003-11-21, and no digit of a BIGINT is lost. */
const asPerlGetsThem = { dateStrings: true, supportBigNumbers: true, jsonStrings: true } as const;

/** Of one transaction: none outlives it. */
const maxPreparedStatements = 100;

/** InnoDB has undone the whole transaction, and the next statement would be outside of any. */
const deadlock = 1213;

/** What all transactions have in common. */
interface TransactionParts {
  readonly connections: CleanConnections;
  /** How sessions are read and written. */
  readonly records: SessionRecords;
  /** How they are locked. */
  readonly module: SessionModule;
  readonly statements: StatementReader;
  readonly engines: Engines;
}

class MysqlTransaction implements Transaction {
  readonly #connection: PoolConnection;
  readonly #parts: TransactionParts;
  readonly #traces: Traces;
  /** What was loaded, by id: it is changed only where it still is that. */
  readonly #loaded = new Map<string, Buffer>();
  /** Why no statement may be sent any more, or null: by now the connection may be somebody else's. */
  #over: string | null = null;
  /** Whether the server has rolled back already. */
  #isUndone = false;
  #running = 0;

  constructor({ connection, header }: Begun, parts: TransactionParts, terms: TransactionTerms) {
    this.#connection = connection;
    this.#parts = parts;
    this.#traces = new Traces(connection, header, parts.engines, terms);
  }

  loadSession(id: string, forUpdate: boolean): Promise<Buffer | null> {
    return this.#run(async () => {
      const lockName = forUpdate ? this.#parts.module.ownLockName(id) : null;
      if (lockName !== null) await takeOwnLock(this.#connection, lockName);
      const bytes = await this.#parts.records.read(this.#connection, id, forUpdate);
      if (bytes !== null) this.#loaded.set(id, bytes);
      return bytes;
    });
  }

  addSession(id: string, bytes: Buffer): Promise<void> {
    return this.#run(() => this.#parts.records.insert(this.#connection, id, bytes));
  }

  saveSession(id: string, bytes: Buffer, fence: Fence): Promise<void> {
    return this.#run(async () => {
      const change = { read: this.#whatWasLoaded(id), bytes };
      await this.#parts.records.update(this.#connection, id, change, fence);
      this.#loaded.set(id, bytes);
    });
  }

  removeSession(id: string, fence: Fence): Promise<void> {
    return this.#run(() => this.#parts.records.remove(this.#connection, id, this.#whatWasLoaded(id), fence));
  }

  #whatWasLoaded(id: string): Buffer {
    const bytes = this.#loaded.get(id);
    if (bytes === undefined) throw new TypeError('a session is changed only by who has loaded it');
    return bytes;
  }

  async query(sql: string, values: readonly unknown[]): Promise<QueryResult> {
    values.forEach(refuseObject);
    return this.#ask(sql, values, () => this.#connection.query(sql, [...values]));
  }

  async execute(sql: string, values: readonly unknown[]): Promise<QueryResult> {
    values.forEach(refuseList);
    values.forEach(refuseObject);
    // A reset between two requests forgets it, at the server and in mysql2: nothing adds up.
    return this.#ask(sql, values, () => this.#connection.execute(sql, [...values] as ExecuteValues[]));
  }

  async #ask(
    sql: string,
    values: readonly unknown[],
    send: () => Promise<[unknown, unknown]>,
  ): Promise<QueryResult> {
    const statement = this.#parts.statements.read(sql, values);
    if (statement.refusal !== null) throw new TypeError(statement.refusal);
    const result = await this.#run(async () => {
      const admitted = this.#traces.admit(statement);
      if (admitted !== null) {
        await admitted;
        this.#mustGoOn();
      }
      const [answer] = await send();
      if (this.#traces.isEndedBy(answer)) {
        this.#over ??= 'a statement has ended the transaction';
        this.#mustGoOn();
      }
      return answer;
    });
    if (Array.isArray(result)) {
      return { rows: result as Record<string, unknown>[], affectedRows: 0, insertId: 0 };
    }
    const { affectedRows, insertId } = result as ResultSetHeader;
    return { rows: [], affectedRows, insertId };
  }

  mustBeOpen(): void {
    this.#mustGoOn();
    if (this.#running > 0)
      throw new Problem('PORT_FAILED', 'the port answered before all its statements had');
  }

  async commit(): Promise<void> {
    try {
      this.mustBeOpen();
    } catch (thrown) {
      await this.rollBack(); // nobody else would, for a COMMIT that has failed
      throw thrown;
    }
    this.#over = 'the transaction is over: it was committed';
    try {
      await this.#connection.query('COMMIT');
      this.#parts.connections.takeBack(this.#connection);
    } catch (thrown) {
      this.#connection.destroy();
      throw thrown;
    }
  }

  async rollBack(): Promise<string | null> {
    this.#over ??= 'the transaction is over: it was rolled back';
    // ROLLBACK would wait behind a statement that still runs; the end of the connection does not.
    if (this.#running > 0) {
      await this.#parts.connections.end(this.#connection);
      return this.#traces.unasked;
    }
    try {
      const [answer] = await this.#connection.query<ResultSetHeader>('ROLLBACK');
      const left = await this.#traces.left(answer, this.#isUndone);
      this.#parts.connections.takeBack(this.#connection);
      return left;
    } catch {
      this.#connection.destroy();
      return this.#traces.unasked;
    }
  }

  #mustGoOn(): void {
    if (this.#over !== null) throw new Problem('PORT_FAILED', this.#over);
  }

  async #run<T>(statement: () => Promise<T>): Promise<T> {
    this.#mustGoOn();
    this.#running++;
    try {
      return await statement();
    } catch (thrown) {
      if ((thrown as { errno?: unknown }).errno === deadlock) {
        this.#over = 'the server has undone the transaction to end a deadlock';
        this.#isUndone = true;
      }
      throw thrown;
    } finally {
      this.#running--;
    }
  }
}

/** What mysql2 takes for a prepared statement. */
type ExecuteValues = Buffer | Date | bigint | boolean | number | string | null;

function refuseList(value: unknown): void {
  if (Array.isArray(value))
    throw new TypeError('a prepared statement takes no lists: write a ? for each value');
}

/** mysql2 writes an object as `a = 1, b = 2`: whoever passes on what a client sent as JSON would be passing on SQL. */
function refuseObject(value: unknown): void {
  if (Array.isArray(value)) value.forEach(refuseObject);
  else if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Date) &&
    !Buffer.isBuffer(value)
  ) {
    throw new TypeError(
      'a value of a statement must be a string, number, Buffer, Date, null, or a list of such',
    );
  }
}
