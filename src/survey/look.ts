import type { Range } from './expression.ts';
import { type Name, namesOf } from './names.ts';
import { reach, type Site } from './site.ts';
import type { Token } from './token.ts';
import type { Spot, Unit } from './unit.ts';
import type { Values } from './values.ts';

/** Where something stands in the Perl. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** The sub it stands in, or null. */
  readonly sub: string | null;
  /** Of a place in a module: the lines of the script that lead to it. */
  readonly calledAt: readonly number[];
}

/** Something that cannot be told from the text. */
export interface Doubt {
  readonly what: string;
  readonly place: Place;
}

/** A site that is looked at: what a script does, and the subs of modules that it calls. */
export interface Look {
  readonly site: Site;
  readonly values: Values;
  readonly reached: ReadonlyMap<Unit, readonly number[]>;
}

/** A token of the code that the script comes to. */
export interface Seen extends Spot {
  readonly token: Token;
}

/** Looks at a site from its script. */
export function lookAt(site: Site, values: Values): Look {
  return { site, values, reached: reach(site) };
}

/** Every token of what the script comes to, file by file. */
export function* everything({ site, reached }: Look): Generator<Seen> {
  for (const unit of site.units) {
    if (!reached.has(unit)) continue;
    for (const stream of unit.streams)
      for (const [at, token] of stream.tokens.entries()) yield { unit, stream, at, token };
  }
}

/** Where a spot is. */
export function placeOf({ reached }: Look, { unit, stream, at }: Spot): Place {
  const line = stream.tokens[at]?.line ?? unit.line;
  return { file: unit.source.name, line, sub: unit.name, calledAt: reached.get(unit) ?? [] };
}

/** The names that an expression may be, as far as the script comes to them; null where that cannot be told. */
export function namesAt(look: Look, spot: Spot, range: Range): Name[] | null {
  const found = namesOf(look.site, look.values, spot, range);
  return found?.filter(({ unit }) => look.reached.has(unit)) ?? null;
}

/** The Perl as it is written, in one line. */
export function perlOf({ unit, stream }: Spot, { from, to }: Range): string {
  const [first, last] = [stream.tokens[from], stream.tokens[to - 1]];
  return unit.source.text.slice(first?.from ?? 0, last?.to ?? 0).replace(/\s+/g, ' ');
}

/** Facts by a key, each with all its places, in the order in which they were found. */
export class Gathering<T extends object> {
  readonly #facts = new Map<string, T>();

  /** The fact of that key, made where it is the first. */
  of(key: string, make: () => T): T {
    const known = this.#facts.get(key) ?? make();
    this.#facts.set(key, known);
    return known;
  }

  all(): T[] {
    return [...this.#facts.values()];
  }
}

/** Adds a place once. */
export function addPlace(places: Place[], place: Place): void {
  if (!places.some(({ file, line, sub }) => file === place.file && line === place.line && sub === place.sub))
    places.push(place);
}
