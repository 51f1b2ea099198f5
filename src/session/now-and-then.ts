/** Says of each name at most so often that something is due for it. There are as many names as routes. */
export class NowAndThen {
  readonly #lastMs = new Map<string, number>();

  /** Whether it is due; then it is not due again for `everyMs`. */
  isDue(name: string, nowMs: number, everyMs: number): boolean {
    const last = this.#lastMs.get(name);
    if (last !== undefined && nowMs - last < everyMs) return false;
    this.#lastMs.set(name, nowMs);
    return true;
  }
}
