import { Mistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';

/** A database and the table of the sessions in it. Holds the password: never print it whole. */
export interface MysqlAddress {
  readonly kind: 'mysql';
  readonly host: string;
  /** Null when a socket is used. */
  readonly tcpPort: number | null;
  /** The path of MySQL's unix socket, or null. */
  readonly socketPath: string | null;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly table: string;
  /** The column of the session id, or null for the one that the format is known to use. */
  readonly idColumn: string | null;
  /** The column of what the session holds, or null for the one that the format is known to use. */
  readonly dataColumn: string | null;
  /** The character set of the legacy connection. */
  readonly charset: string;
}

/** A folder of session files. */
export interface FileAddress {
  readonly kind: 'file';
  readonly directory: string;
  /** The name of a session's file, with %s for its id; null for the one that the format is known to use. */
  readonly fileName: string | null;
  /** Where Apache::Session keeps its lock files: its LockDirectory. */
  readonly lockDirectory: string;
}

/** Where the sessions are kept. */
export type StoreAddress = MysqlAddress | FileAddress;

const example = 'mysql://user:password@127.0.0.1:3306/database?table=sessions';
const fileExample = 'file:///var/lib/shop/sessions?name=cgisess_%s';
const parameters = ['table', 'id', 'data', 'charset', 'socket'];
const fileParameters = ['name', 'locks'];

/** Reads the address of a session store, in MySQL or in files. Throws a Mistake [bad-store]; no message shows the URL. */
export function parseStoreUrl(text: string): StoreAddress {
  return text.startsWith('file:') ? parseFileUrl(text) : parseMysqlUrl(text);
}

/** Reads `mysql://user:pw@host:3306/db?table=&id=&data=&charset=&socket=`. Throws a Mistake [bad-store]. */
export function parseMysqlUrl(text: string): MysqlAddress {
  if (!text.startsWith('mysql://')) {
    throw new Mistake(
      'bad-store',
      'the session store is not a mysql:// or file:// address',
      `write ${example}`,
    );
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new Mistake('bad-store', 'cannot read the session store', escapeHelp);
  checkParameters(url, parameters);
  const socketPath = url.searchParams.get('socket');
  const database = decoded(url.pathname.slice(1));
  if (database === '' || database.includes('/')) {
    throw new Mistake('bad-store', 'the session store names no database', `write ${example}`);
  }
  return {
    kind: 'mysql',
    host: url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[|\]$/g, ''),
    tcpPort: socketPath === null ? Number(url.port === '' ? 3306 : url.port) : null,
    socketPath,
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    table: word(url, 'table', 'sessions', /^[A-Za-z0-9_$]+(\.[A-Za-z0-9_$]+)?$/),
    idColumn: url.searchParams.has('id') ? word(url, 'id', '', /^[A-Za-z0-9_$]+$/) : null,
    dataColumn: url.searchParams.has('data') ? word(url, 'data', '', /^[A-Za-z0-9_$]+$/) : null,
    charset: word(url, 'charset', 'latin1', /^[a-z0-9_]+$/),
  };
}

/** Reads `file:///folder?name=cgisess_%s&locks=/tmp`. */
function parseFileUrl(text: string): FileAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.host !== '' || url.pathname === '/') {
    const message = 'the session store names no folder';
    throw new Mistake('bad-store', message, `write ${fileExample}`);
  }
  checkParameters(url, fileParameters);
  const fileName = url.searchParams.get('name');
  if (fileName !== null && (!/^[^/\0]*%s[^/\0]*$/.test(fileName) || fileName.split('%').length !== 2)) {
    const message = `the name "${fileName}" of the session files has no single %s for the id`;
    throw new Mistake('bad-store', message, `write ${fileExample}`);
  }
  return {
    kind: 'file',
    directory: decoded(url.pathname).replace(/(?<=.)\/+$/, ''),
    fileName,
    lockDirectory: url.searchParams.get('locks') ?? '/tmp', // the default of Apache::Session::Lock::File
  };
}

const escapeHelp = `write ${example}; in a password, @ is written %40, / is %2F, # is %23, % is %25`;

function checkParameters(url: URL, known: readonly string[]): void {
  if (url.hash !== '') throw new Mistake('bad-store', 'the session store holds a "#"', escapeHelp);
  for (const name of url.searchParams.keys()) {
    if (known.includes(name)) continue;
    const help = didYouMean(name, known) ?? `it reads ${known.join(', ')}`;
    throw new Mistake('bad-store', `the session store has an unknown parameter "${name}"`, help);
  }
}

/** Names of tables and columns go into SQL, where a placeholder cannot stand: they are checked here, once. */
function word(url: URL, name: string, otherwise: string, shape: RegExp): string {
  const value = url.searchParams.get(name) ?? otherwise;
  if (shape.test(value)) return value;
  throw new Mistake(
    'bad-store',
    `cannot read the ${name} "${value}" of the session store`,
    'write letters, digits and _',
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Mistake('bad-store', 'the session store holds a "%" without two hex digits', escapeHelp);
  }
}
