/** What a route may do to its session: `none` leaves it alone; `write` holds the turn for the whole request. */
export type SessionUse = 'none' | 'read' | 'write';

/**
 * Something the old language wrote for which JavaScript has no value (an object of a class, code, a cycle).
 * A port can carry it about and keep it, never make one. `summary` says what it is, for people.
 */
export interface Opaque {
  readonly opaque: true;
  readonly summary: string;
}

/** A value in a session. Characters U+0080–U+00FF stand for the bytes of a latin-1 string, as in Perl. */
export type SessionValue = null | string | number | SessionValue[] | { [key: string]: SessionValue } | Opaque;

/** All keys of one session. The object has no prototype, so no key of a hostile session means anything to us. */
export type SessionData = { [key: string]: SessionValue };
