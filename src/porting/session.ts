import { randomBytes } from 'node:crypto';
import { Problem } from '../errors.ts';
import {
  dropExpiredKeys,
  expiry,
  isHidden,
  newSession,
  newSessionId,
  sessionCookie,
  touch,
} from '../perl/cgi-session.ts';
import type { SessionCodec } from '../session/codec.ts';
import { makeDraft, type Draft, type SessionManners } from '../session/draft.ts';
import type { SessionData } from '../session/session.ts';
import type { Transaction } from '../session/store.ts';
import type { Errand } from './wire.ts';

/** A session opened for one request. */
export interface OpenSession {
  readonly draft: Draft;
  /** Writes what the port made of it, in the transaction it was opened in. */
  save(): Promise<void>;
}

/** How sessions are written down and what their cookie is called. */
export interface SessionCustoms {
  readonly codec: SessionCodec;
  readonly cookieName: string;
}

/**
 * Opens the session of a request as CGI::Session->new does: the row of the id where it exists and has not expired,
 * else a new session under a new id; an id that a client made up is never adopted. Rejects with SESSION_UNREADABLE
 * where the row cannot be read: a present session is never replaced by an empty one.
 */
export async function openSession(
  errand: Errand,
  transaction: Transaction,
  customs: SessionCustoms,
): Promise<OpenSession> {
  const nowSeconds = Math.floor(errand.receivedAtMs / 1000);
  const manners = mannersOf(customs.cookieName, nowSeconds);
  const readOnly = errand.sessionUse !== 'write';
  const id = errand.sessionUse === 'none' ? null : errand.sessionId;
  const bytes = id === null ? null : await transaction.loadSession(id, !readOnly);
  if (id === null || bytes === null) return addNew(errand, transaction, customs, manners, nowSeconds);

  const data = customs.codec.decode(bytes);
  const storedId = data['_SESSION_ID'];
  if (typeof storedId !== 'string' || storedId === '') {
    throw new Problem('SESSION_UNREADABLE', 'the session has no _SESSION_ID');
  }
  if (expiry(data, nowSeconds) === 'expired') {
    if (!readOnly) await transaction.removeSession(id);
    return addNew(errand, transaction, customs, manners, nowSeconds);
  }
  dropExpiredKeys(data, nowSeconds);
  if (!readOnly) touch(data, nowSeconds);
  const save = async (): Promise<void> => {
    if (readOnly) return;
    if (errand.fence === null)
      throw new Problem('LEASE_LOST', 'the session was opened for writing without a turn');
    await transaction.saveSession(id, customs.codec.encode(data, bytes), errand.fence);
  };
  return { draft: makeDraft(data, { id: storedId, isNew: false, readOnly }, manners), save };
}

function addNew(
  errand: Errand,
  transaction: Transaction,
  customs: SessionCustoms,
  manners: SessionManners,
  nowSeconds: number,
): OpenSession {
  const id = newSessionId(randomBytes(16));
  const data = newSession({ id, nowSeconds, remoteAddress: errand.clientAddress });
  const readOnly = errand.sessionUse !== 'write';
  const save = async (): Promise<void> => {
    if (!readOnly) await transaction.addSession(id, customs.codec.encode(data, null));
  };
  return { draft: makeDraft(data, { id, isNew: true, readOnly }, manners), save };
}

function mannersOf(cookieName: string, nowSeconds: number): SessionManners {
  return {
    isHidden,
    setExpiry: (data, seconds) => {
      data['_SESSION_ETIME'] = seconds;
    },
    cookie: (data: SessionData, id: string) =>
      sessionCookie({
        name: cookieName,
        id,
        expiresSeconds: Number(data['_SESSION_ETIME'] ?? 0) || null,
        nowSeconds,
      }),
  };
}
