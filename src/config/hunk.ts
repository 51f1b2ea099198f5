/** What makes one text of another: from a line on, these lines go and those come. */
export interface Hunk {
  /** The first line, counted from 1. */
  readonly line: number;
  /** Without their `\n`; a `\r` before it is part of the line. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** The one hunk between two texts: what is left when the lines that both begin and end with are taken off. */
export function hunkBetween(before: string, after: string): Hunk {
  const old = before.split('\n');
  const young = after.split('\n');
  const most = Math.min(old.length, young.length);
  let head = 0;
  while (head < most && old[head] === young[head]) head++;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++;
  return {
    line: head + 1,
    removed: old.slice(head, old.length - tail),
    added: young.slice(head, young.length - tail),
  };
}

/** The text with a hunk applied, or null when the hunk is of another text. */
export function applyHunk(text: string, hunk: Hunk): string | null {
  const lines = text.split('\n');
  const from = hunk.line - 1;
  const fits = hunk.removed.every((line, at) => lines[from + at] === line);
  if (!fits || from > lines.length) return null;
  return [...lines.slice(0, from), ...hunk.added, ...lines.slice(from + hunk.removed.length)].join('\n');
}

/** Above so many pairs of lines a difference is shown as one block: it would be no help in pieces. */
const mostPairs = 2_000_000;

/** The difference of two texts in as many small hunks as it has, for people. */
export function hunksBetween(before: string, after: string): Hunk[] {
  const whole = hunkBetween(before, after);
  const { removed, added } = whole;
  if (removed.length === 0 && added.length === 0) return [];
  if (removed.length * added.length > mostPairs) return [whole];
  const hunks: Hunk[] = [];
  let at = { old: 0, young: 0 };
  const close = (old: number, young: number): void => {
    if (old > at.old || young > at.young) {
      const line = whole.line + at.old;
      hunks.push({ line, removed: removed.slice(at.old, old), added: added.slice(at.young, young) });
    }
  };
  for (const [old, young] of commonLines(removed, added)) {
    close(old, young);
    at = { old: old + 1, young: young + 1 };
  }
  close(removed.length, added.length);
  return hunks;
}

/** The longest list of lines that both have in the same order, as pairs of places. */
function commonLines(old: readonly string[], young: readonly string[]): [number, number][] {
  const width = young.length + 1;
  // longest[i * width + j]: how many lines old from i on and young from j on have in common.
  const longest = new Uint32Array((old.length + 1) * width);
  const cell = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        old[i] === young[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < old.length && j < young.length;) {
    if (old[i] === young[j]) pairs.push([i++, j++]);
    else if (cell(i + 1, j) >= cell(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
