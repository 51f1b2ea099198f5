import { readRequest, type RequestHead } from './form.ts';
import { Intake } from './intake.ts';
import { DeadlyForm } from './multipart.ts';
import { urlPairs, type Pair } from './urlencoded.ts';

/**
 * Parameters as CGI.pm 4.55 reads them (measured; test/exchange/params.test.ts asks the real one): `&` and `;`
 * separate, `+` is a space, `%XX` is a byte and stays as it is where it is no escape, the first value of a name is
 * *the* value, a string without any of `&`, `=` and `;` is a list of keywords, and a file is its name. Values are bytes:
 * one character each, U+0000–U+00FF.
 */
export interface Params {
  /** The first value, or null. */
  get(name: string): string | null;
  /** Every value, in order. */
  all(name: string): string[];
  /** The names, each once, in order of their first appearance. */
  names(): string[];
}

/**
 * The parameters of a request: of a POST, PUT or PATCH the form in its body *and not* the query, of a GET, HEAD or
 * DELETE the query, of any other method the words Apache makes of a query without `=`. A body of another type is the
 * single parameter POSTDATA (PUTDATA, PATCHDATA). A form at which CGI.pm dies has none.
 */
export function requestParams(request: RequestHead & { readonly body: Buffer }): Params {
  const body = new Intake(Infinity);
  body.push(request.body);
  body.complete();
  return listParams(() => readAll(request, body));
}

/** The parameters of a query, whatever the method: CGI.pm's url_param. A name without `=` has no value. */
export function urlParams(query: string): Params {
  return listParams(() => urlPairs(query));
}

function readAll(head: RequestHead, body: Intake): Pair[] {
  const pairs: Pair[] = [];
  try {
    for (const pair of readRequest(head, body)) if (pair !== null) pairs.push(pair);
  } catch (thrown) {
    if (thrown instanceof DeadlyForm) return [];
    throw thrown;
  }
  return isEmptied(pairs) ? [] : pairs.filter(([name]) => name !== '.submit' && name !== '.cgifields');
}

/** Whether `.defaults` takes all away: its first value is true to Perl, and CGI.pm does not take the names for options. */
function isEmptied(pairs: readonly Pair[]): boolean {
  const defaults = pairs.find(([name, value]) => name === '.defaults' && value !== null);
  if (defaults === undefined || pairs[0]?.[0].startsWith('-') === true) return false;
  const [, value, isFile] = defaults;
  return isFile === true || (value !== '' && value !== '0');
}

/** Reads when it is first asked: most routes look at no parameter. */
function listParams(read: () => readonly Pair[]): Params {
  let lists: Map<string, string[]> | null = null;
  const byName = (): Map<string, string[]> => (lists ??= group(read()));
  return {
    get: (name) => byName().get(name)?.[0] ?? null,
    all: (name) => [...(byName().get(name) ?? [])],
    names: () => [...byName().keys()],
  };
}

function group(pairs: readonly Pair[]): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const list = lists.get(name) ?? [];
    lists.set(name, list);
    if (value !== null) list.push(value);
  }
  return lists;
}
