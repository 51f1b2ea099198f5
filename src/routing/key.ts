import { type KeyParam, parseKeyParams } from './key-params.ts';
import { Mistake } from './mistake.ts';
import { nearest } from './nearest.ts';
import { compilePattern, type Pattern } from './pattern.ts';

/** The left-hand side of a route, read. */
export interface Key {
  /** Upper-case methods, or null for every method. */
  readonly methods: readonly string[] | null;
  /** The absolute path as written, `base` put in front where the key left it out. */
  readonly path: string;
  readonly pattern: Pattern;
  /** What the key asks for behind its `?`, sorted by name. */
  readonly params: readonly KeyParam[];
}

/** The methods that a key may name. TRACE and CONNECT are never served, so a route for them would lie. */
export const routeMethods: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'REPORT',
  'SEARCH',
];

/**
 * Reads `[METHOD{,METHOD} ]PATH[?NAME[=VALUE]{&…}]`. `base` ends in a slash, or is null where the file sets none.
 * Throws a Mistake [bad-method], [relative-path], [bad-path] or [bad-parameter].
 */
export function parseKey(key: string, base: string | null): Key {
  const [, methodText, pathText = ''] = /^(?:([A-Za-z][A-Za-z, ]*?) +(?=\S*$))?(.*)$/s.exec(key.trim()) ?? [];
  const methods = methodText === undefined ? null : parseMethods(methodText);
  const mark = pathText.indexOf('?');
  const path = absolutePath(mark === -1 ? pathText : pathText.slice(0, mark), base);
  const params = mark === -1 ? [] : parseKeyParams(pathText.slice(mark + 1), key);
  return { methods, path, pattern: compilePattern(path), params };
}

function parseMethods(text: string): string[] {
  const words = text.split(/[, ]+/).filter((word) => word !== '');
  for (const word of words) {
    if (routeMethods.includes(word)) continue;
    const near = nearest(word, routeMethods);
    const help =
      near === null ? `a key may name ${routeMethods.slice(0, 7).join(', ')}` : `did you mean ${near}?`;
    throw new Mistake('bad-method', `unknown method "${word}"`, help);
  }
  return [...new Set(words)];
}

function absolutePath(path: string, base: string | null): string {
  if (path.startsWith('/')) return path;
  if (base !== null) return base + path;
  throw new Mistake(
    'relative-path',
    `"${path}" does not start with "/"`,
    `did you mean "/cgi-bin/${path}"? Or set "base: /cgi-bin/" once at the top`,
  );
}
