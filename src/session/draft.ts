import type { SessionData, SessionUse, SessionValue } from './session.ts';

/** What a port sees of its session. Nothing is written before the port has succeeded. */
export interface Draft {
  /** After renew() the new one. */
  readonly id: string;
  /** Whether the visitor came without a session that exists: this one is new and will be added. */
  readonly isNew: boolean;
  /** A value, or null where there is no such key. Changing an array or object in place changes the session. */
  get(key: string): SessionValue;
  has(key: string): boolean;
  set(key: string, value: SessionValue): void;
  delete(key: string): void;
  /** Every key but the session's own. */
  keys(): string[];
  /** Lets the session end so many seconds after its last request; null for never. CGI::Session's expire(). */
  expire(seconds: number | null): void;
  /** A new id, the contents kept, the old row removed: what a login does. The cookie then tells the new id. */
  renew(): void;
  /** The Set-Cookie value that tells the visitor the id: CGI::Session's cookie(). */
  cookie(): string;
}

/** The words in which one kind of session keeps its own affairs, for one request; see session/module.ts. */
export interface SessionManners {
  isHidden(key: string): boolean;
  setExpiry(data: SessionData, seconds: number | null): void;
  /** Gives the session a new id, and says which. */
  renew(data: SessionData): string;
  cookie(data: SessionData, id: string): string;
}

/** A draft over `data`, which it changes. A draft that is not for writing refuses every change. */
export function makeDraft(
  data: SessionData,
  state: { id: string; isNew: boolean; use: SessionUse },
  manners: SessionManners,
): Draft {
  const own = (key: string): boolean => Object.hasOwn(data, key) && !manners.isHidden(key);
  const change = (key: string | null): void => {
    if (state.use !== 'write')
      throw new TypeError(`this route says "session: ${state.use}", so its port may not change the session`);
    if (key !== null && manners.isHidden(key))
      throw new TypeError(`the key ${key} belongs to the session itself`);
  };
  let { id } = state;
  return {
    get id() {
      return id;
    },
    isNew: state.isNew,
    get: (key) => (own(key) ? (data[key] ?? null) : null),
    has: own,
    set: (key, value) => {
      change(key);
      data[key] = value;
    },
    delete: (key) => {
      change(key);
      delete data[key];
    },
    keys: () => Object.keys(data).filter(own),
    expire: (seconds) => {
      change(null);
      manners.setExpiry(data, seconds);
    },
    renew: () => {
      change(null);
      id = manners.renew(data);
    },
    cookie: () => manners.cookie(data, id),
  };
}
