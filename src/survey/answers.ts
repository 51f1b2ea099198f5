import { argumentsAt, namedArguments, type Range, receiverStart } from './expression.ts';
import { everything, type Look, namesAt, perlOf, type Place, placeOf, type Seen } from './look.ts';
import { isSign, isWord, onlyPlain, type Token } from './token.ts';

/** What a script says besides its page: where it sends its visitor, with which status, type and cookies. */
export interface AnswerFact {
  readonly what: 'redirect' | 'status' | 'type' | 'cookie' | 'own head';
  /** As it is written; the name of a cookie. */
  readonly text: string;
  readonly place: Place;
}

/** A cookie of the request that is looked at. */
export interface CookieRead {
  /** Null where its name is computed, or all of them are looked at. */
  readonly name: string | null;
  readonly place: Place;
}

type Add = (what: AnswerFact['what'], text: string, place?: Place) => void;

/** What a script sends before its page, as far as CGI.pm or its own prints say it. */
export function answersIn(look: Look): { answers: AnswerFact[]; cookies: CookieRead[] } {
  const answers: AnswerFact[] = [];
  const cookies: CookieRead[] = [];
  for (const seen of everything(look)) {
    const add: Add = (what, text, place = placeOf(look, seen)) => {
      const isKnown = answers.some(
        (each) => each.what === what && each.text === text && each.place.line === place.line,
      );
      if (!isKnown) answers.push({ what, text, place });
    };
    const { token } = seen;
    if (token.kind === 'string') readPrinted(token, add);
    if (token.kind === 'word' && isOfQuery(look, seen)) readCall(look, seen, add, cookies);
    const isHeader = token.kind === 'string' && /^(?:HTTP_COOKIE|COOKIE)$/.test(token.text);
    if (isHeader) cookies.push({ name: null, place: placeOf(look, seen) });
  }
  return { answers, cookies };
}

/** Heads that a script prints by itself, and a status that it hands to somebody who prints it. */
function readPrinted({ text }: Token, add: Add): void {
  const head =
    /^\s*(?:HTTP\/\d\.\d (\d{3}[^\r\n]*)|(Location|Status|Set-Cookie|Content-Type): *([^\r\n]*))/i.exec(text);
  const field = head?.[2]?.toLowerCase();
  const value = (head?.[3] ?? '').trim();
  if (head?.[1] !== undefined) add('own head', head[1]);
  else if (field === 'location') add('redirect', value);
  else if (field === 'status') add('status', value);
  else if (field === 'set-cookie') add('cookie', value.replace(/=.*$/s, ''));
  else if (field === 'content-type') add('type', value);
  else if (/^[1-5]\d\d [A-Z][A-Za-z ]{1,30}$/.test(text)) add('status', text);
}

const words = ['header', 'redirect', 'cookie', 'raw_cookie', 'CGI::Cookie'];

/** A function of CGI.pm's, or a method of its object; the session has a `cookie`, too. */
function isOfQuery(look: Look, { unit, stream, at, token }: Seen): boolean {
  if (!words.includes(token.text)) return false;
  if (token.text === 'CGI::Cookie') return true;
  if (isSign(stream.tokens[at - 1], '->')) {
    const receiver = look.values.receiver(unit, stream, at - 1);
    return receiver.has('query') || isWord(stream.tokens[receiverStart(stream, at - 1)], 'CGI');
  }
  return isSign(stream.tokens[at + 1], '(') && look.site.named(token.text, unit).length === 0;
}

function readCall(look: Look, seen: Seen, add: Add, cookies: CookieRead[]): void {
  const { stream, at, token } = seen;
  const parts = argumentsAt(stream, at);
  const named = namedArguments(stream, parts);
  /** What its callers hand to it, where that can be told. */
  const say = (what: AnswerFact['what'], range: Range | undefined): void => {
    if (range === undefined) return;
    const names = namesAt(look, seen, range) ?? [];
    for (const name of names) add(what, name.text, placeOf(look, name));
    if (names.length === 0) add(what, perlOf(seen, range));
  };
  switch (token.text) {
    case 'redirect': {
      const target =
        named === null ? parts[0] : (named.get('uri') ?? named.get('url') ?? named.get('location'));
      return say('redirect', target);
    }
    case 'header': {
      const isHash = named === null && parts[0] !== undefined && /^[%$@]/.test(perlOf(seen, parts[0]));
      say('status', named?.get('status'));
      return isHash ? undefined : say('type', named === null ? parts[0] : named.get('type'));
    }
    case 'CGI::Cookie':
      return readCookieClass(look, seen, add, cookies);
    default: {
      const name = named === null ? parts[0] : named.get('name');
      if (name !== undefined && named?.has('value') === true) return say('cookie', name);
      if (named !== null && name === undefined) return;
      const plain = name === undefined ? null : onlyPlain(stream.tokens, name);
      cookies.push({ name: plain, place: placeOf(look, seen) });
    }
  }
}

function readCookieClass(look: Look, seen: Seen, add: Add, cookies: CookieRead[]): void {
  const { stream, at } = seen;
  const isMade = isWord(stream.tokens[at - 1], 'new');
  const method = isSign(stream.tokens[at + 1], '->') ? stream.tokens[at + 2] : undefined;
  if (isMade || isWord(method, 'new')) {
    const parts = argumentsAt(stream, isMade ? at : at + 2);
    const name = namedArguments(stream, parts)?.get('name');
    add('cookie', name === undefined ? '' : (onlyPlain(stream.tokens, name) ?? perlOf(seen, name)));
  } else if (isWord(method, 'fetch', 'raw_fetch') || isWord(stream.tokens[at - 1], 'fetch'))
    cookies.push({ name: null, place: placeOf(look, seen) });
}
