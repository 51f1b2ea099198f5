import { globMatches, globWeight } from './glob.ts';

/**
 * The globs of one folder, by the text before their first star and behind their last one: a lookup asks once for every
 * pair of lengths that those texts have, and not once for every glob.
 */
export class GlobIndex<T> {
  readonly #shapes = new Map<string, Shape<T>>();

  /** The value of a glob, made where there is none yet. */
  getOrAdd(pieces: readonly string[], make: () => T): T {
    const front = pieces[0] ?? '';
    const back = pieces.at(-1) ?? '';
    const lengths = `${front.length},${back.length}`;
    const shape: Shape<T> = this.#shapes.get(lengths) ?? {
      front: front.length,
      back: back.length,
      byEnds: new Map(),
    };
    this.#shapes.set(lengths, shape);
    const ends = front + between + back;
    const entries = shape.byEnds.get(ends) ?? [];
    shape.byEnds.set(ends, entries);
    const id = pieces.join(between);
    const known = entries.find((entry) => entry.id === id);
    if (known !== undefined) return known.value;
    const entry = { id, text: pieces.join('*'), pieces, weight: globWeight(pieces), value: make() };
    entries.push(entry);
    return entry.value;
  }

  /** The values of the globs that match, the most specific first. */
  matching(text: string): readonly T[] {
    if (this.#shapes.size === 0) return [];
    const found: Entry<T>[] = [];
    for (const { front, back, byEnds } of this.#shapes.values()) {
      if (front + back > text.length) continue;
      const ends = text.slice(0, front) + between + text.slice(text.length - back);
      for (const entry of byEnds.get(ends) ?? []) if (globMatches(entry.pieces, text)) found.push(entry);
    }
    if (found.length > 1) found.sort(compareEntries);
    return found.map(({ value }) => value);
  }
}

/** Globs whose ends have the same lengths. */
interface Shape<T> {
  readonly front: number;
  readonly back: number;
  readonly byEnds: Map<string, Entry<T>[]>;
}

interface Entry<T> {
  readonly id: string;
  /** As in the file; what comparePatterns orders by. */
  readonly text: string;
  readonly pieces: readonly string[];
  readonly weight: number;
  readonly value: T;
}

/** Pieces are bytes, one character each: none holds this character. */
const between = '\u0100';

/** The longer text first. Equally long ones never match the same request; they are ordered to be so always. */
function compareEntries(a: Entry<unknown>, b: Entry<unknown>): number {
  return b.weight - a.weight || (a.text < b.text ? -1 : 1);
}
