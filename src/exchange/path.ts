import { Problem } from '../errors.ts';

/** The address of a request, read as Apache reads it. */
export interface RequestTarget {
  /** Normalised, and still percent-encoded: what is passed on. */
  readonly path: string;
  /** The same with every escape decoded, one character a byte: what routes are matched against. */
  readonly decoded: string;
  /** Everything behind the first `?`, untouched; empty where there is none. */
  readonly query: string;
  /** What a side is asked for: the path, and the query with its `?` where the client sent one. */
  readonly target: string;
}

/**
 * Reads a request target as Apache's ap_normalize_path and ap_unescape_url do: unreserved characters are decoded,
 * slashes merged, `.` and `..` resolved. Whoever reads it otherwise lets another spelling of a URL reach the legacy
 * twin of a ported route (promises.md 0.3: 10 of 74 spellings on a stock proxy).
 * Throws Problem BAD_TARGET, and ENCODED_SLASH for `%2F` (Apache's AllowEncodedSlashes Off: 404). A `#` or a control
 * character is refused in the query too, as Apache does.
 */
export function normalisePath(rawTarget: string): RequestTarget {
  const target = withoutOrigin(rawTarget);
  if (/[^!"$-~\x80-\uffff]/.test(target)) {
    throw new Problem('BAD_TARGET', 'a space, # or control character stands in the request target');
  }
  const mark = target.indexOf('?');
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  if (isPlain(rawPath)) return { path: rawPath, decoded: rawPath, query, target };
  const path = resolveDots(decodeUnreserved(rawPath));
  return { path, decoded: decodeAll(path), query, target: mark === -1 ? path : `${path}?${query}` };
}

/** Whether nothing in the path needs reading: the common case, without an allocation. */
function isPlain(path: string): boolean {
  return path.startsWith('/') && !/[%\\\x80-\uffff]|\/\/|\/\./.test(path);
}

/** A host, or an address in brackets, and a TCP port. No user: Apache refuses one. */
const authority = /^(?:[\w.-]*|\[[\da-f:.]*\])(?::\d*)?$/i;

/** `http://host/path` (RFC 9112 section 3.2.2) as `/path`, whatever the host: Apache serves them all. */
function withoutOrigin(target: string): string {
  const absolute = /^https?:\/\/([^/?]*)/i.exec(target);
  if (absolute === null) return target;
  if (!authority.test(absolute[1] as string))
    throw new Problem('BAD_TARGET', 'the host in the request target cannot be one');
  const rest = target.slice(absolute[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function decodeUnreserved(path: string): string {
  if (!path.startsWith('/'))
    throw new Problem('BAD_TARGET', 'the request target does not begin with a slash');
  return path.replace(/%(..?)?/g, (escape, hex: string | undefined) => {
    if (hex === undefined || !/^[0-9a-fA-F]{2}$/.test(hex)) {
      throw new Problem('BAD_TARGET', 'a % in the path is not followed by two hexadecimal digits');
    }
    const character = String.fromCharCode(parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
  });
}

function resolveDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  const last = segments[segments.length - 1];
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) throw new Problem('BAD_TARGET', 'the path leads above the root');
  }
  const endsInFolder = last === '' || last === '.' || last === '..';
  return `/${kept.join('/')}${endsInFolder && kept.length > 0 ? '/' : ''}`;
}

function decodeAll(path: string): string {
  return path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => {
    if (hex.toLowerCase() === '2f') throw new Problem('ENCODED_SLASH', 'the path holds an encoded slash');
    if (hex === '00') throw new Problem('BAD_TARGET', 'the path holds an encoded NUL');
    return String.fromCharCode(parseInt(hex, 16));
  });
}
