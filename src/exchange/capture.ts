import { headerValue, headerValues, type RawHeaders } from './headers.ts';
import { urlPairs } from './urlencoded.ts';

/** Bytes of a session at one moment, one character each; null where there was no row, or nobody looked. */
type SessionText = string | null;

/** One exchange with everything in it, for a test: bytes are text, one character each. */
export interface Capture {
  readonly route: string;
  /** Which side answered. */
  readonly side: 'legacy' | 'port';
  readonly receivedAtMs: number;
  /** When the side had finished, whether or not the client had its answer by then. */
  readonly endedAtMs: number;
  readonly clientAddress: string;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: RawHeaders;
    readonly body: string;
  };
  /** Null where the request named no session. */
  readonly session: { readonly id: string; readonly before: SessionText; readonly after: SessionText } | null;
  readonly answer: {
    readonly status: number;
    readonly headers: RawHeaders;
    readonly body: string;
  };
  /** What legacy sent to the database, in order; null where that is not certain, and not there where nobody looked. */
  readonly sql?: readonly string[] | null;
}

/** What may not be seen of a capture, as it is. */
export interface Secrets {
  /** The id of the session, and that of one which the answer begins. */
  readonly ids: readonly string[];
  readonly values: readonly string[];
}

/** What who records has to know of a capture to find its SQL and to mask it. */
export interface Sealed extends Secrets {
  /** When the side began, and the turn had come. */
  readonly begunAtMs: number;
}

/** Names of parameters, fields and keys of a session whose values are nobody's business. */
const sensitiveNames = /pass|pwd|card|cvc|token|secret|csrf|auth|mail|phone|iban|birth/i;
/** Fields of a request that are left out whole: who they let in, and what they say of a visitor, is not about the page. */
const leftOut = /^(?:authorization|proxy-authorization|x-forwarded-for|x-real-ip|forwarded)$/i;

/** Whether what stands under a name is nobody's business. `also` are parts of further such names. */
export function sensitiveWith(also: readonly string[]): (name: string) => boolean {
  const words = also.map((word) => word.toLowerCase());
  return (name) => sensitiveNames.test(name) || words.some((word) => name.toLowerCase().includes(word));
}

/** What may not be seen of a capture. `cookieName` is the cookie with the session's id, where there is one. */
export function secretsOf(capture: Capture, also: readonly string[], cookieName: string | null): Secrets {
  const claimed = capture.session === null || capture.session.id === '' ? [] : [capture.session.id];
  const begun = idsBegun(capture.answer.headers, cookieName).filter((id) => !claimed.includes(id));
  return { ids: [...claimed, ...begun], values: [...valuesOf(capture, sensitiveWith(also))] };
}

/**
 * A capture that can be kept in a repository: whatever stands under a sensitive name, and the id of the session, is
 * something else of the same length wherever it occurs. So lengths that are written down, as in Storable, stay right.
 */
export function masked(capture: Capture, secrets: Secrets): Capture {
  const mask = replacer(secrets);
  const { request, answer, session } = capture;
  const maskAll = (headers: RawHeaders): string[] => headers.map(mask);
  return {
    ...capture,
    clientAddress: '203.0.113.1', // RFC 5737: nobody's
    request: {
      ...request,
      target: mask(request.target),
      headers: maskAll(request.headers.filter((_, i, all) => !leftOut.test(all[i - (i % 2)] as string))),
      body: mask(request.body),
    },
    session:
      session === null
        ? null
        : {
            id: mask(session.id),
            before: maskText(session.before, mask),
            after: maskText(session.after, mask),
          },
    answer: { ...answer, headers: maskAll(answer.headers), body: mask(answer.body) },
  };
}

function maskText(text: SessionText, mask: (text: string) => string): SessionText {
  return text === null ? null : mask(text);
}

/** The ids of sessions that an answer sets its cookie to. */
function idsBegun(headers: RawHeaders, cookieName: string | null): string[] {
  return headerValues(headers, 'set-cookie').flatMap((field) => {
    const [, name, value = ''] = /^\s*([^=;\s]+)=([^;\s]*)/.exec(field) ?? [];
    return name === cookieName && value.length >= 8 ? [value] : []; // an empty one ends the session
  });
}

/** The values under sensitive names: in the query, in a form, in cookies, and in the session's text. */
function valuesOf({ request, session }: Capture, isSensitive: (name: string) => boolean): Set<string> {
  const secrets = new Set<string>();
  const note = (value: string): void => {
    // What is this short stands everywhere, and says nothing.
    if (value.length >= 3) secrets.add(value);
  };
  const query = request.target.split('?', 2)[1] ?? '';
  for (const text of [query, request.body]) {
    for (const [name, value] of urlPairs(text)) if (value !== null && isSensitive(name)) note(value);
    // As it was written: urlPairs has taken the escapes away.
    for (const [, name = '', value = ''] of text.matchAll(/([^=&;]+)=([^&;]*)/g))
      if (isSensitive(name)) note(value);
    for (const [, name = '', value = ''] of text.matchAll(/name="([^"]*)"\r\n\r\n([^\r]*)/g))
      if (isSensitive(name)) note(value);
  }
  for (const [, name = '', value = ''] of (headerValue(request.headers, 'cookie') ?? '').matchAll(
    /([^=;\s]+)=([^;]*)/g,
  ))
    if (isSensitive(name)) note(value);
  for (const text of [session?.before ?? '', session?.after ?? ''])
    // Data::Dumper, JSON and YAML: a name, and behind it a quoted value.
    for (const [, name = '', , value = ''] of text.matchAll(
      /['"]?([\w-]+)['"]?\s*(?:=>|:)\s*(['"])((?:\\.|(?!\2).)*)\2/g,
    ))
      if (isSensitive(name)) note(value);
  return secrets;
}

/** Puts something of the same length in the place of each secret, long ones first. */
function replacer({ ids, values }: Secrets): (text: string) => string {
  const pairs = values
    .toSorted((a, b) => b.length - a.length)
    .map((secret) => [secret, masking(secret)] as const);
  pairs.unshift(...ids.map((id, at) => [id, standIn(id, at)] as const));
  return (text) => pairs.reduce((left, [secret, stand]) => left.replaceAll(secret, () => stand), text); // a stand-in may hold $&
}

/** Letters become x and digits 9; everything else stays: an address of a mail is still one, and an escape still one. */
export function masking(secret: string): string {
  return secret.replace(/%[\da-f]{2}|[a-z\x80-\uffff]|\d/gi, (part) => {
    if (!part.startsWith('%')) return /\d/.test(part) ? '9' : 'x';
    const meant = String.fromCharCode(parseInt(part.slice(1), 16));
    return /[a-z\x80-\xff]/i.test(meant) ? '%78' : /\d/.test(meant) ? '%39' : part;
  });
}

/** An id of the same length and the same letters that is nobody's. `at` is its place among the ids of a capture. */
export function standIn(id: string, at: number): string {
  const word = at === 0 ? 'f00dcafe' : 'beefcafe';
  return word.repeat(Math.ceil(id.length / 8)).slice(0, id.length);
}
