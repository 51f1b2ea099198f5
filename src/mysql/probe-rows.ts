import { isUtf8 } from 'node:buffer';
import mysql from 'mysql2/promise';
import { Problem } from '../errors.ts';
import { formatOf, recognise } from '../perl/formats.ts';
import type { SessionCodec } from '../session/codec.ts';
import { doubtful, type ProbeFinding, well, wrong } from '../session/probe.ts';
import type { Ask } from './probe-ask.ts';
import type { SessionTable } from './session-table.ts';

/** Rows that are looked at, and what is too large to be fetched for that. */
const mostRows = 50;
const mostBytes = 262_144;
/** With more rows than this, to find the newest by a column without an index is work for the server. */
const mostSorted = 100_000;

interface Row {
  /** As Perl sees it over the legacy connection. */
  readonly bytes: Buffer;
  /** Whether the legacy connection's character set has every character that the row holds. */
  readonly isWhole: boolean;
}

/** Reads some sessions, the newest ones where a column tells, with the serializer of the settings. */
export async function probeRows(
  ask: Ask,
  where: SessionTable,
  codec: SessionCodec | null,
): Promise<ProbeFinding[]> {
  if (codec === null) return [];
  const rows = await sample(ask, where);
  if (rows.length === 0) return [well('rows', 'the table is empty')];
  return [...judgeFormat(rows, codec), ...judgeCharset(rows, where.charset)];
}

async function sample(ask: Ask, { table, dataColumn, charset }: SessionTable): Promise<Row[]> {
  const [name, data] = [mysql.escapeId(table), mysql.escapeId(dataColumn)];
  const columns = await ask(`SHOW FULL COLUMNS FROM ${name}`);
  const collation = columns.find((row) => String(row['Field']).toLowerCase() === dataColumn.toLowerCase())?.[
    'Collation'
  ];
  const [set] = typeof collation === 'string' ? collation.split('_') : [null];
  const perl = set === null ? data : `CONVERT(${data} USING ${charset})`;
  const isWhole =
    set === null ? '1' : `CAST(CONVERT(${perl} USING ${set}) AS BINARY) = CAST(${data} AS BINARY)`;
  const rows = await ask(
    `SELECT CAST(${perl} AS BINARY) AS bytes, ${isWhole} AS whole FROM ${name}
      WHERE LENGTH(${data}) <= ${mostBytes}${await newestFirst(ask, name, columns)} LIMIT ${mostRows}`,
  );
  return rows.flatMap(({ bytes, whole }) =>
    bytes instanceof Buffer ? [{ bytes, isWhole: whole === 1 }] : [],
  );
}

async function newestFirst(ask: Ask, name: string, columns: Record<string, unknown>[]): Promise<string> {
  const moment = columns.find((row) => /^(?:timestamp|datetime)/i.test(String(row['Type'])));
  if (moment === undefined) return '';
  const [row] = await ask(
    `SELECT COUNT(*) AS count FROM (SELECT 1 FROM ${name} LIMIT ${mostSorted}) AS some`,
  );
  return Number(row?.['count']) < mostSorted
    ? ` ORDER BY ${mysql.escapeId(String(moment['Field']))} DESC`
    : '';
}

/** What some rows look like, and how many could be read with the codec that is set. */
function judgeFormat(rows: readonly Row[], codec: SessionCodec): ProbeFinding[] {
  const name = formatOf(codec);
  const looks = new Map<string, number>();
  let read = 0;
  let reason = '';
  for (const { bytes } of rows) {
    const look = lookOf(bytes);
    looks.set(look ?? '', (looks.get(look ?? '') ?? 0) + 1);
    try {
      codec.decode(bytes);
      read++;
    } catch (thrown) {
      reason = thrown instanceof Problem ? thrown.message : String(thrown);
    }
  }
  const of = `of ${rows.length} rows`;
  const [[other, count] = ['', 0]] = [...looks]
    .filter(([look]) => look !== '' && !isAlike(look, name))
    .toSorted((one, two) => two[1] - one[1]);
  if (other !== '' && count > rows.length / 2 && name !== 'auto') {
    const say = read < rows.length / 2 ? wrong : doubtful;
    const message = `${count} ${of} look like ${other}, and the serializer is ${name}`;
    return [say('serializer', message, `write "serializer: ${other}"`)];
  }
  if (read === rows.length) return [well('rows', `${read} ${of} looked at can be read as ${name}`)];
  const unread = `${rows.length - read} ${of} cannot be read as ${name}`;
  const help =
    other === ''
      ? `the last of them: ${reason}`
      : `${count} look like ${other}; "serializer: auto" reads both, but with it no port can begin a session`;
  return [(read === 0 ? wrong : doubtful)('rows-unread', unread, help)];
}

function lookOf(bytes: Buffer): string | null {
  try {
    const codec = recognise(bytes);
    codec.decode(bytes);
    return formatOf(codec);
  } catch {
    return null;
  }
}

/** The three writers of YAML, and both orders of Storable, cannot always be told apart, and read each other. */
function isAlike(one: string, other: string): boolean {
  const family = (name: string): string =>
    name.startsWith('yaml-') ? 'yaml' : name === 'storable-native' ? 'storable' : name;
  return family(one) === family(other);
}

/** Whether the rows can have been written over a connection of the character set that is set for the store. */
function judgeCharset(rows: readonly Row[], charset: string): ProbeFinding[] {
  const cut = rows.filter(({ isWhole }) => !isWhole).length;
  if (cut > 0) {
    const message = `${cut} of ${rows.length} rows hold characters that ${charset} does not have: the old scripts connect with another character set`;
    const help = 'write it in the store address, most likely ?charset=utf8mb4';
    return [wrong('charset-other', message, help)];
  }
  const doubled = rows.filter(({ bytes }) => isDoubled(bytes)).length;
  if (doubled === 0) return [];
  const message = `${doubled} of ${rows.length} rows read like UTF-8 that was taken for latin1 and made UTF-8 again`;
  const help = 'if pages are right all the same, the old scripts connect with ?charset=latin1';
  return [doubtful('charset-doubled', message, help)];
}

/** Whether bytes are UTF-8 whose characters are the bytes of UTF-8: `Ã©` for `é`. */
function isDoubled(bytes: Buffer): boolean {
  if (!bytes.some((byte) => byte > 127) || !isUtf8(bytes)) return false;
  const text = bytes.toString('utf8');
  return !/[^\0-\xff]/.test(text) && isUtf8(Buffer.from(text, 'latin1'));
}
