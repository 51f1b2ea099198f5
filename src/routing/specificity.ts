import { globsOverlap, globWeight } from './glob.ts';
import type { Pattern, Segment } from './pattern.ts';

/**
 * Which of two patterns that both take a path is the better one.
 *
 * Segments are compared from left to right: a literal beats a glob, a glob beats a {name}, a {name} beats `**`, and that
 * beats the PATH_INFO of a script. Of two globs the one that spells out more wins. Where the path ends, a pattern that
 * ends there beats a `**` that takes nothing.
 */

/** Negative when `a` is more specific than `b` for a path of so many segments, positive when less, 0 when they tie. */
export function comparePatterns(a: Pattern, b: Pattern, pathLength: number): number {
  for (let at = 0; at <= pathLength; at++) {
    const difference = rankAt(b, at, pathLength) - rankAt(a, at, pathLength);
    if (difference !== 0) return difference;
    const byGlob = compareGlobs(a.segments[at], b.segments[at]);
    if (byGlob !== 0) return byGlob;
  }
  return 0;
}

/** Whether neither pattern is more specific and some path is taken by both, so that nobody could say who wins. */
export function patternsTie(a: Pattern, b: Pattern): boolean {
  if (a.segments.length !== b.segments.length) return false;
  return a.segments.every((segment, at) => segmentsTie(segment, b.segments[at]));
}

/** A text that two patterns share when they may tie: looking only among those keeps a file of 10,000 routes quick. */
export function tieGroup(pattern: Pattern): string {
  return pattern.segments
    .map((segment) => {
      if (segment.kind === 'literal') return `=${segment.text}`;
      return segment.kind === 'glob' ? `*${globWeight(segment.pieces)}` : segment.kind;
    })
    .join('/');
}

/** Negative when glob `a` goes first. Equally long ones are ordered by their text, only so that the order is always the same. */
function compareGlobs(a: Segment | undefined, b: Segment | undefined): number {
  if (a?.kind !== 'glob' || b?.kind !== 'glob') return 0;
  const byWeight = globWeight(b.pieces) - globWeight(a.pieces);
  if (byWeight !== 0) return byWeight;
  const left = a.pieces.join('*');
  const right = b.pieces.join('*');
  return left < right ? -1 : left > right ? 1 : 0;
}

const ranks = { literal: 5, glob: 4, name: 3, rest: 1 } as const;

function rankAt(pattern: Pattern, at: number, pathLength: number): number {
  const segment = pattern.segments[at];
  if (segment !== undefined) return ranks[segment.kind];
  // Past the end of the pattern: it ends with the path (better than `**`), or the rest is PATH_INFO (worse).
  return at === pathLength ? 2 : 0;
}

function segmentsTie(a: Segment, b: Segment | undefined): boolean {
  if (a.kind !== b?.kind) return false;
  if (a.kind === 'literal') return b.kind === 'literal' && a.text === b.text;
  if (a.kind === 'glob') {
    return (
      b.kind === 'glob' && globWeight(a.pieces) === globWeight(b.pieces) && globsOverlap(a.pieces, b.pieces)
    );
  }
  return true;
}
