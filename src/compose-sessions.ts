import { createSecretKey, randomBytes, scryptSync } from 'node:crypto';
import { connectionOptions, type LockNews, openPlaces, sessionTable } from './compose-places.ts';
import type { SessionSettings } from './config/settings.ts';
import { idPlacesOf } from './config/settings.ts';
import type { MysqlAddress, StoreAddress } from './config/store-url.ts';
import { Problem } from './errors.ts';
import { systemClock } from './exchange/clock.ts';
import type { SessionParts } from './gateway/parts.ts';
import { collationOf } from './mysql/collation.ts';
import { TimelineTable } from './mysql/timeline-table.ts';
import { codecCalled } from './perl/formats.ts';
import { mostConnections } from './porting/host-pool.ts';
import type { HostSettings } from './porting/host-words.ts';
import { Nesting } from './session/nesting.ts';
import { NowAndThen } from './session/now-and-then.ts';
import type { TimelineStore } from './session/timeline-entry.ts';
import { Turnstile } from './session/turnstile.ts';
import { watchSessions } from './session/watch.ts';
import type { Log } from './telemetry/log.ts';

/** Sessions whose timeline is remembered: a few kilobytes each. */
export const mostSessions = 1_000;
/** Sessions of which it is remembered how they were left: a kilobyte each, and who is not among them is read anew. */
const mostWatched = 4_000;

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
  others: TimelineStore | null,
  news: LockNews,
): Promise<ComposedSessions> {
  const places = await openPlaces(session, news);
  const { lock, isHeld, look } = places;
  const { queue: longestQueue, trace } = session;
  return {
    parts: {
      turnstile: new Turnstile({ lock, clock: systemClock, longestQueue }),
      nesting: new Nesting({
        gateway: randomBytes(6).toString('base64url'),
        clock: systemClock,
        key: createSecretKey(leaseKey(session.store)),
        longestQueue,
        isHeld,
      }),
      nestedBy: session.nested,
      witnessed: new NowAndThen(),
      idPlaces: idPlacesOf(session),
      patienceMs: session.waitMs,
      watch:
        look === null
          ? null
          : watchSessions({
              look: look.look,
              aloneSince: (epochMs) => look.presence.aloneSince(epochMs),
              others,
              clock: systemClock,
              codec: codecCalled(session.serializer),
              trace,
              mostSessions: mostWatched,
            }),
    },
    notReady: () => lock.ping().then(() => null, sentenceOf),
    close: () => places.close(),
  };
}

/** The timeline of all gateways in their database; null where `keep` is not said. */
export function openTimeline(session: SessionSettings, gateway: string, log: Log): TimelineStore | null {
  const { store, keepMs } = session;
  if (store.kind === 'file' || keepMs === null) return null;
  return new TimelineTable({
    options: connectionOptions(store),
    gateway,
    keepMs,
    clock: systemClock,
    onLost: (rows, reason) => log.warn('entries of the timeline were lost', { rows, reason }),
  });
}

/**
 * Signs lease tokens. Gateways on one database share a secret already, its password, and so can read each other's
 * tokens; where there is none, each knows only its own.
 */
function leaseKey(store: StoreAddress): Buffer {
  if (store.kind === 'file' || store.password === '') return randomBytes(32);
  const salt = `${store.database}.${store.table}`;
  return scryptSync(store.password, `banyan lease token ${salt}`, 32); // slow, once: tokens can be seen by scripts
}

function sentenceOf(thrown: unknown): string {
  return thrown instanceof Problem ? thrown.sentence : 'The session store does not answer.';
}

/** What a port host has to know of sessions and of its database. */
export function portSessions(session: SessionSettings, database: MysqlAddress | null): HostSettings {
  const { format, serializer, cookie: cookieName, store } = session;
  const address = store.kind === 'mysql' ? store : database;
  return {
    format,
    serializer,
    cookieName,
    folder: store.kind === 'file' ? { ...store, format } : null,
    database:
      address === null
        ? null
        : {
            options: {
              ...connectionOptions(address),
              charset: collationOf(address.charset),
              connectionLimit: mostConnections,
            },
            table: sessionTable(format, address),
          },
  };
}
