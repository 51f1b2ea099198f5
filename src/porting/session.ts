import { randomBytes } from 'node:crypto';
import { Problem } from '../errors.ts';
import type { SessionSeen } from '../exchange/outcome.ts';
import { sessionCookie } from '../perl/cgi-session.ts';
import type { SessionCodec } from '../session/codec.ts';
import { makeDraft, type Draft, type SessionManners } from '../session/draft.ts';
import type { Fence } from '../session/lock.ts';
import type { SessionModule } from '../session/module.ts';
import type { SessionData } from '../session/session.ts';
import type { Transaction } from '../session/store.ts';
import type { Errand } from './wire.ts';

/** A session opened for one request. */
export interface OpenSession {
  readonly draft: Draft;
  /** Writes what the port made of it, in the transaction it was opened in. Resolves with what became of it. */
  save(): Promise<SessionSeen>;
}

/** Whose sessions they are, how they are written down, and what their cookie is called. */
export interface SessionCustoms {
  readonly module: SessionModule;
  readonly codec: SessionCodec;
  readonly cookieName: string;
}

/**
 * Opens the session of a request as CGI::Session->new does: the row of the id where it exists and has not expired,
 * else a new session under a new id; an id that a client made up is never adopted. Rejects with SESSION_UNREADABLE
 * where the row cannot be read: a present session is never replaced by an empty one. `check` is asked of each value that the
 * port reads or writes.
 */
export async function openSession(
  errand: Errand,
  transaction: Transaction,
  customs: SessionCustoms,
  check: SessionManners['check'] = () => undefined,
): Promise<OpenSession> {
  const { module, codec } = customs;
  const use = errand.sessionUse;
  const nowSeconds = nowOf(errand);
  const asked = use === 'none' ? null : errand.sessionId;
  const id = await idKnown(asked, module, transaction);
  const bytes = id === null ? null : await transaction.loadSession(id, use === 'write');
  if (id === null || bytes === null) return beginNew(null, errand, transaction, customs, check);

  const data = codec.decode(bytes);
  const storedId = module.idOf(data);
  if (storedId === null) throw new Problem('SESSION_UNREADABLE', 'the session does not say its own id');
  if (module.load(data, nowSeconds) === 'expired') {
    if (use === 'write') await transaction.removeSession(id, fenceOf(errand));
    return beginNew(bytes, errand, transaction, customs, check);
  }
  if (use === 'write') module.touch(data, nowSeconds);
  const draft = makeDraft(data, { id: storedId, isNew: false, use }, mannersOf(errand, customs, check));
  const save = async (): Promise<SessionSeen> => {
    if (use !== 'write') return { before: bytes, after: bytes };
    const written = draft.isRemoved ? null : codec.encode(data, bytes);
    if (written !== null && draft.id === storedId) {
      await transaction.saveSession(id, written, fenceOf(errand));
      return { before: bytes, after: written };
    }
    if (written !== null) await transaction.addSession(draft.id, written);
    await transaction.removeSession(id, fenceOf(errand));
    return { before: bytes, after: null };
  };
  return { draft, save };
}

/**
 * The id that was asked for, where the module could load it. One that it would die of, and that is there all the same,
 * is of a generator of the site's own: SESSION_UNREADABLE, so that legacy answers.
 */
async function idKnown(
  asked: string | null,
  module: SessionModule,
  transaction: Transaction,
): Promise<string | null> {
  if (asked === null || module.isId(asked)) return asked;
  if ((await transaction.loadSession(asked, false)) === null) return null;
  throw new Problem('SESSION_UNREADABLE', 'the id of the session is none that its module makes by itself');
}

/**
 * A session for a visitor who has none, or had `before`, which has expired. Where only the application can begin one it is
 * empty, and has to stay so.
 */
function beginNew(
  before: Buffer | null,
  errand: Errand,
  transaction: Transaction,
  customs: SessionCustoms,
  check: SessionManners['check'],
): OpenSession {
  const { module, codec } = customs;
  const use = errand.sessionUse;
  const id = module.newId(randomBytes(16));
  const begun = module.begin({ id, nowSeconds: nowOf(errand), remoteAddress: errand.clientAddress });
  const data: SessionData = begun ?? Object.create(null);
  const manners = mannersOf(errand, customs, check);
  const refuse = (): never => {
    throw new Problem('SESSION_UNWRITABLE', 'only the application can begin a session of this kind');
  };
  const draft = makeDraft(
    data,
    { id, isNew: true, use },
    begun === null
      ? { ...manners, cookie: (_, id) => (id === null ? manners.cookie(data, null) : refuse()) }
      : manners,
  );
  const save = async (): Promise<SessionSeen> => {
    if (use === 'write' && !draft.isRemoved) {
      if (begun !== null) await transaction.addSession(draft.id, codec.encode(data, null));
      else if (Object.keys(data).length > 0) refuse();
    }
    return { before, after: null }; // what the visitor came with; the new one has another id
  };
  return { draft, save };
}

function mannersOf(
  errand: Errand,
  { module, cookieName }: SessionCustoms,
  check: SessionManners['check'],
): SessionManners {
  return {
    check,
    isHidden: (key) => module.isHidden(key),
    setExpiry: (data, seconds) => module.setExpiry(data, seconds),
    renew: (data) => {
      const id = module.newId(randomBytes(16));
      module.renumber(data, id);
      return id;
    },
    cookie: (data, id) => {
      const cookie = { name: cookieName, nowSeconds: nowOf(errand) };
      if (id !== null) return module.cookie(data, { ...cookie, id });
      return sessionCookie({ ...cookie, id: '', expiresSeconds: -86_400 });
    },
  };
}

function nowOf({ receivedAtMs }: Errand): number {
  return Math.floor(receivedAtMs / 1000);
}

function fenceOf({ fence }: Errand): Fence {
  if (fence !== null) return fence;
  throw new Problem('LEASE_LOST', 'the session was opened for writing without a turn');
}
