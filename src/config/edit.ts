import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, type Document, type Scalar, type YAMLMap } from 'yaml';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { parseKey } from '../routing/key.ts';
import { routeName } from '../routing/name.ts';
import { parseTarget, printTarget } from '../routing/target.ts';
import { hasVariables } from './variables.ts';
import { isNestedTooDeeply, parsePlain } from './yaml.ts';

/** A text with one target changed. */
export interface Edit {
  /** The whole new text. */
  readonly text: string;
  /** The line that changed, counted from 1. */
  readonly line: number;
  /** That line without its line end, as it was and as it is. */
  readonly before: string;
  readonly after: string;
  /** The targets, as written before and as they are now. */
  readonly targetBefore: string;
  readonly targetAfter: string;
}

/**
 * Changes the target of one route, named by its name or its key. Only that one word changes, and the spaces before a
 * comment behind it: quotes, line ends, a byte order mark and everything else stay as they are.
 * Throws a Mistake: [unknown-route], [not-editable], or what `parseTarget` finds.
 */
export function setTarget(text: string, nameOrKey: string, targetText: string): Edit {
  const target = printTarget(parseTarget(targetText));
  const document = openForEdit(text);
  const { path, node } = findTarget(document, nameOrKey);
  const [from, to] = node.range ?? [0, 0];
  const old = text.slice(from, to);
  if (hasVariables(old))
    throw new Mistake(
      'not-editable',
      `the target of "${nameOrKey}" comes from ${old}`,
      'change that variable',
    );
  if (/[\r\n]/.test(old) || from === to) {
    throw new Mistake(
      'not-editable',
      `the target of "${nameOrKey}" is not written on one line`,
      'write it on one line first',
    );
  }
  const quote = /^["']/.exec(old)?.[0] ?? '';
  const changed = splice(text, from, to, `${quote}${target}${quote}`);
  verify(document, changed, path, target);
  const start = text.lastIndexOf('\n', from - 1) + 1;
  return {
    text: changed,
    line: text.slice(0, start).split('\n').length,
    before: lineAt(text, start),
    after: lineAt(changed, start),
    targetBefore: String(node.value),
    targetAfter: target,
  };
}

/** Replaces a stretch and moves a comment behind it back into its column, as far as there is room. */
function splice(text: string, from: number, to: number, word: string): string {
  const blanks = /^( +)(?=#)/.exec(text.slice(to, to + 500))?.[1]?.length ?? 0;
  const wanted = blanks - (word.length - (to - from));
  const padding = blanks === 0 ? '' : ' '.repeat(Math.max(1, wanted));
  return text.slice(0, from) + word + padding + text.slice(to + blanks);
}

interface Found {
  /** The way to the target from the root, for the comparison afterwards. */
  readonly path: readonly string[];
  readonly node: Scalar;
}

function findTarget(document: Document.Parsed, nameOrKey: string): Found {
  const base = document.get('base');
  const routes = routesOf(document).items.flatMap(({ key, value }) =>
    isScalar(key) ? [{ key: String(key.value), value }] : [],
  );
  const nameOf = (route: { key: string; value: unknown }): unknown =>
    (isMap(route.value) ? route.value.get('name') : undefined) ?? defaultName(route.key, base);
  const meant =
    routes.find((route) => route.key === nameOrKey) ?? routes.find((route) => nameOf(route) === nameOrKey);
  if (meant === undefined) throw new Mistake('unknown-route', `no route is called "${nameOrKey}"`);
  const { key, value } = meant;
  const node = isMap(value) ? value.get('to', true) : value;
  if (isScalar(node)) return { path: ['routes', key, ...(isMap(value) ? ['to'] : [])], node };
  throw new Mistake(
    'not-editable',
    `route "${key}" has no target to change`,
    'write "to: legacy" in it first',
  );
}

function defaultName(key: string, base: unknown): string | null {
  const slashed = typeof base === 'string' ? base.replace(/\/?$/, '/') : null;
  const read = orMistake(() => parseKey(key, slashed));
  return read instanceof Mistake ? null : routeName(read.methods, read.path, slashed);
}

function openForEdit(text: string): Document.Parsed {
  const document = isNestedTooDeeply(text) ? null : parsePlain(text);
  if (document !== null && document.errors.length === 0) return document;
  throw new Mistake(
    'not-editable',
    'the file has errors',
    'look at them with "banyan check" and mend them first',
  );
}

function routesOf(document: Document.Parsed): YAMLMap {
  const routes = isMap(document.contents) ? document.contents.get('routes', true) : null;
  if (isMap(routes)) return routes;
  throw new Mistake('not-editable', 'the file has no routes', 'look at it with "banyan check"');
}

/** Reads the new text and makes sure that the one target, and nothing else, is different. */
function verify(before: Document.Parsed, changed: string, path: readonly string[], target: string): void {
  const expected = before.clone() as Document.Parsed;
  expected.setIn(path, target);
  if (isDeepStrictEqual(openForEdit(changed).toJS({ maxAliasCount: 0 }), expected.toJS({ maxAliasCount: 0 })))
    return;
  throw new Mistake(
    'not-editable',
    'the target cannot be changed without changing something else',
    'edit the file by hand',
  );
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '');
}
