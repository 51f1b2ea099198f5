/**
 * Parameters as CGI.pm 4.55 reads them (perl.md 7.1, measured): `&` and `;` separate, `+` is a space, `%XX` is a byte
 * and stays as it is where it is no escape, the first value of a name is *the* value, and a string without `=` is a
 * list of keywords. Values are bytes: one character each, U+0000–U+00FF.
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
  return listParams(text.includes('=') ? parsePairs(text) : parseKeywords(text));
}

/**
 * The parameters of a request: of a POST, PUT or PATCH the form in its body *and not* the query; of any other method
 * the query. A body of another type is the single parameter POSTDATA (PUTDATA, PATCHDATA), as in CGI.pm.
 */
export function requestParams(request: {
  method: string;
  query: string;
  contentType: string | null;
  body: Buffer;
}): Params {
  if (!['POST', 'PUT', 'PATCH'].includes(request.method)) return parseParams(request.query);
  const type = request.contentType;
  const isForm = type === null || type === '' || type.startsWith('application/x-www-form-urlencoded');
  const text = request.body.toString('latin1');
  return isForm ? parseParams(text) : listParams([[`${request.method}DATA`, text]]);
}

function parsePairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const part of text.split(/[&;]/)) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const [name, value] = equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    pairs.push([unescape(name), unescape(value)]);
  }
  return pairs;
}

function parseKeywords(text: string): [string, string][] {
  return text
    .split(/[+;&]/)
    .filter((word) => word !== '')
    .map((word) => ['keywords', unescape(word)]);
}

function unescape(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(
      /%(?:u([0-9a-fA-F]{4})|([0-9a-fA-F]{2}))/g,
      (_, wide: string | undefined, byte: string | undefined) =>
        byte !== undefined
          ? String.fromCharCode(parseInt(byte, 16))
          : Buffer.from(String.fromCharCode(parseInt(wide as string, 16)), 'utf8').toString('latin1'),
    );
}

function listParams(pairs: readonly [string, string][]): Params {
  return {
    get: (name) => pairs.find(([candidate]) => candidate === name)?.[1] ?? null,
    all: (name) => pairs.filter(([candidate]) => candidate === name).map(([, value]) => value),
    names: () => [...new Set(pairs.map(([name]) => name))],
  };
}
