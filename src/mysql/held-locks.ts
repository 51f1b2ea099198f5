/** Locks that are held on one condition, and are lost all at once when it ends. */
export class HeldLocks {
  readonly #held = new Set<AbortController>();

  /** Notes a lock that was just had. `letGo` says whether it was still held. */
  add(): { readonly lost: AbortSignal; readonly letGo: () => boolean } {
    const lost = new AbortController();
    this.#held.add(lost);
    return { lost: lost.signal, letGo: () => this.#held.delete(lost) };
  }

  /** Tells everybody, and says how many they were. */
  loseAll(): number {
    const count = this.#held.size;
    for (const lost of this.#held) lost.abort();
    this.#held.clear();
    return count;
  }
}
