import type { SessionSettings } from './config/settings.ts';
import type { FileAddress, MysqlAddress } from './config/store-url.ts';
import { systemClock } from './exchange/clock.ts';
import { FileLock } from './files/file-lock.ts';
import { filePresence } from './files/file-presence.ts';
import { fileSnapshots } from './files/file-snapshots.ts';
import { Locker } from './files/locker.ts';
import { whoseFolder } from './files/owner.ts';
import { chosenLock } from './mysql/choose-lock.ts';
import { collationOf } from './mysql/collation.ts';
import { heldElsewhere } from './mysql/held-elsewhere.ts';
import { LockTable } from './mysql/lock-table.ts';
import { NamedLock } from './mysql/named-lock.ts';
import { presence } from './mysql/presence.ts';
import type { SessionTable } from './mysql/session-table.ts';
import { snapshotReader } from './mysql/snapshots.ts';
import type { Fence, KeptLock } from './session/lock.ts';
import type { SessionFormat } from './session/module.ts';
import type { Presence } from './session/presence.ts';
import type { SessionWatch } from './session/watch.ts';

/** Where sessions are kept, as far as a gateway has to do with it. */
export interface SessionPlaces {
  readonly lock: KeptLock;
  /** Whether a turn of another gateway is still held. Never rejects. */
  readonly isHeld: (fence: Fence) => Promise<boolean>;
  /** What looks at sessions for the timeline; null where `trace: off`. */
  readonly look: { readonly look: SessionWatch['look']; readonly presence: Presence } | null;
  close(): Promise<void>;
}

/** What is told to people of the locks. */
export interface LockNews {
  readonly onLost: (locks: number) => void;
  readonly onChosen: (kind: string, why: string) => void;
  readonly onDoubt: (doubt: string) => void;
}

/** Opens the place of the sessions that the settings name. */
export function openPlaces(session: SessionSettings, news: LockNews): Promise<SessionPlaces> {
  const { store } = session;
  return store.kind === 'mysql' ? inMysql(session, store, news) : inFiles(session, store, news);
}

async function inMysql(
  session: SessionSettings,
  store: MysqlAddress,
  { onLost, onChosen }: LockNews,
): Promise<SessionPlaces> {
  const options = connectionOptions(store);
  const scope = `${store.database}.${store.table}`;
  const parts = { options, scope, clock: systemClock, random: Math.random, onLost };
  const make = (kind: 'names' | 'table'): KeptLock =>
    kind === 'names' ? new NamedLock(parts) : new LockTable(parts);
  const lock =
    session.lock === 'auto'
      ? chosenLock(options, ({ kind, why }) => {
          onChosen(kind, why);
          return make(kind);
        })
      : make(session.lock);
  const elsewhere = heldElsewhere(options);
  const reader =
    session.trace === 'off'
      ? null
      : snapshotReader(
          { ...options, charset: collationOf(store.charset) },
          sessionTable(session.format, store),
          systemClock,
        );
  const others = reader === null ? null : await presence(options, scope, systemClock);
  return {
    lock,
    isHeld: (fence) => elsewhere.isHeld(fence),
    look: reader === null || others === null ? null : { look: (id) => reader.look(id), presence: others },
    close: async () => {
      await others?.close();
      await reader?.close();
      await elsewhere.close();
      await lock.close();
    },
  };
}

async function inFiles(
  session: SessionSettings,
  store: FileAddress,
  { onLost, onDoubt }: LockNews,
): Promise<SessionPlaces> {
  const doubt = await whoseFolder(store.directory);
  if (doubt !== null) onDoubt(doubt);
  const locker = new Locker({ directory: store.directory, clock: systemClock });
  const lock = new FileLock({ locker, onLost });
  const { format, trace } = session;
  const reader = trace === 'off' ? null : fileSnapshots({ ...store, format }, locker, systemClock);
  const others = reader === null ? null : await filePresence(locker, systemClock);
  return {
    lock,
    isHeld: () => Promise.resolve(false), // tokens of other gateways are not known here
    look: reader === null || others === null ? null : { look: (id) => reader.look(id), presence: others },
    close: async () => {
      await others?.close();
      await reader?.close();
      await lock.close();
    },
  };
}

/** The columns that each kind of session has where nobody says otherwise (perl.md 1.3, 2 and 6.1). */
export function sessionTable(format: SessionFormat, store: MysqlAddress): SessionTable {
  const [idColumn, dataColumn] = format === 'rows' ? ['session_id', 'data_value'] : ['id', 'a_session'];
  return {
    format,
    table: store.table,
    idColumn: store.idColumn ?? idColumn,
    dataColumn: store.dataColumn ?? dataColumn,
    charset: store.charset,
  };
}

/**
 * How mysql2 reaches a database. Without its traces: a stack with each statement took a fifth of a port's time (`bench
 * ports`), and what fails is told in words of ours.
 */
export function connectionOptions(address: MysqlAddress) {
  const { socketPath, host, tcpPort, user, password, database } = address;
  const where = socketPath === null ? { host, port: tcpPort ?? 3306 } : { socketPath };
  return { ...where, user, password, database, trace: false };
}
