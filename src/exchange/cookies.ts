import { headerValues, type RawHeaders } from './headers.ts';
import { unescapeBytes } from './unescape.ts';

/**
 * The value of a cookie as CGI.pm reads it in scalar context (test/exchange/cookies.test.ts asks the real one): cookies
 * are separated by `;` or `,`; the first one of a name wins; its value ends at the first `&`, behind which further
 * values of a list would stand; escapes are undone. Null where it is not sent or is empty. Read otherwise, a visitor
 * could spell a session id so that Perl and we see two sessions in it, and they would not take turns.
 */
export function cookieValue(headers: RawHeaders, name: string): string | null {
  for (const field of headerValues(headers, 'cookie')) {
    for (const pair of field.split(/[;,]/)) {
      const cookie = trim(pair);
      const equals = cookie.indexOf('=');
      if (equals === -1 || unescapeBytes(cookie.slice(0, equals)) !== name) continue;
      const value = cookie.slice(equals + 1);
      const end = value.indexOf('&');
      const first = unescapeBytes(end === -1 ? value : value.slice(0, end));
      return first === '' ? null : first;
    }
  }
  return null;
}

/**
 * The value an answer gives a cookie, the last one where it gives several; null where it gives none, or takes it away:
 * a log-out may say `CGISESSID=deleted` to everybody.
 */
export function setCookieValue(headers: RawHeaders, name: string, nowMs: number): string | null {
  for (const field of headerValues(headers, 'set-cookie').toReversed()) {
    const [pair = ''] = field.split(';');
    const equals = pair.indexOf('=');
    if (equals === -1 || unescapeBytes(trim(pair.slice(0, equals))) !== name) continue;
    return isOver(field, nowMs) ? null : unescapeBytes(trim(pair.slice(equals + 1)));
  }
  return null;
}

/** Whether a Set-Cookie field is one that removes the cookie (RFC 6265 section 3.1). */
function isOver(field: string, nowMs: number): boolean {
  const maxAge = /;\s*max-age=(-?\d+)/i.exec(field)?.[1];
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = /;\s*expires=([^;]+)/i.exec(field)?.[1];
  return expires !== undefined && Date.parse(expires.replace(/(\d)-(\w+)-(\d)/, '$1 $2 $3')) <= nowMs;
}

/** Without the white space around it. Perl's: a byte above 127 is none. */
function trim(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
}
