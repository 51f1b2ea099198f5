import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';
import { type Desk, type Span, spanOf, type Value } from './desk.ts';
import { type SectionName, sectionNames } from './schema-row.ts';
import { settingOf, settingsOf } from './schema.ts';

/** One `key: value` of a map, its key already text. */
export interface Pair {
  readonly key: string;
  readonly at: Span;
  readonly value: Node | null;
}

/** A map whose keys have been held against the schema. */
export interface Section {
  readonly name: SectionName;
  /** Where to point when something is missing in it. */
  readonly at: Span;
  readonly fields: ReadonlyMap<string, Pair>;
}

/** The pairs of a map in their order. A key that is not text is reported. */
export function pairsOf(desk: Desk, map: YAMLMap): Pair[] {
  return map.items.flatMap((item) => {
    if (isScalar(item.key)) {
      return [{ key: String(item.key.value), at: spanOf(item.key), value: item.value as Node | null }];
    }
    const at = spanOf((item.key as Node | null) ?? map);
    desk.error(
      'bad-key',
      at,
      'a key must be a single word or path',
      'put it in quotes if it starts with { or [',
    );
    return [];
  });
}

/** Reads a map and reports unknown, later and repeated keys. `where` ends their sentences, such as ` in route "view.pl"`. */
export function readSection(
  desk: Desk,
  node: Node | null,
  name: SectionName,
  where: string,
  at: Span,
): Section {
  const fields = new Map<string, Pair>();
  if (node !== null && !isMap(node)) {
    const example = settingsOf(name)[0]?.key ?? 'key';
    desk.error(
      'bad-type',
      spanOf(node),
      `expected a map${where}`,
      `write its settings below it, such as "${example}: …"`,
    );
    return { name, at, fields };
  }
  for (const pair of node === null ? [] : pairsOf(desk, node)) {
    const first = fields.get(pair.key);
    if (first !== undefined) {
      const help = `it is first defined at line ${desk.lineOf(first.at.from)}; remove one of the two`;
      desk.error('duplicate-key', pair.at, `"${pair.key}" is defined twice${where}`, help);
    } else if (isKnown(desk, pair, name, where)) fields.set(pair.key, pair);
  }
  return { name, at, fields };
}

/** The value of a setting as text, its default where it is left out, or null where there is none or it is faulty. */
export function valueOf(desk: Desk, section: Section, key: string): Value | null {
  const pair = section.fields.get(key);
  const setting = settingOf(section.name, key);
  const fallback = setting?.fallback ?? null;
  if (pair !== undefined) {
    const value = desk.value(pair.value, `"${key}"`);
    if (value?.isMissing !== true) return value;
    const text = fallback ?? setting?.standIn ?? '';
    return { ...value, text, shown: text };
  }
  return fallback === null ? null : { text: fallback, shown: fallback, span: section.at };
}

/** A setting that must be there: as `valueOf`, with a finding when it is left out. */
export function requiredValueOf(desk: Desk, section: Section, key: string, help: string): Value | null {
  const isMissing = !section.fields.has(key);
  if (isMissing) desk.error('missing-key', section.at, `"${key}" is missing`, help);
  return isMissing ? null : valueOf(desk, section, key);
}

/** The values of a setting that is one value or a list of them; empty where it is left out. */
export function valuesOf(desk: Desk, section: Section, key: string): Value[] {
  const pair = section.fields.get(key);
  if (pair === undefined) return [];
  const nodes = isSeq(pair.value) ? (pair.value.items as (Node | null)[]) : [pair.value];
  if (nodes.length === 0) desk.error('empty-value', spanOf(pair.value as Node), `"${key}" is an empty list`);
  return nodes.flatMap((node) => desk.value(node, `"${key}"`) ?? []);
}

/** A setting that is a map: its section, or null where it is left out. `where` ends sentences about it. */
export function subsectionOf(
  desk: Desk,
  section: Section,
  key: string,
  name: SectionName,
  where: string,
): Section | null {
  const pair = section.fields.get(key);
  return pair === undefined ? null : readSection(desk, pair.value, name, where, pair.at);
}

/** Whether a setting is the one word. */
export function isWord(section: Section, key: string, word: string): boolean {
  const node = section.fields.get(key)?.value ?? null;
  return isScalar(node) && node.value === word;
}

/** Reads one of some words. Throws a Mistake with the code. */
export function oneOf<W extends string>(text: string, words: readonly W[], code: string, message: string): W {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new Mistake(code, message, didYouMean(text, words) ?? `write ${words.join(', ')}`);
}

/** Runs a reader on a value and makes a finding of its mistake. Gives null where there is no value or it is faulty. */
export function readAs<T>(
  desk: Desk,
  value: Value | null,
  what: string,
  read: (text: string) => T,
): T | null {
  if (value === null) return null;
  const result = orMistake(() => read(value.text));
  if (!(result instanceof Mistake)) return result;
  if (value.text === value.shown) desk.error(result.code, value.span, result.message, result.help);
  else {
    // The reader's own words would show what the variables hold.
    const message = `${what} "${value.shown}" cannot be read once its variables are filled in`;
    desk.error(result.code, value.span, message, 'look at what the environment holds');
  }
  return null;
}

/** A key that stands in the wrong map is told where it belongs. */
function whereKnown(key: string): string | null {
  if (settingOf('route', key) !== null) {
    const orAll = settingOf('defaults', key) === null ? '' : ', or in "defaults" for all of them';
    return `"${key}" belongs in a route${orAll}`;
  }
  const sections = sectionNames.filter((name) => settingOf(name, key) !== null);
  return sections.length === 0 ? null : `"${key}" belongs in "${sections.join('" or "')}"`;
}

function helpForKey(key: string, name: SectionName): string {
  const keys = settingsOf(name).map((each) => each.key);
  return didYouMean(key, keys) ?? whereKnown(key) ?? `known here: ${keys.join(', ')}`;
}

function isKnown(desk: Desk, pair: Pair, name: SectionName, where: string): boolean {
  const setting = settingOf(name, pair.key);
  if (setting === null) {
    const help = desk.isFull('error') ? null : helpForKey(pair.key, name);
    desk.error('unknown-key', pair.at, `unknown key "${pair.key}"${where}`, help);
    return false;
  }
  return true;
}
