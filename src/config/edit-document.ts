import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, type Node, type Scalar, visit, type YAMLMap } from 'yaml';
import { parseKey } from '../routing/key.ts';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { routeName } from '../routing/name.ts';
import { isNestedTooDeeply, parsePlain } from './yaml.ts';

/** A route as it stands in the file. */
export interface WrittenRoute {
  readonly key: string;
  /** Null where the key cannot be read and no name is given. */
  readonly name: string | null;
  /** What stands behind the key. */
  readonly value: Node | null;
  /** The same where it is a map. */
  readonly map: YAMLMap | null;
  /** Its target, or null where none is written. */
  readonly target: Scalar | null;
  /** Whether the target stands inside { }, where a comma needs quotes. */
  readonly isInBraces: boolean;
}

/** Parses a text that is to be edited. Throws a Mistake [not-editable] where it is no YAML. */
export function openForEdit(text: string): Document.Parsed {
  const document = isNestedTooDeeply(text) ? null : parsePlain(text);
  if (document !== null && document.errors.length === 0 && !hasAlias(document)) return document;
  throw new Mistake(
    'not-editable',
    'the file has errors',
    'look at them with "banyan check" and mend them first',
  );
}

/** What stands in two places of the file cannot be changed in one. */
function hasAlias(document: Document.Parsed): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** The routes of the file in their order. Throws a Mistake [not-editable] where it has none. */
export function routesIn(document: Document.Parsed): WrittenRoute[] {
  const root = isMap(document.contents) ? document.contents : null;
  const routes = root?.get('routes', true);
  if (root === null || !isMap(routes))
    throw new Mistake('not-editable', 'the file has no routes', 'look at it with "banyan check"');
  const base = root.get('base');
  const isFlow = root.flow === true || routes.flow === true;
  return routes.items.flatMap(({ key: keyNode, value }) => {
    if (!isScalar(keyNode)) return [];
    const key = String(keyNode.value);
    const map = isMap(value) ? value : null;
    const target = map === null ? value : map.get('to', true);
    return {
      key,
      name: nameOf(key, map, base),
      value: value as Node | null,
      map,
      target: isScalar(target) ? target : null,
      isInBraces: isFlow || map?.flow === true,
    };
  });
}

/** The route of a key or a name; a key goes first, for it is unique. Throws a Mistake [unknown-route]. */
export function findRoute(document: Document.Parsed, nameOrKey: string): WrittenRoute {
  const routes = routesIn(document);
  const meant =
    routes.find((route) => route.key === nameOrKey) ?? routes.find((route) => route.name === nameOrKey);
  if (meant !== undefined) return meant;
  throw new Mistake('unknown-route', `no route is called "${nameOrKey}"`, 'see them with "banyan routes"');
}

/** The text of a YAML map, as the comparison of `verify` sees it. */
export type PlainMap = Map<string, unknown>;

/** Reads the changed text and makes sure that what `change` does to the routes, and nothing else, is different. */
export function verify(before: Document.Parsed, changed: string, change: (routes: PlainMap) => void): void {
  const expected = plain(before);
  change(expected.get('routes') as PlainMap);
  if (isDeepStrictEqual(plain(openForEdit(changed)), expected)) return;
  throw new Mistake(
    'not-editable',
    'this cannot be changed without changing something else',
    'edit the file by hand',
  );
}

/** Maps and not objects: `__proto__` is a key like any other. */
function plain(document: Document.Parsed): PlainMap {
  return document.toJS({ maxAliasCount: 0, mapAsMap: true }) as PlainMap;
}

function nameOf(key: string, map: YAMLMap | null, base: unknown): string | null {
  const given = map?.get('name');
  if (typeof given === 'string') return given;
  const slashed = typeof base === 'string' ? base.replace(/\/?$/, '/') : null;
  const read = orMistake(() => parseKey(key, slashed));
  return read instanceof Mistake ? null : routeName(read, slashed);
}

/** A target as it is written; empty where there is none. */
export function writtenTarget(target: Scalar | null): string {
  return typeof target?.value === 'string' ? target.value : '';
}
