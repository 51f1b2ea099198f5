import { headerValues, type RawHeaders } from './headers.ts';

/**
 * The value of a cookie as CGI.pm reads it: the first one of that name wins, fields are separated by `;` or `,`,
 * `%XX` is decoded to a byte. Null where it is not sent or is empty.
 */
export function cookieValue(headers: RawHeaders, name: string): string | null {
  for (const field of headerValues(headers, 'cookie')) {
    for (const pair of field.split(/[;,]/)) {
      const equals = pair.indexOf('=');
      if (equals === -1 || unescapeBytes(pair.slice(0, equals).trim()) !== name) continue;
      const value = unescapeBytes(pair.slice(equals + 1).trim());
      return value === '' ? null : value;
    }
  }
  return null;
}

function unescapeBytes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
