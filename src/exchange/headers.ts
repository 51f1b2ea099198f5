/**
 * Header fields as they came over the wire: name, value, name, value. Case, order, repetitions and latin-1 bytes are
 * kept, because old scripts and old browsers rely on all four. Node's `rawHeaders` has this shape.
 */
export type RawHeaders = readonly string[];

/** The first value of a field, or null. `name` is given in lower case. */
export function headerValue(headers: RawHeaders, name: string): string | null {
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[i + 1] as string;
  }
  return null;
}

/** Every value of a field, in order. `name` is given in lower case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name)
      values.push(headers[i + 1] as string);
  }
  return values;
}

/**
 * A field as a CGI script gets it: Apache joins those of one name, empty ones too (test/exchange/apache-params.test.ts).
 * Null where there is none. `name` is given in lower case.
 */
export function joinedValue(headers: RawHeaders, name: string): string | null {
  const values = headerValues(headers, name);
  return values.length === 0 ? null : values.join(', ');
}

/** The fields without those of some names, which are given in lower case. */
export function withoutFields(headers: RawHeaders, names: readonly string[]): string[] {
  return headers.filter((_, i) => !names.includes((headers[i - (i % 2)] as string).toLowerCase()));
}

/** The fields that belong to one connection and are never passed on (RFC 9110 section 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect', // answered by Node with 100 Continue
]);

/**
 * Fields a client may not send: `Proxy` becomes HTTP_PROXY in a CGI script (httpoxy); the forwarding fields and our
 * own are said by us; CGI.pm prefers X-Forwarded-Host to Host when it builds links.
 */
const ours = new Set(['proxy', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded']);

/** Fields a message may not be without, whatever its Connection field names. */
const endToEnd = new Set(['host', 'cookie', 'set-cookie', 'authorization', 'content-length', 'content-type']);

/** What becomes of a field that is passed on, by its name. */
type Rule = 'keep' | 'drop' | 'connection' | 'cookie';

function requestRule(name: string): Rule {
  const lower = name.toLowerCase();
  if (lower === 'connection' || lower === 'cookie') return lower;
  // CGI turns both `_` and `-` into `_`, so that X_Forwarded_For would be taken for X-Forwarded-For.
  if (hopByHop.has(lower) || ours.has(lower) || lower.startsWith('banyan-') || name.includes('_'))
    return 'drop';
  return lower === 'content-length' ? 'drop' : 'keep'; // the length is said by whoever sends the body
}

function answerRule(name: string): Rule {
  const lower = name.toLowerCase();
  if (lower === 'connection') return lower;
  return hopByHop.has(lower) || lower.startsWith('banyan-') ? 'drop' : 'keep';
}

/** So many spellings are remembered: a site's programs and its visitors' browsers know some dozens. */
const mostSpellings = 500;

/**
 * Remembers the rule of each spelling: found out anew, those of a browser's request and its answer cost 3 us (measured).
 * Where somebody makes up names, it begins anew and is none the larger.
 */
function remembered(ruleOf: (name: string) => Rule): (name: string) => Rule {
  const known = new Map<string, Rule>();
  return (name) => {
    let rule = known.get(name);
    if (rule !== undefined) return rule;
    rule = ruleOf(name);
    if (known.size >= mostSpellings) known.clear();
    if (name.length <= 64) known.set(name, rule);
    return rule;
  };
}

const ruleOfRequest = remembered(requestRule);
const ruleOfAnswer = remembered(answerRule);

/** The fields that Connection names besides: they are hop-by-hop too (RFC 9110 section 7.6.1). */
function namedByConnection(headers: RawHeaders, ruleOf: (name: string) => Rule): Set<string> | null {
  let named: Set<string> | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    if (ruleOf(headers[i] as string) !== 'connection') continue;
    const value = headers[i + 1] as string;
    if (value === 'keep-alive' || value === 'close') continue; // the common case
    named ??= new Set();
    for (const option of value.toLowerCase().split(',')) {
      const name = option.trim();
      if (!endToEnd.has(name)) named.add(name);
    }
  }
  return named;
}

/** What a side gets of a client's fields, and where the request comes from. */
export function requestHeaders(
  headers: RawHeaders,
  from: { readonly address: string; readonly scheme: 'http' | 'https'; readonly host: string | null },
): string[] {
  const kept: string[] = [];
  let cookies: string | null = null;
  const named = namedByConnection(headers, ruleOfRequest);
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const rule = ruleOfRequest(name);
    // Apache joins repeated fields with a comma, which tears cookies (perl.md 7.2); RFC 6265 section 5.4 has one field.
    if (rule === 'cookie') cookies = cookies === null ? value : `${cookies}; ${value}`;
    else if (rule === 'keep' && named?.has(name.toLowerCase()) !== true) kept.push(name, value);
  }
  if (cookies !== null) kept.push('Cookie', cookies);
  kept.push('X-Forwarded-For', from.address, 'X-Forwarded-Proto', from.scheme);
  if (from.host !== null) kept.push('X-Forwarded-Host', from.host);
  return kept;
}

/** What a client gets of a side's fields. */
export function answerHeaders(headers: RawHeaders): string[] {
  const kept: string[] = [];
  const named = namedByConnection(headers, ruleOfAnswer);
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (ruleOfAnswer(name) !== 'keep' || named?.has(name.toLowerCase()) === true) continue;
    kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
