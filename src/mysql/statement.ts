import mysql, { type SqlValue } from 'mysql2';
import { Recent } from '../session/recent.ts';
import { sqlWords, type SqlWord } from './sql-words.ts';
import { isSign, type TableName } from './table-references.ts';
import { writtenTables } from './written-tables.ts';

/** What can be known of a statement without its database. */
export interface Statement {
  /** Why a port may not send it, or null. */
  readonly refusal: string | null;
  /** Whether it may do what cannot be read in it. Of functions in expressions, and of triggers, nobody can tell. */
  readonly isOpaque: boolean;
  /** The tables that it writes. */
  readonly writes: readonly TableName[];
}

const endsTransaction = 'a port may not send a statement that ends its transaction';
const changesDatabase = 'a port may not leave its database: write database.table';

/** What ends the transaction behind our back (MariaDB: "SQL statements causing an implicit commit"). */
const ending = new Set(
  `COMMIT START BEGIN XA CREATE ALTER DROP TRUNCATE RENAME LOCK UNLOCK GRANT REVOKE OPTIMIZE REPAIR CHECK FLUSH RESET
   CACHE INSTALL UNINSTALL`.split(/\s+/),
);
/** What does what is written there, and nothing else. */
const clear = new Set(
  `SELECT WITH VALUES TABLE SHOW SET DO HANDLER HELP CHECKSUM SAVEPOINT RELEASE ROLLBACK PREPARE DEALLOCATE GET KILL SIGNAL
   INSERT REPLACE UPDATE DELETE LOAD ANALYZE`.split(/\s+/),
);
/** What only says what would be done. */
const explaining = new Set(['EXPLAIN', 'DESCRIBE', 'DESC']);

/** Reads a statement. Of an executable comment both is believed: that the server runs it, and that it does not. */
export function readStatement(sql: string): Statement {
  const read = readWords(sqlWords(sql, true));
  if (!/\/\*M?!/.test(sql)) return read;
  const other = readWords(sqlWords(sql, false));
  return {
    refusal: read.refusal ?? other.refusal,
    isOpaque: read.isOpaque || other.isOpaque,
    writes: [...read.writes, ...other.writes],
  };
}

function readWords(words: readonly SqlWord[]): Statement {
  const first = words.findIndex((_, at) => !isSign(words, at, '('));
  const verb = words[first]?.keyword ?? null;
  if (verb === null || explaining.has(verb)) return { refusal: null, isOpaque: false, writes: [] }; // without a verb it is none
  const inner = innerOf(words, verb);
  if (inner !== null) return readWords(inner);
  const refusal = refusalOf(words, first, verb);
  return { refusal, isOpaque: !clear.has(verb), writes: refusal === null ? writtenTables(words) : [] };
}

/** MariaDB: `SET STATEMENT name = value FOR …`. */
function innerOf(words: readonly SqlWord[], verb: string): SqlWord[] | null {
  if (verb !== 'SET' || words[1]?.keyword !== 'STATEMENT') return null;
  const before = words.findIndex(({ keyword }) => keyword === 'FOR');
  return before === -1 ? null : words.slice(before + 1);
}

function refusalOf(words: readonly SqlWord[], first: number, verb: string): string | null {
  if (verb === 'USE') return changesDatabase;
  const keywords = words.slice(first + 1, first + 3).map(({ keyword }) => keyword);
  const ends =
    ending.has(verb) ||
    (verb === 'ROLLBACK' && !keywords.includes('TO')) ||
    (verb === 'ANALYZE' && keywords.some((word) => word === 'TABLE' || word === 'TABLES')) ||
    (verb === 'LOAD' && keywords[0] === 'INDEX') ||
    (verb === 'SET' && (keywords[0] === 'PASSWORD' || setsAutocommit(words)));
  return ends ? endsTransaction : null;
}

function setsAutocommit(words: readonly SqlWord[]): boolean {
  return words.some(
    ({ kind, text }, at) =>
      kind !== 'sign' &&
      /^(?:@@.*)?autocommit$/i.test(text) &&
      (isSign(words, at + 1, '=') || isSign(words, at + 1, ':')),
  );
}

/** Statements of which it is remembered what they are. */
const mostStatements = 500;
/** One that is longer has values written into it, and will not come again. */
const longestRemembered = 4_000;

/** Reads statements, each of them once: ports send the same few. */
export class StatementReader {
  readonly #read = new Recent<Statement>(mostStatements);

  /** `values` are looked at only where they hold names, at `??`. */
  read(sql: string, values: readonly unknown[]): Statement {
    const text = sql.includes('??') ? mysql.format(sql, [...values] as SqlValue[]) : sql;
    let statement = this.#read.get(text);
    if (statement === undefined) {
      statement = readStatement(text);
      if (text.length <= longestRemembered) this.#read.set(text, statement);
    }
    return statement;
  }
}
