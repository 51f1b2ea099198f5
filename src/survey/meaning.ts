import { argumentsAt, expressionEnd, namedArguments, pastBracket, type Range } from './expression.ts';
import { isSign, isWord, plainText, type Token } from './token.ts';
import type { Stream, Unit } from './unit.ts';

/**
 * What a value is known to be: the `query` (an object of CGI.pm's), the `session`, `tied` (a hash that is the session),
 * `fields` (a hash of all parameters), or what came out of `parameter:NAME` or of `key:NAME` of the session.
 */
export type Meaning = 'query' | 'session' | 'tied' | 'fields' | `parameter:${string}` | `key:${string}`;

/** All that one value may be. */
export type Meanings = ReadonlySet<Meaning>;
/** Of what nothing is known. */
export const nothing: Meanings = new Set();

/** What a variable, a member or a method of such a name is, by custom. */
export function byItsName(token: Token | undefined, before: Token | undefined): Meanings {
  const word = (isSign(token, ')', '}') ? before : token)?.text.replace(/^\W+/, '') ?? '';
  if (/^(?:q|cgi|query|cgi_object|cgiobj)$/i.test(word)) return new Set<Meaning>(['query']);
  return /^(?:session|sess|cgisession)$/i.test(word) ? new Set<Meaning>(['session']) : nothing;
}

/** What the constructor of a class makes. */
export function madeBy(className: string): Meanings {
  if (/^(?:CGI|CGI::(?:Fast|Simple|Minimal|Lite|Deurl|Apache)|Apache2?::Request)$/.test(className))
    return new Set<Meaning>(['query']);
  return /^CGI::Session(?:::Auth)?$/.test(className) ? new Set<Meaning>(['session']) : nothing;
}

/** What a call of `param` gives. */
export function parameterAt(stream: Stream, at: number): Meanings {
  const name = onlyName(stream, at);
  return name === null ? nothing : new Set<Meaning>([`parameter:${name}`]);
}

/** The name that a call asks for, where it is its only argument and written out. */
export function onlyName(stream: Stream, at: number): string | null {
  const parts = argumentsAt(stream, at);
  const named = namedArguments(stream, parts);
  const [first] = parts;
  const part = named === null ? first : named.get('name');
  if (part === undefined || (named === null ? parts.length > 1 : named.has('value'))) return null;
  return part.to === part.from + 1 ? plainText(stream.tokens[part.from]) : null;
}

/** The place behind a call of the function or method whose name stands at `at`. */
export function pastArguments(stream: Stream, at: number): number {
  return isSign(stream.tokens[at + 1], '(') ? pastBracket(stream, at + 1) : at + 1;
}

/** Where the next comma is, or the end. */
export function commaAfter(stream: Stream, from: number, to: number): number {
  let at = from;
  const end = Math.min(to, expressionEnd(stream, from));
  while (at < end && !isSign(stream.tokens[at], ',', '=>')) at = pastBracket(stream, at);
  return Math.min(at, to);
}

/** What a sub may return: behind each `return`, and its last statement. */
export function returnsOf(unit: Unit): Range[] {
  const [stream] = unit.streams;
  if (unit.name === null || stream === undefined) return [];
  const { tokens } = stream;
  const ranges = tokens.flatMap((token, at) =>
    isWord(token, 'return') ? [{ from: at + 1, to: expressionEnd(stream, at + 1) }] : [],
  );
  let start = 0;
  for (let at = 0; at < tokens.length; at = pastBracket(stream, at)) {
    if (isSign(tokens[at], ';') && at + 1 < tokens.length) start = at + 1;
  }
  return [...ranges, { from: start, to: expressionEnd(stream, start) }];
}

/** Whether hashes that are filled here hold parameters: a query or a body is taken apart by hand, at its `&`, a few lines before. */
export function isFilledByHand({ tokens }: Stream, at: number): boolean {
  const line = tokens[at]?.line ?? 0;
  const nearby = tokens
    .slice(Math.max(0, at - mostTokens), at)
    .filter((token) => line - token.line <= mostLines);
  return nearby.some(
    (token, i) => token.kind === 'pattern' && token.text.includes('&') && isSplit(nearby.slice(0, i)),
  );
}

const mostLines = 40;
const mostTokens = 400;

function isSplit(before: readonly Token[]): boolean {
  return isWord(before.at(-1), 'split') || isWord(before.at(-2), 'split');
}
