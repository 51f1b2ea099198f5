import type { PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';
import type { TransactionTerms } from '../session/store.ts';
import type { AskRows, Engines, Fate } from './engines.ts';
import type { Statement } from './statement.ts';

/** ER_WARNING_NOT_COMPLETE_ROLLBACK: "Some non-transactional changed tables couldn't be rolled back". */
const notUndone = 1196;
/** SERVER_STATUS_IN_TRANS, in the answer to every statement that gives no rows. */
const inTransaction = 1;

/**
 * Keeps account of what a transaction may leave when it is rolled back. A write to a table that does not roll back is
 * refused before it is sent, or makes the transaction one that leaves a trace; the server itself tells of those that nobody
 * can see in a statement: of triggers, procedures and functions.
 */
export class Traces {
  readonly #engines: Engines;
  readonly #terms: TransactionTerms;
  readonly #ask: AskRows;
  /** Whether the server says with each statement if a transaction is open. A proxy may not. */
  readonly #saysStatus: boolean;
  /** What stays for certain. */
  #kept: string | null = null;
  /** What may stay; the ROLLBACK will tell, if it can be asked for. */
  #doubtful: string | null = null;
  #isAnnounced = false;
  /** The last statement that waits to be let through, so that all are sent in their order. */
  #line: Promise<void> | null = null;

  constructor(connection: PoolConnection, begun: ResultSetHeader, engines: Engines, terms: TransactionTerms) {
    this.#engines = engines;
    this.#terms = terms;
    this.#saysStatus = isInTransaction(begun);
    this.#ask = async (sql, values) => (await connection.query<RowDataPacket[]>(sql, [...values]))[0];
  }

  /**
   * Lets a statement through: at once, which is null, where all its tables are known. Rejects with Problem
   * TABLE_NOT_TRANSACTIONAL.
   */
  admit(statement: Statement): Promise<void> | null {
    const isClear =
      !statement.isOpaque && statement.writes.every((table) => this.#engines.known(table)?.kind === 'undone');
    if (isClear && this.#line === null) return null;
    const before = this.#line;
    const admitted = (async () => {
      await before;
      await this.#examine(statement);
    })();
    const line = admitted
      .catch(() => undefined)
      .then(() => {
        if (this.#line === line) this.#line = null;
      });
    this.#line = line;
    return admitted;
  }

  /** Whether a statement that came back with this has ended the transaction, which then has left what it did. */
  isEndedBy(result: unknown): boolean {
    const header = headerIn(result);
    if (!this.#saysStatus || header === null || isInTransaction(header)) return false;
    this.#kept ??= 'a statement ended the transaction, and what it did until then is committed';
    return true;
  }

  /** What is left where nobody could be asked for a ROLLBACK. */
  get unasked(): string | null {
    return this.#kept ?? this.#doubtful;
  }

  /** What is left after a ROLLBACK that was answered. `isLate` says that the server had rolled back before. */
  async left(rolledBack: ResultSetHeader, isLate: boolean): Promise<string | null> {
    if (this.#kept !== null || (rolledBack.warningStatus === 0 && !isLate)) return this.#kept;
    const gone = [{ Code: notUndone, Message: 'a warning that could not be asked for any more' }];
    const warnings = await this.#ask('SHOW WARNINGS', []).catch(() => gone);
    const warning = warnings.find(({ Code }) => Number(Code) === notUndone);
    return warning === undefined ? null : `the server says: ${String(warning.Message)}`;
  }

  async #examine({ writes, isOpaque }: Statement): Promise<void> {
    const fates: Fate[] = [];
    for (const table of writes) {
      const fate = await this.#engines.fate(this.#ask, table);
      if (fate !== null) fates.push(fate);
    }
    const kept = fates.find(({ kind }) => kind === 'kept');
    if (kept !== undefined && this.#terms.effects === 'refused') {
      const ways = `ALTER TABLE … ENGINE=InnoDB, or say \`effects: accepted\` on the route`;
      throw new Problem('TABLE_NOT_TRANSACTIONAL', `${kept.what} does not roll back: ${ways}`);
    }
    const unseen = fates.find(({ kind }) => kind === 'unseen');
    if (kept === undefined && unseen === undefined && !isOpaque) return;
    if (!this.#isAnnounced) await this.#terms.beforeTrace();
    this.#isAnnounced = true;
    if (kept !== undefined) this.#kept ??= `what was written to ${kept.what} stays`;
    else this.#doubtful ??= `what was done by ${unseen?.what ?? 'a procedure'} may stay`;
  }
}

/** What the server says of a statement: alone, or behind the lists of rows of a CALL; not of a SELECT. */
function headerIn(result: unknown): ResultSetHeader | null {
  if (!Array.isArray(result)) return result as ResultSetHeader;
  return Array.isArray(result[0]) ? headerIn(result.at(-1)) : null;
}

function isInTransaction({ serverStatus }: ResultSetHeader): boolean {
  return (serverStatus & inTransaction) !== 0;
}
