import { globMatches } from './glob.ts';
import { type Pattern, type Segment } from './pattern.ts';
import type { Route } from './route.ts';
import { compareGlobs } from './specificity.ts';

/**
 * The tree in which a path is looked up segment by segment. Finding a literal costs the same for 10 routes as for 10,000.
 * A node at depth n has consumed exactly n segments, so a lookup visits each node at most once, however it backtracks.
 */
export interface TrieNode {
  readonly literals: Map<string, TrieNode>;
  /** The most specific first. */
  readonly globs: { readonly segment: Segment & { kind: 'glob' }; readonly node: TrieNode }[];
  name: TrieNode | null;
  /** Routes whose path ends here, one per set of methods. */
  readonly here: Route[];
  /** Routes that go on with `**`. */
  readonly rest: Route[];
  /** Routes of scripts, which take whatever follows as PATH_INFO. */
  readonly pathInfo: Route[];
}

/** A tree without routes. */
export function emptyTrie(): TrieNode {
  return { literals: new Map(), globs: [], name: null, here: [], rest: [], pathInfo: [] };
}

/** Puts a route into the tree. Of two routes that tie the first one stays the winner. */
export function plant(root: TrieNode, pattern: Pattern, route: Route): void {
  let node = root;
  for (const segment of pattern.segments) {
    if (segment.kind === 'rest') {
      node.rest.push(route);
      return;
    }
    node = child(node, segment);
  }
  node.here.push(route);
  if (pattern.takesPathInfo) node.pathInfo.push(route);
}

/** The most specific route that takes the path and the method, or null. `onVisit` lets a test count the nodes looked at. */
export function find(
  node: TrieNode,
  method: string,
  path: readonly string[],
  depth = 0,
  onVisit?: () => void,
): Route | null {
  onVisit?.();
  const text = path[depth];
  if (text === undefined) return byMethod(node.here, method) ?? byMethod(node.rest, method);
  const literal = node.literals.get(text);
  const found = literal === undefined ? null : find(literal, method, path, depth + 1, onVisit);
  if (found !== null) return found;
  for (const { segment, node: next } of node.globs) {
    const below = globMatches(segment.pieces, text) ? find(next, method, path, depth + 1, onVisit) : null;
    if (below !== null) return below;
  }
  const named = node.name === null || text === '' ? null : find(node.name, method, path, depth + 1, onVisit);
  return named ?? byMethod(node.rest, method) ?? byMethod(node.pathInfo, method);
}

/** How well a route's methods fit: 3 it is named, 2 it is HEAD and GET is named, 1 none are named, 0 it does not fit. */
export function methodFit(methods: readonly string[] | null, method: string): 0 | 1 | 2 | 3 {
  if (methods === null) return 1;
  if (methods.includes(method)) return 3;
  return method === 'HEAD' && methods.includes('GET') ? 2 : 0;
}

function byMethod(routes: readonly Route[], method: string): Route | null {
  let best: Route | null = null;
  let bestFit = 0;
  for (const route of routes) {
    const fit = methodFit(route.methods, method);
    if (fit > bestFit) {
      best = route;
      bestFit = fit;
    }
  }
  return best;
}

function child(node: TrieNode, segment: Exclude<Segment, { kind: 'rest' }>): TrieNode {
  if (segment.kind === 'name') return (node.name ??= emptyTrie());
  if (segment.kind === 'glob') {
    const known = node.globs.find((glob) => compareGlobs(glob.segment, segment) === 0);
    if (known !== undefined) return known.node;
    const next = emptyTrie();
    node.globs.push({ segment, node: next });
    node.globs.sort((a, b) => compareGlobs(a.segment, b.segment));
    return next;
  }
  const known = node.literals.get(segment.text);
  if (known !== undefined) return known;
  const next = emptyTrie();
  node.literals.set(segment.text, next);
  return next;
}
