import { GlobIndex } from './glob-index.ts';
import { addRoute, emptyLeaf, type Leaf, pick, type Wanted } from './leaf.ts';
import { isScript, type Pattern, type Segment } from './pattern.ts';
import type { Route } from './route.ts';

/**
 * The tree in which a path is looked up segment by segment. Finding a literal costs the same for 10 routes as for 10,000.
 * A node at depth n has consumed exactly n segments, so a lookup visits each node at most once, however it backtracks.
 */
export interface TrieNode {
  readonly literals: Map<string, TrieNode>;
  readonly globs: GlobIndex<TrieNode>;
  name: TrieNode | null;
  /** Routes whose path ends here. */
  readonly here: Leaf;
  /** Routes that go on with `**`. */
  readonly rest: Leaf;
  /** Routes that take whatever follows as PATH_INFO, where the segment before it is a script. */
  readonly pathInfo: Leaf;
}

/** A tree without routes. */
export function emptyTrie(): TrieNode {
  return {
    literals: new Map(),
    globs: new GlobIndex(),
    name: null,
    here: emptyLeaf(),
    rest: emptyLeaf(),
    pathInfo: emptyLeaf(),
  };
}

/** Puts a route into the tree. Of two routes that tie the first one stays the winner. */
export function plant(root: TrieNode, pattern: Pattern, route: Route): void {
  let node = root;
  for (const segment of pattern.segments) {
    if (segment.kind === 'rest') {
      addRoute(node.rest, route);
      return;
    }
    node = child(node, segment);
  }
  addRoute(node.here, route);
  if (pattern.takesPathInfo) addRoute(node.pathInfo, route);
}

/** The most specific route that takes the path and what is wanted, or null. `onVisit` lets a test count the nodes looked at. */
export function find(
  node: TrieNode,
  path: readonly string[],
  wanted: Wanted,
  depth = 0,
  onVisit?: () => void,
): Route | null {
  onVisit?.();
  const text = path[depth];
  if (text === undefined) return pick(node.here, wanted) ?? pick(node.rest, wanted);
  const literal = node.literals.get(text);
  const found = literal === undefined ? null : find(literal, path, wanted, depth + 1, onVisit);
  if (found !== null) return found;
  for (const next of node.globs.matching(text)) {
    const below = find(next, path, wanted, depth + 1, onVisit);
    if (below !== null) return below;
  }
  const named = node.name === null || text === '' ? null : find(node.name, path, wanted, depth + 1, onVisit);
  return (
    named ?? pick(node.rest, wanted) ?? (isScript(path[depth - 1] ?? '') ? pick(node.pathInfo, wanted) : null)
  );
}

function child(node: TrieNode, segment: Exclude<Segment, { kind: 'rest' }>): TrieNode {
  if (segment.kind === 'name') return (node.name ??= emptyTrie());
  if (segment.kind === 'glob') return node.globs.getOrAdd(segment.pieces, emptyTrie);
  const known = node.literals.get(segment.text);
  if (known !== undefined) return known;
  const next = emptyTrie();
  node.literals.set(segment.text, next);
  return next;
}
