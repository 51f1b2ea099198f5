import mysql from 'mysql2/promise';
import { didYouMean } from '../routing/nearest.ts';
import { doubtful, list, type ProbeFinding, well, wrong } from '../session/probe.ts';
import { probeCharset } from './probe-charset.ts';
import { type Ask, codeOf, type DatabaseUse } from './probe-ask.ts';
import { probeEngines } from './probe-engines.ts';
import type { SessionTable } from './session-table.ts';

/** A column of the session table. */
export interface Column {
  readonly name: string;
  /** In lower case, such as `varchar(32)`. */
  readonly type: string;
  /** Null where it has no characters. */
  readonly collation: string | null;
}

/** Looks at the table of the sessions and its columns. Without them there is nothing else to look at. */
export async function probeTable(ask: Ask, where: SessionTable, use: DatabaseUse): Promise<ProbeFinding[]> {
  const missing = await probePlace(ask, where);
  if (missing !== null) return [missing];
  const columns = await columnsOf(ask, where.table);
  const id = columns.find(({ name }) => name.toLowerCase() === where.idColumn.toLowerCase());
  const data = columns.find(({ name }) => name.toLowerCase() === where.dataColumn.toLowerCase());
  if (id === undefined || data === undefined) {
    return [
      ...(id === undefined ? [noColumn('id', where.idColumn, where, columns)] : []),
      ...(data === undefined ? [noColumn('data', where.dataColumn, where, columns)] : []),
    ];
  }
  return [
    well('table', `the table ${where.table} has the columns ${id.name} and ${data.name}`),
    ...(await probeRights(ask, where)),
    ...(await probeIndex(ask, where)),
    ...(await probeIds(ask, where, id)),
    ...(await probeLength(ask, where, data)),
    ...(await probeCharset(ask, where, use.codec, data)),
    ...(await probeEngines(ask, where, use)),
  ];
}

async function probePlace(ask: Ask, { table }: SessionTable): Promise<ProbeFinding | null> {
  try {
    await ask(`SELECT 1 FROM ${mysql.escapeId(table)} LIMIT 0`);
    return null;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ER_TABLEACCESS_DENIED_ERROR')
      return wrong('no-right', `the user may not read the table ${table}`, `GRANT SELECT ON ${table} TO …`);
    if (code !== 'ER_NO_SUCH_TABLE' && code !== 'ER_BAD_DB_ERROR') throw thrown;
    const names = (await ask('SHOW TABLES')).flatMap((row) => Object.values(row).map(String));
    const help =
      didYouMean(table, names) ??
      (names.length === 0 ? 'the database has no tables' : `it has ${list(names)}`);
    return wrong('no-table', `there is no table ${table}`, help);
  }
}

async function columnsOf(ask: Ask, table: string): Promise<Column[]> {
  const rows = await ask(`SHOW FULL COLUMNS FROM ${mysql.escapeId(table)}`);
  return rows.map((row) => ({
    name: String(row['Field']),
    type: String(row['Type']).toLowerCase(),
    collation: typeof row['Collation'] === 'string' ? row['Collation'] : null,
  }));
}

function noColumn(
  parameter: string,
  name: string,
  { table }: SessionTable,
  columns: readonly Column[],
): ProbeFinding {
  const names = columns.map((column) => column.name);
  const guess = didYouMean(name, names) ?? `it has ${list(names)}`;
  const help = `${guess} Write ?${parameter}=… in the store address`;
  return wrong('no-column', `the table ${table} has no column ${name}`, help);
}

/** Statements that touch no row, in a transaction that is undone: they are refused as the real ones would be. */
async function probeRights(ask: Ask, { table, idColumn, dataColumn, format }: SessionTable) {
  const [name, id, data] = [table, idColumn, dataColumn].map((word) => mysql.escapeId(word));
  const statements: Record<string, string> = {
    INSERT: `INSERT INTO ${name} (${id}, ${data}) SELECT '', '' FROM DUAL WHERE 1 = 0`,
    UPDATE: `UPDATE ${name} SET ${data} = ${data} WHERE 1 = 0`,
    DELETE: `DELETE FROM ${name} WHERE 1 = 0`,
  };
  const refused: string[] = [];
  const found: ProbeFinding[] = [];
  await ask('START TRANSACTION');
  for (const [right, sql] of Object.entries(statements)) {
    const code = await ask(sql).then(() => null, codeOf);
    if (code === 'ER_OPTION_PREVENTS_STATEMENT' || code === 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION') {
      const help = 'name the server that the old scripts write to: this one is a replica, or in maintenance';
      found.push(wrong('read-only', 'the server is read-only', help));
      break;
    }
    if (code === 'ER_NO_DEFAULT_FOR_FIELD') {
      if (format === 'rows') continue; // it has more columns, which are given values
      const message = `${table} has another column without a default: no session can be added`;
      found.push(doubtful('no-default', message, 'give it a default'));
    } else if (code === 'ER_TABLEACCESS_DENIED_ERROR' || code === 'ER_COLUMNACCESS_DENIED_ERROR')
      refused.push(right);
    else if (code !== null) found.push(doubtful('not-seen', `${right} could not be tried: ${code}`, null));
  }
  await ask('ROLLBACK');
  if (refused.length > 0) {
    const message = `the user may not ${refused.join(', ')} in the table ${table}`;
    found.push(wrong('no-right', message, `GRANT ${refused.join(', ')} ON ${table} TO …`));
  }
  return found.length > 0 ? found : [well('rights', 'the user may read and write it')];
}

