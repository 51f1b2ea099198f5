import type { Birth, SessionModule } from '../session/module.ts';
import type { SessionData, SessionValue } from '../session/session.ts';

/** What CGI::Session 4.48 means by the keys it keeps for itself (perl.md 1.2). */
export const cgiSession: SessionModule = {
  format: 'cgi-session',
  isId: () => true,
  isHidden: (key) => key.startsWith('_SESSION_'),
  idOf: (data) => idIn(data['_SESSION_ID']),
  begin: newSession,
  renumber: (data, id) => {
    data['_SESSION_ID'] = id;
  },
  load: (data, nowSeconds) => {
    if (expiry(data, nowSeconds) === 'expired') return 'expired';
    dropExpiredKeys(data, nowSeconds);
    return 'alive';
  },
  touch: (data, nowSeconds) => {
    data['_SESSION_ATIME'] = nowSeconds;
  },
  setExpiry: (data, seconds) => {
    data['_SESSION_ETIME'] = seconds;
  },
  cookie: (data, { name, id, nowSeconds }) => {
    const expiresSeconds = Number(data['_SESSION_ETIME'] ?? 0) || null;
    return sessionCookie({ name, id, expiresSeconds, nowSeconds });
  },
  newId: hexId,
  ownLockName: () => null,
};

/** The id that a key holds, or null: the counting ids of CGI::Session::ID::incr are numbers. */
export function idIn(value: SessionValue | undefined): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An id of 32 hex digits as CGI::Session's and Apache::Session's md5 ids, but of 16 random bytes. */
export function hexId(randomBytes: Buffer): string {
  if (randomBytes.length < 16) throw new RangeError(`16 random bytes make an id, not ${randomBytes.length}`);
  return randomBytes.toString('hex', 0, 16);
}

/** What `CGI::Session->new` puts into a session that did not exist, in the order of its source. */
function newSession(birth: Birth): SessionData {
  const data: SessionData = Object.create(null);
  data['_SESSION_ID'] = birth.id;
  data['_SESSION_CTIME'] = birth.nowSeconds;
  data['_SESSION_ATIME'] = birth.nowSeconds;
  data['_SESSION_REMOTE_ADDR'] = birth.remoteAddress;
  return data;
}

/**
 * Whether Perl would delete this session instead of loading it: idle for `_SESSION_ETIME` seconds or longer. Like
 * dropExpiredKeys it looks at the time of the *last* request, so both come before touch.
 */
function expiry(data: SessionData, nowSeconds: number): 'alive' | 'expired' {
  const idleSeconds = data['_SESSION_ETIME'];
  if (!isTrue(idleSeconds)) return 'alive';
  return toNumber(data['_SESSION_ATIME']) + toNumber(idleSeconds) <= nowSeconds ? 'expired' : 'alive';
}

/**
 * Removes the keys whose own time in `_SESSION_EXPIRE_LIST` is over. The list keeps its entries and CGI::Session's own
 * keys are never removed, as in Perl.
 */
function dropExpiredKeys(data: SessionData, nowSeconds: number): void {
  const list = data['_SESSION_EXPIRE_LIST'];
  if (typeof list !== 'object' || list === null || Array.isArray(list)) return;
  const lastUsed = toNumber(data['_SESSION_ATIME']);
  for (const [key, seconds] of Object.entries(list as SessionData)) {
    if (!cgiSession.isHidden(key) && lastUsed + toNumber(seconds) <= nowSeconds) delete data[key];
  }
}

/**
 * The value of the Set-Cookie header that `$session->cookie` makes. `expiresSeconds` is `_SESSION_ETIME`; with null or
 * 0 the cookie ends with the browser. Perl sends -86400 along with a session that it found expired.
 */
export function sessionCookie(cookie: {
  name: string;
  id: string;
  expiresSeconds: number | null;
  nowSeconds: number;
}): string {
  const pair = `${cookieEscape(cookie.name)}=${cookieEscape(cookie.id)}; path=/`;
  if (cookie.expiresSeconds === null || cookie.expiresSeconds === 0) return pair;
  return `${pair}; expires=${cookieDate(cookie.nowSeconds + cookie.expiresSeconds)}`;
}

/** CGI.pm writes cookie dates with dashes: Mon, 23-Nov-2026 04:51:16 GMT. */
function cookieDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().replace(/ (\w+) (\w+) (\w+) /, ' $1-$2-$3 ');
}

/** CGI::Util::escape: bytes outside the unreserved set; text with wide characters goes as UTF-8 first. */
function cookieEscape(text: string): string {
  const isWide = /[^\0-\xff]/.test(text);
  const bytes = Buffer.from(text, isWide ? 'utf8' : 'latin1').toString('latin1');
  return bytes.replaceAll(/[^\w.~-]/g, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Perl's truth. */
function isTrue(value: SessionValue | undefined): value is Exclude<SessionValue, null> {
  return value !== undefined && value !== null && value !== '' && value !== 0 && value !== '0';
}

/** Perl's number of a value: of a string its numeric beginning, of nothing 0. */
function toNumber(value: SessionValue | undefined): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === 'number') return value;
  // A reference counts as its address: later than any clock.
  if (typeof value !== 'string') return Number.POSITIVE_INFINITY;
  const beginning = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/i.exec(value);
  return beginning === null ? 0 : Number(beginning[0]);
}
