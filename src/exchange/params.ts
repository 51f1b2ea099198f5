import { unescapeBytes } from './unescape.ts';

/**
 * Parameters as CGI.pm 4.55 reads them (measured; test/exchange/params.test.ts asks the real one): `&` and `;`
 * separate, `+` is a space, `%XX` is a byte and stays as it is where it is no escape, the first value of a name is
 * *the* value, and a string without any of `&`, `=` and `;` is a list of keywords. Values are bytes: one character
 * each, U+0000–U+00FF.
 */
export interface Params {
  /** The first value, or null. */
  get(name: string): string | null;
  /** Every value, in order. */
  all(name: string): string[];
  /** The names, each once, in order of their first appearance. */
  names(): string[];
}

/** Reads a query string or an `application/x-www-form-urlencoded` body, given one character a byte. */
export function parseParams(text: string): Params {
  return listParams(parseText(text));
}

/**
 * The parameters of a request: of a POST, PUT or PATCH the form in its body *and not* the query, of a GET, HEAD or
 * DELETE the query, of any other method none. A body of another type is the single parameter POSTDATA (PUTDATA,
 * PATCHDATA), as in CGI.pm; and so is `multipart/form-data`, which CGI.pm takes apart and we do not.
 */
export function requestParams(request: {
  method: string;
  query: string;
  contentType: string | null;
  body: Buffer;
}): Params {
  const { method, query } = request;
  if (['GET', 'HEAD', 'DELETE'].includes(method)) return parseParams(query);
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return listParams([]);
  const type = request.contentType;
  const text = request.body.toString('latin1');
  if (type === null || type.startsWith('application/x-www-form-urlencoded')) return parseParams(text);
  const whole: Pair[] = [[`${method}DATA`, text]];
  if (method !== 'POST' || type !== 'application/xml') return listParams(whole);
  return listParams([['XForms:Model', text], ...whole, ...parseText(query)]); // CGI.pm takes it for an XForm
}

/** A name and one of its values. */
type Pair = readonly [name: string, value: string];

function parseText(text: string): Pair[] {
  return /[&=;]/.test(text) ? parsePairs(text) : parseKeywords(text);
}

function parsePairs(text: string): Pair[] {
  const pairs: Pair[] = [];
  for (const part of text.split(/[&;]/)) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const [name, value] = equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    pairs.push([unescapeBytes(name), unescapeBytes(value)]);
  }
  return pairs;
}

/** Perl's split(/\s+/): white space in front makes an empty first word, at the end it makes none. */
function parseKeywords(text: string): Pair[] {
  const words = unescapeBytes(text).split(/[+ \t\n\v\f\r]+/); // an escaped plus separates too
  while (words.at(-1) === '') words.pop();
  return words.map((word) => ['keywords', word]);
}

/** The last steps of CGI.pm's init: two names of its own are taken away, and a true `.defaults` takes all away. */
function listParams(read: readonly Pair[]): Params {
  const defaults = read.find(([name]) => name === '.defaults')?.[1] ?? '';
  const pairs =
    defaults === '' || defaults === '0'
      ? read.filter(([name]) => name !== '.submit' && name !== '.cgifields')
      : [];
  return {
    get: (name) => pairs.find(([candidate]) => candidate === name)?.[1] ?? null,
    all: (name) => pairs.filter(([candidate]) => candidate === name).map(([, value]) => value),
    names: () => [...new Set(pairs.map(([name]) => name))],
  };
}
