import type { Key } from './key.ts';
import { compareKeyParams, type KeyParam } from './key-params.ts';
import { patternsTie, tieGroup } from './specificity.ts';

/** Two keys that some request matches, and of which neither is more specific. */
export interface Tie<K> {
  readonly earlier: K;
  readonly later: K;
}

/** What is asked of the keys; whatever else they carry comes back in the ties. */
export interface Tied {
  readonly read: Key;
}

/** A key of this path may ask for no more sets of parameter names than these: each costs every request a look. */
export const mostShapes = 32;

/**
 * Finds the keys that tie, each later one once, in the order of the file. Two keys that ask for different parameters,
 * such as `?action=add` and `?item=1`, tie too, unless a third one asks for both. Cost grows with the number of keys.
 */
export function findTies<K extends Tied>(keys: readonly K[]): Tie<K>[] {
  const known = new Set(keys.map(({ read }) => idOf(read.path, read.params)));
  return groups(keys).flatMap((group) => tiesOf(group, known));
}

/** The keys of one path that ask for a set of parameter names beyond the first 32. */
export function beyondShapes<K extends Tied>(keys: readonly K[]): K[] {
  const shapes = new Map<string, Set<string>>();
  return keys.filter(({ read }) => {
    if (read.params.length === 0) return false;
    const seen = shapes.get(read.path) ?? new Set<string>();
    shapes.set(read.path, seen.add(shapeOf(read.params)));
    return seen.size > mostShapes;
  });
}

/** Keys that can tie at all: the same shape of path, and equally many parameters. */
function groups<K extends Tied>(keys: readonly K[]): K[][] {
  const found = new Map<string, K[]>();
  for (const key of keys) {
    const { pattern, params } = key.read;
    const valued = params.filter(({ value }) => value !== null).length;
    gather(found, `${tieGroup(pattern)} ${params.length} ${valued}`, key);
  }
  return [...found.values()].flatMap(byGlobEnds).filter((group) => group.length > 1);
}

/** Divides a group by how its first globs begin and end: those that do so otherwise cannot take the same request. */
function byGlobEnds<K extends Tied>(group: readonly K[]): K[][] {
  const globs = group.map(
    ({ read }) => read.pattern.segments.find((segment) => segment.kind === 'glob')?.pieces ?? [],
  );
  const front = Math.min(...globs.map((pieces) => pieces[0]?.length ?? 0));
  const back = Math.min(...globs.map((pieces) => pieces.at(-1)?.length ?? 0));
  const found = new Map<string, K[]>();
  for (const [at, key] of group.entries()) {
    const first = globs[at]?.[0] ?? '';
    const last = globs[at]?.at(-1) ?? '';
    gather(found, JSON.stringify([first.slice(0, front), last.slice(last.length - back)]), key);
  }
  return [...found.values()];
}

function gather<K>(groups: Map<string, K[]>, id: string, key: K): void {
  const group = groups.get(id);
  if (group === undefined) groups.set(id, [key]);
  else group.push(key);
}

function tiesOf<K extends Tied>(group: readonly K[], known: ReadonlySet<string>): Tie<K>[] {
  const shapes = new Map(group.map(({ read }) => [shapeOf(read.params), read.params]));
  /** Earlier keys, by their shape, by the names they share with another shape, and by the values of those. */
  const index = new Map<string, K[]>();
  return group.flatMap((later) => {
    const { params } = later.read;
    const own = shapeOf(params);
    const ids = [...shapes].map(([shape, example]) => ({
      theirs: `${shape}|${sharedValues(params, example)}|${own}`,
      mine: `${own}|${sharedValues(params, example)}|${shape}`,
    }));
    const earlier = ids
      .flatMap(({ theirs }) => index.get(theirs) ?? [])
      .find((each) => tie(each.read, later.read) && !isSettled(each.read, later.read, known));
    for (const { mine } of ids) gather(index, mine, later);
    return earlier === undefined ? [] : [{ earlier, later }];
  });
}

function tie(a: Key, b: Key): boolean {
  return methodsTie(a.methods, b.methods) && patternsTie(a.pattern, b.pattern);
}

/** Two sets of methods tie when both are "any", or when they name the same method. A named one beats "any". */
function methodsTie(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.some((method) => b.includes(method));
}

/** Whether a third key asks for all that both ask for, so that no request is left in doubt. */
function isSettled(a: Key, b: Key, known: ReadonlySet<string>): boolean {
  if (a.path !== b.path) return false;
  const both = [
    ...a.params,
    ...b.params.filter(({ name }) => !a.params.some((each) => each.name === name)),
  ].map((param) => ({ name: param.name, value: param.value ?? valueIn(b.params, param.name) }));
  const sorted = both.toSorted((x, y) => (x.name < y.name ? -1 : 1));
  return (
    compareKeyParams(sorted, a.params) < 0 &&
    compareKeyParams(sorted, b.params) < 0 &&
    known.has(idOf(a.path, sorted))
  );
}

function valueIn(params: readonly KeyParam[], name: string): string | null {
  return params.find((param) => param.name === name)?.value ?? null;
}

function idOf(path: string, params: readonly KeyParam[]): string {
  return JSON.stringify([path, ...params.map(({ name, value }) => [name, value])]);
}

function shapeOf(params: readonly KeyParam[]): string {
  return JSON.stringify(params.map(({ name, value }) => [name, value !== null]));
}

/** The values of the names that both ask for by value; keys can only tie where these are the same. */
function sharedValues(params: readonly KeyParam[], other: readonly KeyParam[]): string {
  return JSON.stringify(
    params
      .filter(
        ({ name, value }) =>
          value !== null && other.some((each) => each.name === name && each.value !== null),
      )
      .map(({ value }) => value),
  );
}
