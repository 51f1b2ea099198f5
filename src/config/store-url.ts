import { Mistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';

/** Where the sessions are kept. Holds the password: never print it whole. */
export interface StoreAddress {
  readonly host: string;
  /** Null when a socket is used. */
  readonly tcpPort: number | null;
  /** The path of MySQL's unix socket, or null. */
  readonly socketPath: string | null;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly table: string;
  /** The character set of the connection. */
  readonly charset: string;
}

const example = 'mysql://user:password@127.0.0.1:3306/database?table=sessions';
const parameters = ['table', 'charset', 'socket'];

/** Reads `mysql://user:pw@host:3306/db?table=&charset=&socket=`. Throws a Mistake [bad-store]; no message shows the URL. */
export function parseStoreUrl(text: string): StoreAddress {
  if (text.startsWith('file:')) {
    throw new Mistake('not-yet', 'sessions in files are not in this version yet', `it reads ${example}`);
  }
  if (!text.startsWith('mysql://')) {
    throw new Mistake('bad-store', 'the session store is not a mysql:// address', `write ${example}`);
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new Mistake('bad-store', 'cannot read the session store', escapeHelp);
  checkParameters(url);
  const socketPath = url.searchParams.get('socket');
  const database = decoded(url.pathname.slice(1));
  if (database === '' || database.includes('/')) {
    throw new Mistake('bad-store', 'the session store names no database', `write ${example}`);
  }
  return {
    host: url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[|\]$/g, ''),
    tcpPort: socketPath === null ? Number(url.port === '' ? 3306 : url.port) : null,
    socketPath,
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    table: word(url, 'table', 'sessions', /^[A-Za-z0-9_$]+(\.[A-Za-z0-9_$]+)?$/),
    charset: word(url, 'charset', 'latin1', /^[a-z0-9_]+$/),
  };
}

const escapeHelp = `write ${example}; in a password, @ is written %40, / is %2F, # is %23, % is %25`;

function checkParameters(url: URL): void {
  if (url.hash !== '') throw new Mistake('bad-store', 'the session store holds a "#"', escapeHelp);
  for (const name of url.searchParams.keys()) {
    if (parameters.includes(name)) continue;
    const help = didYouMean(name, parameters) ?? `it reads ${parameters.join(', ')}`;
    throw new Mistake('bad-store', `the session store has an unknown parameter "${name}"`, help);
  }
}

/** The table's name goes into SQL, where a placeholder cannot stand: it is checked here, once. */
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
