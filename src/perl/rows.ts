import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionModule } from '../session/module.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { hexId, sessionCookie } from './cgi-session.ts';
import { fifteenDigits } from './dumper-literals.ts';
import { frozenCodec, only } from './row-value.ts';

/** One key of a session that has a row for each, as OTRS and Znuny keep them (perl.md 6.1). */
export interface KeyRow {
  readonly key: string;
  /** Whether the value is Base64 of Storable. */
  readonly isSerialized: boolean;
  readonly value: string | null;
}

/** A whole session of such rows: one row for each key. */
export interface KeyRows {
  /** As the table spells it. */
  readonly id: string;
  readonly rows: readonly KeyRow[];
}

/** The rows as one text, so that everything else can treat them as it does the bytes of any session: a line for each. */
export function joinRows({ id, rows }: KeyRows): Buffer {
  const lines = rows.map(({ key, isSerialized, value }) => JSON.stringify([key, isSerialized, value]));
  return Buffer.from([JSON.stringify(id), ...lines].join('\n'));
}

/** The rows of such a text. Throws Problem SESSION_UNREADABLE where it is none. */
export function splitRows(bytes: Buffer): KeyRows {
  const [id, ...rows] = bytes.toString('utf8').split('\n').map(parseLine);
  if (typeof id !== 'string' || !rows.every(isRow)) throw unreadable('no rows of a session');
  return { id, rows: rows.map(([key, isSerialized, value]) => ({ key, isSerialized, value })) };
}

/** Where the id of a session is: it is a column and no key, so it is remembered beside the data. */
const ids = new WeakMap<SessionData, string>();

/** What is known of such sessions: nothing, but their id. Every other key is the application's own. */
export const rowsModule: SessionModule = {
  format: 'rows',
  isId: () => true,
  isHidden: () => false,
  idOf: (data) => ids.get(data) ?? null,
  begin: () => null,
  renumber: () => {
    throw new TypeError('only the application can give a session of this kind another id');
  },
  load: () => 'alive',
  touch: () => undefined,
  setExpiry: () => {
    throw new TypeError('only the application knows when a session of this kind ends');
  },
  cookie: (_, { name, id, nowSeconds }) => sessionCookie({ name, id, expiresSeconds: null, nowSeconds }),
  newId: hexId,
  ownLockName: () => null,
};

/** Reads and writes the text of joinRows. The row of a key that is as it was stays as it was. */
export const rowsCodec: SessionCodec = {
  name: 'rows',
  decode(bytes) {
    const { id, rows } = splitRows(bytes);
    const data: SessionData = Object.create(null);
    for (const row of rows) data[row.key] = valueOf(row);
    ids.set(data, id);
    return data;
  },
  encode(data, like) {
    if (like === null) throw new Problem('SESSION_UNWRITABLE', 'only the application can begin a session');
    const { id, rows } = splitRows(like);
    const before = new Map(rows.map((row) => [row.key, row]));
    const kept = [...before.keys()].filter((key) => Object.hasOwn(data, key));
    const added = Object.keys(data).filter((key) => !before.has(key));
    const rowOf = (key: string): KeyRow => writeRow(key, data[key], before.get(key) ?? null);
    return joinRows({ id, rows: [...kept, ...added].map(rowOf) });
  },
};

function valueOf({ key, isSerialized, value }: KeyRow): SessionValue {
  if (!isSerialized) return value;
  return inKey(key, () => frozenCodec.decode(Buffer.from(value ?? '', 'latin1'))[only] ?? null);
}

function writeRow(key: string, value: SessionValue | undefined, before: KeyRow | null): KeyRow {
  if (before !== null && Object.is(valueOf(before), value)) return before;
  return inKey(key, () => {
    if (!key.isWellFormed()) throw unwritable('a key with half a surrogate pair');
    if (typeof value !== 'object' || value === null)
      return { key, isSerialized: false, value: textOf(value) };
    const like = before?.isSerialized === true ? Buffer.from(before.value ?? '', 'latin1') : null;
    const frozen = frozenCodec.encode({ [only]: value }, like);
    return { key, isSerialized: true, value: frozen.toString('latin1') };
  });
}

/** The text of a value in a row of its own, as DBI binds it. */
function textOf(value: Exclude<SessionValue, object> | null | undefined): string | null {
  if (value === null) return null;
  if (typeof value === 'string' && value.isWellFormed()) return value;
  if (typeof value === 'number' && Number.isFinite(value))
    return Number.isSafeInteger(value) ? String(value) : fifteenDigits(value);
  throw unwritable(
    `${typeof value === 'string' ? 'half a surrogate pair' : String(value)} has no form in Perl`,
  );
}

/** Lets what goes wrong in one row say in which. */
function inKey<T>(key: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    throw new Problem(thrown.code, `key ${JSON.stringify(key)}: ${thrown.message}`, thrown);
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw unreadable('a line that is no row');
  }
}

function isRow(row: unknown): row is [string, boolean, string | null] {
  if (!Array.isArray(row) || row.length !== 3) return false;
  const [key, isSerialized, value] = row as unknown[];
  return (
    typeof key === 'string' &&
    typeof isSerialized === 'boolean' &&
    (value === null || typeof value === 'string')
  );
}

function unreadable(reason: string): Problem {
  return new Problem('SESSION_UNREADABLE', `session: ${reason}`);
}

function unwritable(reason: string): Problem {
  return new Problem('SESSION_UNWRITABLE', reason);
}
