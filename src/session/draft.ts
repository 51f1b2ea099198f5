import type { SessionData, SessionUse, SessionValue } from './session.ts';

/** What a port sees of its session. Nothing is written before the port has succeeded. */
export interface Draft {
  /** After renew() the new one. */
  readonly id: string;
  /** Whether the visitor came without a session that exists: this one is new and will be added. */
  readonly isNew: boolean;
  /** Whether remove() was called. */
  readonly isRemoved: boolean;
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
  /** Ends the session, as a logout does: CGI::Session's delete(). Nothing of it can be changed any more. */
  remove(): void;
  /** The Set-Cookie value that tells the visitor the id: CGI::Session's cookie(). After remove() one that takes it from him. */
  cookie(): string;
}

/** The words in which one kind of session keeps its own affairs, for one request; see session/module.ts. */
export interface SessionManners {
  isHidden(key: string): boolean;
  /** Throws where a value is not what the port expects under a key. */
  check(key: string, value: SessionValue): void;
  setExpiry(data: SessionData, seconds: number | null): void;
  /** Gives the session a new id, and says which. */
  renew(data: SessionData): string;
  /** With null for an id, the cookie of a session that is no more. */
  cookie(data: SessionData, id: string | null): string;
}

/** A draft over `data`, which it changes. A draft that is not for writing refuses every change. */
export function makeDraft(
  data: SessionData,
  state: { id: string; isNew: boolean; use: SessionUse },
  manners: SessionManners,
): Draft {
  return new WorkingDraft(data, state, manners);
}

class WorkingDraft implements Draft {
  readonly isNew: boolean;
  readonly #data: SessionData;
  readonly #use: SessionUse;
  readonly #manners: SessionManners;
  #id: string;
  #isRemoved = false;

  constructor(
    data: SessionData,
    { id, isNew, use }: { id: string; isNew: boolean; use: SessionUse },
    manners: SessionManners,
  ) {
    this.#data = data;
    this.#id = id;
    this.isNew = isNew;
    this.#use = use;
    this.#manners = manners;
  }

  get id(): string {
    return this.#id;
  }

  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  readonly has = (key: string): boolean => Object.hasOwn(this.#data, key) && !this.#manners.isHidden(key);

  readonly get = (key: string): SessionValue => {
    const value = this.has(key) ? (this.#data[key] ?? null) : null;
    this.#manners.check(key, value);
    return value;
  };

  readonly set = (key: string, value: SessionValue): void => {
    this.#mayChange(key);
    this.#manners.check(key, value);
    this.#data[key] = value;
  };

  readonly delete = (key: string): void => {
    this.#mayChange(key);
    delete this.#data[key];
  };

  readonly keys = (): string[] => Object.keys(this.#data).filter(this.has);

  readonly expire = (seconds: number | null): void => {
    this.#mayChange(null);
    this.#manners.setExpiry(this.#data, seconds);
  };

  readonly renew = (): void => {
    this.#mayChange(null);
    this.#id = this.#manners.renew(this.#data);
  };

  readonly remove = (): void => {
    this.#mayChange(null);
    this.#isRemoved = true;
  };

  readonly cookie = (): string => this.#manners.cookie(this.#data, this.#isRemoved ? null : this.#id);

  #mayChange(key: string | null): void {
    if (this.#use !== 'write')
      throw new TypeError(`this route says "session: ${this.#use}", so its port may not change the session`);
    if (this.#isRemoved) throw new TypeError('the session was removed: there is nothing to change in it');
    if (key !== null && this.#manners.isHidden(key))
      throw new TypeError(`the key ${key} belongs to the session itself`);
  }
}
