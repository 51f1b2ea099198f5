import { Register } from '../exchange/register.ts';

/** Values by key, at most so many: the one that was not used for the longest time makes room for a new one. */
export class Recent<V> {
  readonly #most: number;
  readonly #values = new Register<string, V>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  /** Sets a value, which is then the one used last. */
  set(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#most) this.#values.delete(this.#values.oldest as string);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  /** From the one used last to the one used least. */
  entries(): [string, V][] {
    return this.#values.entries().reverse();
  }
}
