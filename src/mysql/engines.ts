import type { Clock } from '../exchange/clock.ts';
import { Recent } from '../session/recent.ts';
import { sqlWords } from './sql-words.ts';
import { isSign, type TableName, tableAt } from './table-references.ts';

/** Asks the database, and gives back rows. */
export type AskRows = (sql: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>;

/** What becomes, at a ROLLBACK, of what is written to a table. */
export interface Fate {
  /** `unseen` where triggers or views may write what we cannot see. */
  readonly kind: 'undone' | 'kept' | 'unseen';
  /** The table and why, for people: `searchlog (MyISAM)`. */
  readonly what: string;
}

/** Views of views of views. */
const deepest = 8;

/**
 * Asks the server what becomes of what is written to a table. One that is not there, or may not be seen and so not be
 * written either, is no reason to refuse anything: the statement will fail by itself.
 */
export async function fateOf(ask: AskRows, { schema, name }: TableName, depth = 0): Promise<Fate | null> {
  // Constants in the WHERE, or the server opens every table there is.
  const place = schema === null ? 'DATABASE()' : '?';
  const values = [...(schema === null ? [] : [schema]), name];
  const [row] = await ask(
    `SELECT t.TABLE_TYPE AS type, t.ENGINE AS engine, e.TRANSACTIONS AS transactions,
            EXISTS (SELECT 1 FROM information_schema.TRIGGERS
                     WHERE EVENT_OBJECT_SCHEMA = ${place} AND EVENT_OBJECT_TABLE = ?) AS fires
       FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
      WHERE t.TABLE_SCHEMA = ${place} AND t.TABLE_NAME = ?`,
    [...values, ...values],
  );
  if (row === undefined) return null;
  const shown = schema === null ? name : `${schema}.${name}`;
  const engine = typeof row['engine'] === 'string' ? row['engine'] : null;
  if (engine !== null && row['transactions'] !== 'YES') return { kind: 'kept', what: `${shown} (${engine})` };
  if (engine !== null)
    return Number(row['fires']) === 1
      ? { kind: 'unseen', what: `${shown}, which has triggers,` }
      : { kind: 'undone', what: shown };
  const behind =
    row['type'] === 'VIEW' && depth < deepest ? await behindView(ask, schema, name, depth) : null;
  return behind === null
    ? { kind: 'unseen', what: `${shown}, of which nothing can be seen,` }
    : { ...behind, what: `${shown}, a view of ${behind.what}` };
}

/** The worst of the tables that a view is of; null where they cannot be seen, for which the user needs SHOW VIEW. */
async function behindView(
  ask: AskRows,
  schema: string | null,
  name: string,
  depth: number,
): Promise<Fate | null> {
  const place = schema === null ? 'DATABASE()' : '?';
  const [row] = await ask(
    `SELECT VIEW_DEFINITION AS text FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ${place} AND TABLE_NAME = ?`,
    [...(schema === null ? [] : [schema]), name],
  );
  const text = row?.['text'];
  const fates: Fate[] = [];
  for (const table of typeof text === 'string' ? pairsIn(text) : []) {
    const fate = await fateOf(ask, table, depth + 1);
    if (fate !== null) fates.push(fate);
  }
  const worst = (kind: Fate['kind']): Fate | undefined => fates.find((fate) => fate.kind === kind);
  return worst('kept') ?? worst('unseen') ?? worst('undone') ?? null;
}

/** The server writes the tables of a view as `database`.`table`, and columns behind a third point. */
function pairsIn(definition: string): TableName[] {
  const words = sqlWords(definition, true);
  const found = new Map<string, TableName>();
  words.forEach((_, at) => {
    const named = isSign(words, at - 1, '.') ? null : tableAt(words, at);
    if (named !== null && named.table.schema !== null)
      found.set(`${named.table.schema}.${named.table.name}`, named.table);
  });
  return [...found.values()];
}

/** Tables of which it is remembered what becomes of them. */
const mostTables = 1_000;
/**
 * How long. After an `ALTER TABLE … ENGINE=InnoDB` ports shall be able to write soon, without a restart; and to ask each
 * half minute costs nothing.
 */
const rememberedMs = 30_000;

/** What is known of the tables of a database, for a while. */
export class Engines {
  readonly #clock: Clock;
  readonly #known = new Recent<{ readonly fate: Fate; readonly untilMs: number }>(mostTables);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is known; null where it has to be asked. */
  known(table: TableName): Fate | null {
    const entry = this.#known.get(keyOf(table));
    return entry !== undefined && this.#clock.nowMs() < entry.untilMs ? entry.fate : null;
  }

  /** What is known, or else what the server says. */
  async fate(ask: AskRows, table: TableName): Promise<Fate | null> {
    const known = this.known(table);
    if (known !== null) return known;
    const fate = await fateOf(ask, table);
    if (fate !== null) this.#known.set(keyOf(table), { fate, untilMs: this.#clock.nowMs() + rememberedMs });
    return fate;
  }
}

function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}
