import { accessOf, pastSubscripts } from './access.ts';
import { insideOf } from './expression.ts';
import { addPlace, namesAt, perlOf, placeOf, type Seen } from './look.ts';
import { changes, type Found, keyOf, shapeBehind, shapeOf } from './session-keys.ts';
import { isSign, isWord, plainText } from './token.ts';

/** `$session{key}` of a tied hash, and what is kept under a key, changed in place. */
export function readVariable(found: Found, seen: Seen): void {
  const { unit, stream, at } = seen;
  const whole = found.look.values.wholeAt(unit, stream, at);
  if (whole.size === 0) return;
  const isDirect = /^[$@]/.test(seen.token.text) && isSign(stream.tokens[at + 1], '{');
  const { end, depth } = pastSubscripts(stream, at + 1);
  if (whole.has('tied')) return readTied(found, seen, { end, depth });
  if (isDirect) return; // an element of a copy
  for (const meaning of whole) {
    if (!meaning.startsWith('key:')) continue;
    const name = { ...seen, text: meaning.slice('key:'.length), isPattern: false };
    const isReference =
      depth > 0 || stream.tokens[at - 1]?.kind === 'cast' || isSign(stream.tokens[at - 1], '{');
    if (!seen.token.text.startsWith('$') || !isReference) continue;
    const key = keyOf(found, name);
    key.shape ??= shapeOf(seen, at, at + 1);
    changes(found, seen, key, at, end);
  }
}

function readTied(found: Found, seen: Seen, { end, depth }: { end: number; depth: number }): void {
  const { stream, at } = seen;
  const open = isSign(stream.tokens[at + 1], '->') ? at + 2 : at + 1;
  const inside = insideOf(stream, open);
  if (depth === 0 || inside === null) {
    const word = stream.tokens[at - 1];
    if (isWord(word, 'keys', 'values', 'each'))
      found.deeds.push({ what: 'all', text: '', place: placeOf(found.look, seen) });
    return;
  }
  const names = inside.to === inside.from + 1 ? namesAt(found.look, seen, inside) : null;
  const access = accessOf(stream, at, end);
  if (names === null) {
    const what = `the session key ${perlOf(seen, inside)}, which is ${access}`;
    found.doubts.push({ what, place: placeOf(found.look, seen) });
  }
  for (const name of names ?? []) {
    if (plainText(stream.tokens[inside.from])?.startsWith('_session_') === true) continue;
    const key = keyOf(found, name);
    const place = placeOf(found.look, name);
    const isInPlace = access !== 'read' && (depth > 1 || isInCast(seen));
    addPlace(isInPlace ? key.changedInPlace : key[access], place);
    if (access === 'read') key.shape ??= shapeBehind(seen, at, end);
  }
}

function isInCast({ stream, at }: Seen): boolean {
  return isSign(stream.tokens[at - 1], '{') && stream.tokens[at - 2]?.kind === 'cast';
}
