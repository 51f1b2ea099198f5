import { doubtful, list, type ProbeFinding, well, wrong } from '../session/probe.ts';
import type { Effects } from '../session/store.ts';
import { fateOf } from './engines.ts';
import type { Ask, DatabaseUse } from './probe-ask.ts';
import type { SessionTable } from './session-table.ts';
import type { TableName } from './table-references.ts';

/** What the port of a route is seen to write in its text. */
export interface RouteWrites {
  readonly route: string;
  /** Whether anybody is served by the port. */
  readonly isServed: boolean;
  readonly effects: Effects;
  readonly tables: readonly TableName[];
}

/** Looks at the table of the sessions, and at those that ports write. */
export async function probeEngines(
  ask: Ask,
  { table }: SessionTable,
  { hasPorts, writes }: DatabaseUse,
): Promise<ProbeFinding[]> {
  const [ownName = '', ownSchema = null] = table.split('.').reverse();
  const own = await fateOf(ask, { schema: ownSchema, name: ownName });
  const found: ProbeFinding[] = [];
  if (own?.kind === 'kept') {
    const message = `${own.what} locks no rows, and what a port wrote cannot be undone`;
    found.push((hasPorts ? wrong : doubtful)('engine', message, `ALTER TABLE ${table} ENGINE=InnoDB`));
  } else found.push(well('engine', `${table} keeps transactions`));
  return [...found, ...(await probeWrites(ask, writes, [table]))];
}

/** Looks at the tables that ports write, and names those without transactions that none is seen to write. */
export async function probeWrites(
  ask: Ask,
  writes: readonly RouteWrites[],
  known: readonly string[] = [],
): Promise<ProbeFinding[]> {
  const found: ProbeFinding[] = [];
  const named = new Set(known.map((name) => name.toLowerCase()));
  for (const [name, { table, by }] of writersByTable(writes)) {
    const fate = named.has(name.toLowerCase()) ? null : await fateOf(ask, table);
    if (fate?.kind !== 'kept') continue;
    named.add(name.toLowerCase());
    found.push(...findingsOf(fate.what, table, by));
  }
  const rows = await ask(
    `SELECT t.TABLE_NAME AS name, CONCAT(DATABASE(), '.', t.TABLE_NAME) AS whole FROM information_schema.TABLES t
       JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
      WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'`,
  );
  const others = rows
    .filter(({ name, whole }) => [name, whole].every((each) => !named.has(String(each).toLowerCase())))
    .map(({ name }) => String(name));
  if (others.length > 0) {
    const message = `tables without transactions: ${list(others)}; no port is seen to write them, and one that does is refused`;
    found.push(doubtful('other-engines', message, 'port their scripts last, or ALTER TABLE … ENGINE=InnoDB'));
  }
  return found;
}

interface Writers {
  readonly table: TableName;
  readonly by: RouteWrites[];
}

/** By the name of the table, with its database where that is said. */
function writersByTable(writes: readonly RouteWrites[]): Map<string, Writers> {
  const found = new Map<string, Writers>();
  for (const each of writes)
    for (const table of each.tables) {
      const name = [table.schema ?? [], table.name].flat().join('.');
      const writers = found.get(name) ?? { table, by: [] };
      if (!writers.by.includes(each)) writers.by.push(each);
      found.set(name, writers);
    }
  return found;
}

function findingsOf(what: string, { schema, name }: TableName, by: readonly RouteWrites[]): ProbeFinding[] {
  const table = schema === null ? name : `${schema}.${name}`;
  const help =
    `ALTER TABLE ${table} ENGINE=InnoDB (it is copied, and locked meanwhile), ` +
    'or write "effects: accepted" into the route: then legacy does not answer for a port that fails after that';
  const of = (fits: (writes: RouteWrites) => boolean): string | null => {
    const names = by.filter(fits).map(({ route }) => route);
    return names.length === 0 ? null : `the port${names.length === 1 ? '' : 's'} of ${list(names)}`;
  };
  const [served, unserved, accepted] = [
    of(({ effects, isServed }) => effects === 'refused' && isServed),
    of(({ effects, isServed }) => effects === 'refused' && !isServed),
    of(({ effects }) => effects === 'accepted'),
  ];
  const unsound = `${what}, which does not roll back`;
  return [
    ...(served === null ? [] : [wrong('writes-refused', `refused: ${served} would write ${unsound}`, help)]),
    ...(unserved === null
      ? []
      : [doubtful('writes-refused', `to be refused: ${unserved} would write ${unsound}`, help)]),
    ...(accepted === null ? [] : [well('writes-accepted', `${accepted} may write ${unsound}`)]),
  ];
}
