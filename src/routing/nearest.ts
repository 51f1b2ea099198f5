/**
 * The candidate that a misspelt word was most likely meant to be, or null when none is near enough.
 * Near enough is at most 2 typing slips, or a third of the word where that is more. Capitals do not count as slips.
 * Nothing is near a word of more than 200 characters: to compare two costs the product of their lengths.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > longestWord) return null;
  const limit = Math.max(2, Math.floor(word.length / 3));
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = slips(wanted, candidate.toLowerCase());
    // A suggestion that shares nothing with a short word ("a" for "to") helps nobody.
    if (distance < bestDistance && distance < Math.max(candidate.length, word.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

const longestWord = 200;

/** How many slips (a letter too many, too few, another, or two swapped) lie between two words: Damerau-Levenshtein. */
export function slips(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** `did you mean "x"?`, or null when nothing is near: the help line of most mistakes. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const found = nearest(word, candidates);
  return found === null ? null : `did you mean "${found}"?`;
}
