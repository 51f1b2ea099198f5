import { isUtf8 } from 'node:buffer';
import type { Place } from './look.ts';

/** So many places are named; of the others it is said that there are more. */
const mostPlaces = 5;

/** Bytes as the people who wrote them read them: UTF-8 where it is, else latin-1. In one line, and without controls. */
export function shown(bytes: string): string {
  const isBytes = !/[^\0-\xff]/.test(bytes);
  const raw = Buffer.from(bytes, 'latin1');
  const text = isBytes && isUtf8(raw) ? raw.toString('utf8') : bytes;
  return text.replace(/[\r\n\t]+/g, ' ').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** A value for people; one that is empty is to be seen, too. */
export function shownValue(bytes: string): string {
  return bytes === '' ? "''" : shown(bytes);
}

/** A text between single quotes, as TypeScript reads it: what is not ASCII as escapes, for names are bytes. */
export function quoted(bytes: string): string {
  const escaped = bytes.replace(/[\\']|[^ -~]/g, (character) => {
    if (character === '\\' || character === "'") return `\\${character}`;
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `'${escaped}'`;
}

/** The last part of a path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `cart.pl:24`, or `Shop.pm:136 (get_record, called in 30, 79)`. */
export function placeWords({ file, line, sub, calledAt }: Place): string {
  const where = `${fileName(file)}:${line}`;
  if (calledAt.length === 0) return where;
  const lines = [...calledAt.slice(0, mostPlaces), ...(calledAt.length > mostPlaces ? ['…'] : [])];
  return `${where} (${sub === null ? '' : `${sub}, `}called in ${lines.join(', ')})`;
}

/** Several places, those of one file together: `cart.pl:33, 34`. */
export function placesWords(places: readonly Place[]): string {
  const some = places.slice(0, mostPlaces);
  const words = some.map((place, at) => {
    const isSame = at > 0 && some[at - 1]?.file === place.file && place.calledAt.length === 0;
    return isSame ? String(place.line) : placeWords(place);
  });
  return [...words, ...(places.length > some.length ? ['…'] : [])].join(', ');
}
