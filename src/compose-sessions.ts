import { hkdfSync, randomBytes } from 'node:crypto';
import type { SessionSettings } from './config/settings.ts';
import { idPlacesOf } from './config/settings.ts';
import type { MysqlAddress, StoreAddress } from './config/store-url.ts';
import { Problem } from './errors.ts';
import { systemClock } from './exchange/clock.ts';
import type { SessionParts } from './gateway/parts.ts';
import { NamedLock } from './mysql/named-lock.ts';
import { presence } from './mysql/presence.ts';
import type { SessionTable } from './mysql/session-table.ts';
import { snapshotReader } from './mysql/snapshots.ts';
import { codecCalled } from './perl/formats.ts';
import type { HostSettings } from './porting/spawn.ts';
import type { KeptLock } from './session/lock.ts';
import type { SessionFormat } from './session/module.ts';
import { Nesting } from './session/nesting.ts';
import { NowAndThen } from './session/now-and-then.ts';
import { Turnstile } from './session/turnstile.ts';
import { watchSessions } from './session/watch.ts';

/** Sessions that are remembered: a few kilobytes each. */
export const mostSessions = 1_000;
/** Connections a port host opens at most. */
export const portConnections = 64;

/** All of a gateway that has to do with sessions. */
export interface ComposedSessions {
  readonly parts: SessionParts;
  /** Why no turn could be had now, in a sentence for people; null where one could. */
  notReady(): Promise<string | null>;
  close(): Promise<void>;
}

/** Opens what a gateway needs to take turns and to watch what becomes of sessions. */
export async function composeSessions(
  session: SessionSettings,
  onLost: (locks: number) => void,
): Promise<ComposedSessions> {
  const lock = makeLock(session, onLost);
  const watching = await sessionWatch(session);
  return {
    parts: {
      turnstile: new Turnstile({ lock, clock: systemClock, longestQueue: session.queue }),
      nesting: new Nesting({
        clock: systemClock,
        key: leaseKey(session.store),
        longestQueue: session.queue,
        isHeld: () => Promise.resolve(false),
      }),
      nestedBy: session.nested,
      witnessed: new NowAndThen(),
      idPlaces: idPlacesOf(session),
      patienceMs: session.waitMs,
      watch: watching?.watch ?? null,
    },
    notReady: () => lock.ping().then(() => null, sentenceOf),
    close: async () => {
      await watching?.close();
      await lock.close();
    },
  };
}

/**
 * Signs lease tokens. Gateways on one database share a secret already, its password, and so can read each other's
 * tokens; where there is none, each knows only its own.
 */
function leaseKey(store: StoreAddress): Buffer {
  if (store.kind === 'file' || store.password === '') return randomBytes(32);
  const salt = `${store.database}.${store.table}`;
  return Buffer.from(hkdfSync('sha256', store.password, salt, 'banyan lease token', 32));
}

function sentenceOf(thrown: unknown): string {
  return thrown instanceof Problem ? thrown.sentence : 'The session store does not answer.';
}

function makeLock(session: SessionSettings, onLost: (locks: number) => void): KeptLock {
  const { store } = session;
  if (store.kind === 'file') throw new RangeError('sessions in files are not wired yet');
  return new NamedLock({
    options: connectionOptions(store),
    scope: `${store.database}.${store.table}`,
    clock: systemClock,
    random: Math.random,
    onLost,
  });
}

/** What looks at sessions while their turns are held, on connections of its own; null where `trace: off`. */
async function sessionWatch(session: SessionSettings) {
  const { trace, store } = session;
  if (trace === 'off') return null;
  if (store.kind === 'file') throw new RangeError('sessions in files are not wired yet');
  const options = { ...connectionOptions(store), charset: `${store.charset}_general_ci` };
  const reader = snapshotReader(options, sessionTable(session.format, store), systemClock);
  const others = await presence(options, `${store.database}.${store.table}`, systemClock);
  return {
    watch: watchSessions({
      look: (id) => reader.look(id),
      aloneSince: (epochMs) => others.aloneSince(epochMs),
      codec: codecCalled(session.serializer),
      trace,
      mostSessions,
    }),
    close: async () => {
      await others.close();
      await reader.close();
    },
  };
}

/** What a port host has to know of sessions and of its database. */
export function portSessions(
  session: SessionSettings,
  database: MysqlAddress | null,
): Omit<HostSettings, 'socketPath'> {
  const { format, serializer, cookie: cookieName, store } = session;
  const address = store.kind === 'mysql' ? store : database;
  return {
    format,
    serializer,
    cookieName,
    store: store.kind === 'mysql' ? { kind: 'mysql', table: sessionTable(format, store) } : store,
    database:
      address === null
        ? null
        : {
            ...connectionOptions(address),
            charset: `${address.charset}_general_ci`,
            connectionLimit: portConnections,
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

/** How mysql2 reaches a database. */
export function connectionOptions(address: MysqlAddress) {
  const { socketPath, host, tcpPort, user, password, database } = address;
  const where = socketPath === null ? { host, port: tcpPort ?? 3306 } : { socketPath };
  return { ...where, user, password, database };
}
