/**
 * A Map for what comes and goes with requests. V8 keeps the tables of a Map in a chain as it does those of a Set, with
 * all they held when they were given up (roster.ts says what that costs). So what the table holds is a cell, and a cell
 * is emptied when its key is deleted.
 */
export class Register<K, V> {
  readonly #cells = new Map<K, { value: V | undefined }>();

  get size(): number {
    return this.#cells.size;
  }

  get(key: K): V | undefined {
    return this.#cells.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#cells.has(key);
  }

  /** Sets a value; a key that is there keeps its place. */
  set(key: K, value: V): void {
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, { value });
    else cell.value = value;
  }

  /** Says whether it was there. */
  delete(key: K): boolean {
    const cell = this.#cells.get(key);
    if (cell === undefined) return false;
    cell.value = undefined;
    return this.#cells.delete(key);
  }

  /** All there is now, in the order in which the keys came. */
  entries(): [K, V][] {
    return Array.from(this.#cells, ([key, { value }]) => [key, value as V]);
  }

  /** The values alone, in the same order. */
  values(): V[] {
    return Array.from(this.#cells.values(), ({ value }) => value as V);
  }

  /** The key that has been there for longest; undefined where there is none. */
  get oldest(): K | undefined {
    for (const key of this.#cells.keys()) return key;
    return undefined;
  }
}
