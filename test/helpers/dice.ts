/** Dice that fall the same way on every run (mulberry32). */
export interface Dice {
  /** At least 0 and less than 1, like Math.random. */
  random(): number;
  /** A whole number, at least 0 and less than `end`. */
  below(end: number): number;
  /** One of these. */
  pick<T>(choices: readonly T[]): T;
  /** Between `min` and `max` of these pieces, joined. */
  text(pieces: readonly string[], min: number, max: number): string;
}

/** Dice for one test; the same seed gives the same throws. */
export function makeDice(seed: number): Dice {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (end: number): number => Math.floor(random() * end);
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const text = (pieces: readonly string[], min: number, max: number): string =>
    Array.from({ length: min + below(max - min + 1) }, () => pick(pieces)).join('');
  return { random, below, pick, text };
}
