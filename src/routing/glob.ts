/**
 * Globs inside one path segment. A glob is kept as the pieces of text between its stars, so `report-*.html` is
 * `['report-', '.html']`. No regular expressions: the text comes from the network and must not be able to make us slow.
 */

/** Whether the text is the pieces in their order with anything between them. An empty segment matches no glob. */
export function globMatches(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (text === '' || text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  // Taking the leftmost place for every piece leaves the most room for the next, so no other choice has to be tried.
  for (const piece of pieces.slice(1, -1)) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}

/** How many characters a glob spells out: the more, the more specific it is. */
export function globWeight(pieces: readonly string[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Whether some text matches both globs. */
export function globsOverlap(a: readonly string[], b: readonly string[]): boolean {
  const left = tokens(a);
  const right = tokens(b);
  const seen = new Set<number>();
  const todo: [number, number][] = [[0, 0]];
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    const [i, j] = place;
    if (i === left.length && j === right.length) return true;
    const id = i * (right.length + 1) + j;
    if (seen.has(id)) continue;
    seen.add(id);
    todo.push(...steps(left, i, right, j));
  }
  return false;
}

type Token = string | typeof star;
const star = Symbol('star');

function tokens(pieces: readonly string[]): Token[] {
  return pieces.flatMap((piece, at) => (at === 0 ? piece.split('') : [star, ...piece.split('')]));
}

/** The places that two globs can be in after one more character, or after a star has taken nothing. */
function steps(left: readonly Token[], i: number, right: readonly Token[], j: number): [number, number][] {
  const a = left[i];
  const b = right[j];
  const next: [number, number][] = [];
  if (a === star) next.push([i + 1, j]);
  if (b === star) next.push([i, j + 1]);
  if (a === star && b !== undefined && b !== star) next.push([i, j + 1]);
  if (b === star && a !== undefined && a !== star) next.push([i + 1, j]);
  if (a !== undefined && a !== star && a === b) next.push([i + 1, j + 1]);
  return next;
}
