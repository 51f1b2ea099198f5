import { Intake, Mark } from './intake.ts';
import { unescapeBytes } from './unescape.ts';

/** A name and one of its values. Null is no value: the name is there all the same. A file is true, whatever its name. */
export type Pair = readonly [name: string, value: string | null, isFile?: boolean];
/** Reads pairs; where it yields null, it is to be called again when more of the body has come. */
export type PairReader = Generator<Pair | null, void>;

/**
 * Reads a query string or an `application/x-www-form-urlencoded` body: `&` and `;` separate, and a text without any of
 * `&`, `=` and `;` is a list of keywords.
 */
export function* readUrlencoded(intake: Intake): PairReader {
  const [ampersand, semicolon] = [new Mark('&'), new Mark(';')];
  for (let isFirst = true; ; isFirst = false) {
    yield* intake.ahead(0);
    if (intake.at === intake.end) return;
    const begin = intake.at;
    const text = yield* intake.takeUpTo(ampersand, semicolon);
    const isAll = isFirst && intake.at - begin === text.length; // no separator was passed over
    if (isAll && !text.includes('=')) yield* keywordsIn(text);
    else if (text !== '') {
      const [name, value] = pairIn(text);
      yield [name, value ?? ''];
    }
  }
}

/** Whether a text is a list of keywords. */
export function isKeywords(text: string): boolean {
  return text !== '' && !/[&=;]/.test(text);
}

/** The same of a whole text. */
export function textPairs(text: string): Pair[] {
  const intake = new Intake(Infinity);
  intake.push(Buffer.from(text, 'latin1'));
  intake.complete();
  return [...readUrlencoded(intake)].filter((pair) => pair !== null);
}

/** The pairs of a query as CGI.pm's url_param reads it: a list of keywords is what has no `=`, whatever separates. */
export function urlPairs(query: string): Pair[] {
  if (query.includes('=')) return query.split(/[&;]/).filter(Boolean).map(pairIn);
  return keywordsIn(query).filter(([, value]) => value !== null);
}

function pairIn(text: string): Pair {
  const equals = text.indexOf('=');
  if (equals === -1) return [unescapeBytes(text), null];
  return [unescapeBytes(text.slice(0, equals)), unescapeBytes(text.slice(equals + 1))];
}

/** Perl's split(/\s+/): white space in front makes an empty first word, at the end it makes none. */
function keywordsIn(text: string): Pair[] {
  const words = unescapeBytes(text).split(/[+ \t\n\v\f\r]+/); // an escaped plus separates too
  while (words.at(-1) === '') words.pop();
  return words.length === 0 ? [['keywords', null]] : words.map((word) => ['keywords', word]);
}
