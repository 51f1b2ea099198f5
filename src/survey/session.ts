import { constantsIn } from './constants.ts';
import {
  argumentsAt,
  expressionEnd,
  namedArguments,
  pastBracket,
  type Range,
  receiverStart,
} from './expression.ts';
import {
  addPlace,
  type Doubt,
  everything,
  Gathering,
  type Look,
  namesAt,
  perlOf,
  type Place,
  placeOf,
  type Seen,
} from './look.ts';
import { readVariable } from './session-hash.ts';
import {
  changes,
  type DeedKind,
  type Found,
  keyOf,
  type SessionDeed,
  type SessionKey,
  shapeBehind,
} from './session-keys.ts';
import { isSign, isWord } from './token.ts';

/** What a script does with its session. */
export interface SessionUses {
  /** The module that keeps it; null where none is made or loaded. */
  readonly keeper: 'cgi-session' | 'apache-session' | null;
  readonly opened: readonly Place[];
  readonly keys: readonly SessionKey[];
  /** What is done to the session as such. */
  readonly deeds: readonly SessionDeed[];
}

/** What a script does with its session, itself and through the subs it calls. */
export function sessionUsesIn(look: Look, doubts: Doubt[]): SessionUses {
  const found: Found = { look, doubts, keys: new Gathering(), opened: [], deeds: [] };
  for (const seen of everything(look)) {
    const { stream, at, token } = seen;
    if (token.kind === 'word' && isSign(stream.tokens[at - 1], '->')) readMethod(found, seen);
    else if (token.kind === 'word') readOpening(found, seen);
    else if (token.kind === 'variable') readVariable(found, seen);
  }
  const keys = found.keys.all();
  return {
    keeper: found.opened[0]?.keeper ?? null,
    opened: found.opened.map(({ place }) => place),
    keys: keys.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    deeds: found.deeds,
  };
}

function readOpening(found: Found, seen: Seen): void {
  const { stream, at, token } = seen;
  const [before, next] = [stream.tokens[at - 1], stream.tokens[at + 1]];
  const isMade =
    isWord(before, 'new') || (isSign(next, '->') && isWord(stream.tokens[at + 2], 'new', 'load'));
  const place = placeOf(found.look, seen);
  if (token.text === 'CGI::Session' && isMade) found.opened.push({ keeper: 'cgi-session', place });
  if (token.text !== 'tie') return;
  const [target] = argumentsAt(stream, at);
  const isSession =
    target !== undefined && found.look.values.wholeAt(seen.unit, stream, target.to - 1).has('tied');
  if (isSession) found.opened.push({ keeper: 'apache-session', place });
}

type Deed = (what: DeedKind, text?: string) => void;

/** `$s->param(…)`, `$s->clear(…)`, and what is done to the session itself. */
function readMethod(found: Found, seen: Seen): void {
  const { stream, at, token, unit } = seen;
  const methods = [
    'param',
    'clear',
    'save_param',
    'delete',
    'expire',
    'expires',
    'dataref',
    'param_hashref',
    'cookie',
  ];
  if (!methods.includes(token.text)) return;
  const start = receiverStart(stream, at - 1);
  const isTied = token.text === 'delete' && isWord(stream.tokens[start], 'tied');
  if (!isTied && !found.look.values.receiver(unit, stream, at - 1).has('session')) return;
  const parts = argumentsAt(stream, at);
  const deed: Deed = (what, text = '') =>
    void found.deeds.push({ what, text, place: placeOf(found.look, seen) });
  switch (token.text) {
    case 'param':
      return readParam(found, seen, parts, deed);
    case 'clear':
    case 'save_param':
      return readSome(found, seen, token.text === 'clear' ? parts[0] : parts[1], deed);
    case 'expire':
    case 'expires':
      if (parts[0] !== undefined && parts.length === 1) deed('expires', perlOf(seen, parts[0]));
      return;
    case 'delete':
      return deed(isReplaced(found, seen) ? 'renewed' : 'removed');
    case 'cookie':
      return deed('cookie');
    default:
      return deed('all');
  }
}

/** Whether a session is made after this one was removed. */
function isReplaced({ look }: Found, { unit, stream, at }: Seen): boolean {
  return stream.tokens.some(
    ({ kind }, after) =>
      after > at &&
      kind === 'word' &&
      look.values.meaningOf(unit, stream, { from: after, to: expressionEnd(stream, after) }).has('session'),
  );
}

function readParam(found: Found, seen: Seen, parts: readonly Range[], deed: Deed): void {
  const { stream, at } = seen;
  const named = namedArguments(stream, parts);
  const part = named === null ? parts[0] : named.get('name');
  if (part === undefined) return deed('all');
  const isWritten = named === null ? parts.length > 1 : named.has('value');
  const names = namesAt(found.look, seen, part);
  if (names === null) {
    const what = `the session key ${perlOf(seen, part)}, which it ${isWritten ? 'writes' : 'reads'}`;
    found.doubts.push({ what, place: placeOf(found.look, seen) });
  }
  const end = isSign(stream.tokens[at + 1], '(') ? pastBracket(stream, at + 1) : at + 1;
  const start = receiverStart(stream, at - 1);
  for (const name of names ?? []) {
    const key = keyOf(found, name);
    addPlace(isWritten ? key.written : key.read, placeOf(found.look, name));
    if (isWritten) continue;
    key.shape ??= shapeBehind(seen, start, end);
    changes(found, seen, key, start, end);
  }
}

/** `clear(['a', 'b'])`, `clear('a')`, `save_param($q, ['a'])` */
function readSome(found: Found, seen: Seen, part: Range | undefined, deed: Deed): void {
  const { stream, token } = seen;
  const isClear = token.text === 'clear';
  if (part === undefined) return isClear ? deed('cleared') : deed('all');
  const constants = constantsIn(stream, part).flat();
  const names = constants.filter((each) => typeof each === 'string');
  if (names.length === 0 || names.length < constants.length) {
    const what = `which session keys it ${isClear ? 'removes' : 'writes'}: ${perlOf(seen, part)}`;
    found.doubts.push({ what, place: placeOf(found.look, seen) });
    return;
  }
  for (const text of names) {
    const key = keyOf(found, { ...seen, text, isPattern: false });
    addPlace(isClear ? key.removed : key.written, placeOf(found.look, seen));
  }
}
