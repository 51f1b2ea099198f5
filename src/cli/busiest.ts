/** A name, and how often it was met. */
export interface Counted {
  readonly name: string;
  readonly count: number;
}

/**
 * Counts names of which there may be any number, in bounded memory: when there are twice as many as are kept, the rarer
 * half is forgotten. So the busiest are counted well; a name that comes back later is counted from there.
 */
export class Busiest {
  readonly #counts = new Map<string, number>();
  readonly #kept: number;

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Counts one. */
  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (this.#counts.size < this.#kept * 2) return;
    for (const { name: rare } of this.all().slice(this.#kept)) this.#counts.delete(rare);
  }

  /** All that are kept, the busiest first. */
  all(): Counted[] {
    const list = [...this.#counts].map(([name, count]) => ({ name, count }));
    return list.sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1));
  }
}
