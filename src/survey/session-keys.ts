import { accessOf, pastSubscripts } from './access.ts';
import { addPlace, type Doubt, Gathering, type Look, type Place, placeOf, type Seen } from './look.ts';
import type { Name } from './names.ts';
import { isSign } from './token.ts';

/** A key of the session, and what a script does with it. */
export interface SessionKey {
  readonly name: string;
  readonly isPattern: boolean;
  readonly shape: 'hash' | 'array' | null;
  readonly read: readonly Place[];
  readonly written: readonly Place[];
  readonly removed: readonly Place[];
  /** Changes of what is kept under it, as `$cart->{7}++`: CGI::Session saves them, Apache::Session may not. */
  readonly changedInPlace: readonly Place[];
}

/**
 * `all`: all its keys are gone through, `cleared`: all are removed, `removed`: the session itself is, `renewed`: it is, and
 * another takes its place.
 */
export type DeedKind = 'expires' | 'removed' | 'renewed' | 'cleared' | 'all' | 'cookie';

/** Something that is done to the session as such; `text` is the Perl of how long it lives, where it `expires`. */
export interface SessionDeed {
  readonly what: DeedKind;
  readonly text: string;
  readonly place: Place;
}

/** A key of which more is found. */
export type GrowingKey = SessionKey &
  Record<'read' | 'written' | 'removed' | 'changedInPlace', Place[]> & { shape: SessionKey['shape'] };

/** What has been found of a session so far. */
export interface Found {
  readonly look: Look;
  readonly doubts: Doubt[];
  readonly keys: Gathering<{ -readonly [K in keyof GrowingKey]: GrowingKey[K] }>;
  readonly opened: { keeper: 'cgi-session' | 'apache-session'; place: Place }[];
  readonly deeds: SessionDeed[];
}

/** The key of that name. */
export function keyOf(found: Found, { text, isPattern }: Name): GrowingKey {
  return found.keys.of(`${isPattern} ${text}`, () => ({
    name: text,
    isPattern,
    shape: null,
    read: [],
    written: [],
    removed: [],
    changedInPlace: [],
  }));
}

/** Takes down where what is kept under a key is changed in place. */
export function changes(found: Found, seen: Seen, key: GrowingKey, start: number, end: number): void {
  if (accessOf(seen.stream, start, pastSubscripts(seen.stream, end).end) !== 'read')
    addPlace(key.changedInPlace, placeOf(found.look, seen));
}

/** By what stands in for it, `|| {}`, or by what is done with it. */
export function shapeBehind(seen: Seen, start: number, end: number): SessionKey['shape'] {
  const { tokens } = seen.stream;
  const standIn = isSign(tokens[end], '||', '//') ? tokens[end + 1] : undefined;
  if (isSign(standIn, '{')) return 'hash';
  return isSign(standIn, '[') ? 'array' : shapeOf(seen, start, end);
}

/** By what is done with it. */
export function shapeOf({ stream: { tokens } }: Seen, start: number, end: number): SessionKey['shape'] {
  const cast =
    tokens[start - 1]?.kind === 'cast'
      ? tokens[start - 1]
      : isSign(tokens[start - 1], '{')
        ? tokens[start - 2]
        : undefined;
  const sign = cast?.kind === 'cast' ? cast.text : '';
  if (sign === '%' || (isSign(tokens[end], '->') && isSign(tokens[end + 1], '{'))) return 'hash';
  return sign === '@' || sign === '$#' || (isSign(tokens[end], '->') && isSign(tokens[end + 1], '['))
    ? 'array'
    : null;
}
