import type { SessionData } from './session.ts';

/** Whose sessions they are: CGI::Session's, Apache::Session's, or one row for each key, as ticket systems keep them. */
export type SessionFormat = 'cgi-session' | 'apache-session' | 'rows';

/** What a new session is born with. An address of '' stands for an unknown one. */
export interface Birth {
  readonly id: string;
  readonly nowSeconds: number;
  readonly remoteAddress: string;
}

/**
 * What one of Perl's session modules means by the keys it keeps for itself; perl/modules.ts has one for each format.
 * No clock and no dice: the caller brings the time and the random bytes. Whatever changes, changes `data`.
 */
export interface SessionModule {
  readonly format: SessionFormat;
  /** Whether Perl would look for a session of this id at all: it dies of any other, and so to us there is none. */
  isId(id: string): boolean;
  /** Whether a key is the module's own: a port neither lists nor sets it. */
  isHidden(key: string): boolean;
  /** The id a session says it has; null where it says none, and then Perl could not load it either. */
  idOf(data: SessionData): string | null;
  /** A session that did not exist; null where only the application knows how to begin one. */
  begin(birth: Birth): SessionData | null;
  /** Gives a session another id, as a login does. */
  renumber(data: SessionData, id: string): void;
  /** What a load by Perl does besides reading: keys whose time is over are dropped. `expired` is not loaded at all. */
  load(data: SessionData, nowSeconds: number): 'alive' | 'expired';
  /** Marks a session as used now. */
  touch(data: SessionData, nowSeconds: number): void;
  /** Lets a session end so many seconds after its last use. Throws TypeError where the module knows no such thing. */
  setExpiry(data: SessionData, seconds: number | null): void;
  /** The value of the Set-Cookie header that tells a visitor the id. */
  cookie(data: SessionData, cookie: { name: string; id: string; nowSeconds: number }): string;
  /** A new id of 16 random bytes. */
  newId(randomBytes: Buffer): string;
  /** The name of the lock that the module itself takes in MySQL for a session, or null where it takes none. */
  ownLockName(id: string): string | null;
}