async function probeIndex(ask: Ask, { table, idColumn, format }: SessionTable): Promise<ProbeFinding[]> {
  const indexes = new Map<string, { isUnique: boolean; columns: string[] }>();
  for (const row of await ask(`SHOW INDEX FROM ${mysql.escapeId(table)}`)) {
    const name = String(row['Key_name']);
    const index = indexes.get(name) ?? { isUnique: Number(row['Non_unique']) === 0, columns: [] };
    index.columns.push(String(row['Column_name']).toLowerCase());
    indexes.set(name, index);
  }
  const ofId = [...indexes.values()].filter(({ columns }) => columns[0] === idColumn.toLowerCase());
  if (format === 'rows') {
    if (ofId.length > 0) return [well('index', `${idColumn} has an index`)];
    const message = `${idColumn} has no index: every look at a session reads the whole table`;
    return [doubtful('no-index', message, `CREATE INDEX ${idColumn} ON ${table} (${idColumn})`)];
  }
  if (ofId.some(({ isUnique, columns }) => isUnique && columns.length === 1))
    return [well('index', `${idColumn} is unique`)];
  const message =
    format === 'cgi-session'
      ? `${idColumn} is not unique: CGI::Session's INSERT … ON DUPLICATE KEY UPDATE adds a row at each request`
      : `${idColumn} is not unique: a session may be there twice`;
  return [
    wrong(
      'no-unique-id',
      message,
      `remove duplicates, then: ALTER TABLE ${table} ADD PRIMARY KEY (${idColumn})`,
    ),
  ];
}

/** Ids of CGI::Session's and of Apache::Session's are 32 characters, where nobody says otherwise. */
const usualIdLength = 32;

async function probeIds(ask: Ask, { table, idColumn }: SessionTable, id: Column): Promise<ProbeFinding[]> {
  const found: ProbeFinding[] = [];
  const name = mysql.escapeId(idColumn);
  const ids = (await ask(`SELECT ${name} AS id FROM ${mysql.escapeId(table)} LIMIT 1000`)).map((row) =>
    String(row['id']),
  );
  const most = Number(/char\((\d+)\)|binary\((\d+)\)/.exec(id.type)?.slice(1).find(Boolean) ?? Infinity);
  const full = ids.filter((each) => each.length === most).length;
  const isOdd = full > 0 && ![32, 40, 64].includes(most);
  if ((most < usualIdLength && (full > 0 || ids.length === 0)) || isOdd) {
    const seen = full > 0 ? `, and ${full} of ${ids.length} ids fill it: they were cut` : '';
    const message = `the column ${id.name} is ${id.type}${seen || '; ids are 32 characters'}`;
    const help = `ALTER TABLE ${table} MODIFY ${id.name} CHAR(${usualIdLength}) NOT NULL`;
    found.push((most < usualIdLength ? wrong : doubtful)('id-short', message, help));
  }
  const minds = id.collation === null || /_bin$|_cs$/.test(id.collation);
  const capitals = ids.filter((each) => each !== each.toLowerCase()).length;
  if (minds && capitals > 0) {
    const message = `${capitals} of ${ids.length} ids have capitals, and ${id.name} minds them (${id.collation ?? id.type}): the gateway asks for ids in lower case`;
    found.push(wrong('id-capitals', message, `give ${id.name} a collation that ends in _ci`));
  } else if (minds) {
    const message = `${id.name} minds capitals (${id.collation ?? id.type}): ABC and abc are two sessions with one turn`;
    found.push(doubtful('id-case', message, 'harmless where all ids are lower case, as md5 makes them'));
  }
  return found.length > 0 ? found : [well('id', `${id.name} is ${id.type}, ${id.collation}`)];
}

/** What a column of this type can hold, in bytes (of CHAR and VARCHAR in characters). */
function mostBytes(type: string): number {
  const [, sized] = /^(?:var)?(?:char|binary)\((\d+)\)/.exec(type) ?? [];
  if (sized !== undefined) return Number(sized);
  const bits = { tiny: 8, medium: 24, long: 32 }[/^(tiny|medium|long)/.exec(type)?.[1] ?? ''];
  return 2 ** (bits ?? 16) - 1;
}

const sayBytes = (bytes: number): string => `${bytes.toLocaleString('en')} bytes`;

async function probeLength(
  ask: Ask,
  { table, dataColumn }: SessionTable,
  data: Column,
): Promise<ProbeFinding[]> {
  const most = mostBytes(data.type);
  const [row] = await ask(
    `SELECT MAX(LENGTH(${mysql.escapeId(dataColumn)})) AS most, @@GLOBAL.sql_mode AS mode FROM ${mysql.escapeId(table)}`,
  );
  const largest = Number(row?.['most'] ?? 0);
  const isStrict = /STRICT_(?:TRANS|ALL)_TABLES/.test(String(row?.['mode']));
  const fate = isStrict
    ? 'the script that writes a larger one dies'
    : 'sql_mode is not strict: a larger one is cut without a word, and can never be read again';
  const size = `${data.name} is ${data.type} and holds ${sayBytes(most)}`;
  const type = data.collation === null ? 'MEDIUMBLOB' : 'MEDIUMTEXT';
  const help = `ALTER TABLE ${table} MODIFY ${data.name} ${type} NOT NULL`;
  if (largest > most * 0.5) {
    const say = largest > most * 0.9 ? wrong : doubtful;
    return [say('data-short', `${size}; the largest session has ${sayBytes(largest)}; ${fate}`, help)];
  }
  if (!isStrict && most < 2 ** 16) return [doubtful('data-cut', `${size}, and ${fate}`, help)];
  return [well('data', `${size}; the largest session has ${sayBytes(largest)}`)];
}
