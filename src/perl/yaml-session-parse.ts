import type { SessionData, SessionValue } from '../session/session.ts';
import { makeOpaque } from './dumper-opaque.ts';
import { YamlLines } from './yaml-session-lines.ts';
import { YamlScalars } from './yaml-session-scalars.ts';
import { trimBlanks } from './yaml-session-text.ts';
import type { YamlEncoding, YamlFlavour } from './yaml-session-text.ts';

/** Containers inside each other. */
export const maxDepth = 512;

/** The lines of one key of the session: from the key to the next key. */
export interface YamlEntry {
  readonly start: number;
  end: number;
}

/** What a session of YAML holds. */
export interface YamlText {
  readonly source: string;
  readonly data: SessionData;
  readonly entries: Map<string, YamlEntry>;
  /** Keys of the session that share something: all of each group stay, or none. */
  readonly groups: readonly ReadonlySet<string>[];
}

/**
 * Reads what YAML.pm, YAML::Syck and YAML::XS write, without the parts of YAML that none of them writes: flow
 * collections (but `{}` and `[]`), folded blocks, comments, directives, more than one document.
 */
export function parseYaml(source: string, flavour: YamlFlavour, encoding: YamlEncoding): YamlText {
  return new YamlReader(source, flavour, encoding).session();
}

const summaries: readonly [string, string][] = [
  ['!!perl/ref', 'reference'],
  ['!!perl/regexp', 'regular expression'],
  ['!!perl/code', 'code'],
  ['!!perl/glob', 'glob'],
];

/** What a value stands after: `key:`, `? key` and `:` in the next line, or `-`. */
type Place = 'key' | 'long key' | 'item';

class YamlReader {
  readonly #lines: YamlLines;
  readonly #flavour: YamlFlavour;
  readonly #scalars: YamlScalars;
  readonly #origin: { readonly source: string };
  readonly #entries = new Map<string, YamlEntry>();
  /** Anchors, and the keys of the session under which they stand or are referred to. */
  readonly #anchors = new Map<string, Set<string>>();
  readonly #referred = new Set<string>();
  #key: string | null = null;
  #depth = 0;

  constructor(source: string, flavour: YamlFlavour, encoding: YamlEncoding) {
    this.#lines = new YamlLines(source);
    this.#flavour = flavour;
    this.#scalars = new YamlScalars(this.#lines, flavour, encoding);
    this.#origin = { source };
  }

  session(): YamlText {
    const lines = this.#lines;
    if (!lines.looksAt('---')) lines.fail('a session begins with ---');
    lines.at = 3;
    if (!lines.atLineEnd() && lines.source[3] !== ' ') lines.fail('a session begins with ---');
    this.#anchor();
    if (lines.looksAt('{}')) {
      lines.at += 2;
      lines.endLine();
      if (lines.nextLine() !== -1) lines.fail('text after the end of the session');
      return this.#text(Object.create(null) as SessionData);
    }
    if (!lines.atLineEnd()) lines.fail('a session must be a mapping');
    if (lines.nextLine() !== 0 || this.#atItem()) lines.fail('a session must be a mapping');
    const data = this.#mapping(0, this.#entries);
    if (lines.at < lines.source.length) lines.fail('text after the end of the session');
    return this.#text(data);
  }

  #text(data: SessionData): YamlText {
    const groups = [...this.#anchors].filter(([name]) => this.#referred.has(name)).map(([, keys]) => keys);
    for (const key of new Set(groups.flatMap((group) => [...group]))) {
      const { start, end } = this.#entries.get(key) ?? { start: 0, end: 0 };
      data[key] = makeOpaque('shared or cyclic', { text: this.#origin, start, end, boundTo: key });
    }
    return { source: this.#lines.source, data, entries: this.#entries, groups };
  }

  /** At the first key of a mapping; ends at the beginning of the next line that is not of it. */
  #mapping(indent: number, entries: Map<string, YamlEntry> | null): SessionData {
    this.#deeper();
    const lines = this.#lines;
    const data: SessionData = Object.create(null);
    for (;;) {
      const start = lines.at;
      const place = lines.looksAt('? ') ? 'long key' : 'key';
      const key = place === 'key' ? this.#keyText() : this.#longKey(indent);
      this.#colon();
      if (Object.hasOwn(data, key)) lines.fail('a key stands twice', start);
      if (entries !== null) {
        this.#key = key;
        entries.set(key, { start, end: lines.source.length });
      }
      data[key] = this.#value(indent, place);
      const next = lines.peekLine();
      const entry = entries?.get(key);
      if (entry !== undefined) entry.end = next.at;
      if (next.indent !== indent) break;
      lines.nextLine();
      if (this.#atItem()) lines.fail('an item in a mapping');
    }
    this.#depth -= 1;
    if (entries !== null) lines.nextLine();
    return data;
  }

  #sequence(indent: number): SessionValue[] {
    this.#deeper();
    const lines = this.#lines;
    const items: SessionValue[] = [];
    for (;;) {
      lines.at += 1;
      items.push(this.#value(indent, 'item'));
      const next = lines.peekLine();
      if (next.indent !== indent) break;
      const before = lines.at;
      lines.nextLine();
      if (this.#atItem()) continue;
      lines.at = before;
      break;
    }
    this.#depth -= 1;
    return items;
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) this.#lines.fail(`more than ${maxDepth} values inside each other`);
  }

  /** Whether a `- ` stands here. */
  #atItem(): boolean {
    const { source, at } = this.#lines;
    return (
      source[at] === '-' && (source[at + 1] === ' ' || source[at + 1] === '\n' || at + 1 === source.length)
    );
  }

  /** Reads `? key` up to the `:` in the next line, which YAML.pm writes and reads without indentation. */
  #longKey(indent: number): string {
    const lines = this.#lines;
    lines.at += 2;
    lines.blanks();
    const key = this.#longKeyText(indent) ?? lines.fail('a key that is not text');
    const found = lines.nextLine();
    if (found !== indent && this.#flavour !== 'yaml-pm') lines.fail('expected :');
    return key;
  }

  #colon(): void {
    const lines = this.#lines;
    if (lines.source[lines.at] !== ':') lines.fail('expected :');
    lines.at += 1;
    if (lines.source[lines.at] !== ' ' && !lines.atLineEnd()) lines.fail('expected a blank');
  }

  #longKeyText(indent: number): string | null | undefined {
    const lines = this.#lines;
    const first = lines.source[lines.at];
    if (first === '|') return this.#scalars.block(indent);
    if (first !== '"' && first !== "'") return this.#scalars.plainLines(indent);
    const text = this.#quoted(first);
    lines.endLine();
    return text;
  }

  #keyText(): string {
    const lines = this.#lines;
    const first = lines.source[lines.at];
    if (first === '"' || first === "'") {
      const text = this.#quoted(first);
      lines.blanks();
      return text ?? lines.fail('a key that is not text');
    }
    const rest = lines.rest();
    const end = rest.search(/:(?: |$)/);
    if (end < 1) return lines.fail('a key was expected');
    const text = this.#scalars.plain(trimBlanks(rest.slice(0, end)));
    if (typeof text !== 'string' || text === '') return lines.fail('a key that is not text');
    lines.at += end;
    return text;
  }

  #quoted(quote: '"' | "'"): string | null {
    return quote === '"' ? this.#scalars.doubleQuoted() : this.#scalars.singleQuoted();
  }

  #value(indent: number, place: Place): SessionValue {
    const lines = this.#lines;
    lines.blanks();
    const start = lines.at;
    lines.lastEnd = start;
    this.#anchor();
    const tag = this.#tag();
    this.#anchor();
    const value = this.#content(indent, place, tag !== null || lines.at !== start);
    if (tag === null && value !== undefined) return value;
    const summary = tag === null ? 'text outside Unicode or boolean' : summaryOf(tag);
    return makeOpaque(summary, { text: this.#origin, start, end: lines.lastEnd, boundTo: null, indent });
  }

  /** Undefined for what has no value in JavaScript. */
  #content(indent: number, place: Place, hasProperties: boolean): SessionValue | undefined {
    const lines = this.#lines;
    if (lines.atLineEnd()) return this.#below(indent, place);
    const first = lines.source[lines.at];
    if (first === '*') return this.#alias();
    if (first === '|') return this.#scalars.block(indent);
    if (lines.looksAt('{}') || lines.looksAt('[]')) {
      lines.at += 2;
      lines.endLine();
      return first === '{' ? (Object.create(null) as SessionData) : [];
    }
    const isCompact = place === 'item' || (place === 'long key' && this.#flavour !== 'yaml-pm');
    if (isCompact && !hasProperties) {
      // `- - x` and `- key: x`, also after the `:` of a long key: what follows is indented as far as it stands.
      const column = lines.at - (lines.source.lastIndexOf('\n', lines.at - 1) + 1);
      if (this.#atItem()) return this.#sequence(column);
      if (this.#atKey()) return this.#mapping(column, null);
    }
    if (first === '"' || first === "'") {
      const text = this.#quoted(first);
      lines.endLine();
      return text ?? undefined;
    }
    const text = this.#scalars.plainLines(indent);
    // It is empty if it is blank to YAML.pm only, which has no text then, but an empty one in a list.
    return text === '' && place !== 'item' ? null : text;
  }

  #atKey(): boolean {
    const rest = this.#lines.rest();
    return /^(?:\? |"(?:[^"\\]|\\.)*" *:(?: |$)|'(?:[^']|'')*' *:(?: |$)|[^"'].*?:(?: |$))/.test(rest);
  }

  /** What stands in the lines below; null if nothing does. */
  #below(indent: number, place: Place): SessionValue {
    const lines = this.#lines;
    const before = lines.at;
    const next = lines.nextLine();
    if (next > indent) return this.#atItem() ? this.#sequence(next) : this.#mapping(next, null);
    if (next === indent && place !== 'item' && this.#atItem()) return this.#sequence(next);
    lines.at = before;
    return null;
  }

  #anchor(): void {
    const name = this.#property('&');
    if (name === null) return;
    if (this.#anchors.has(name)) this.#lines.fail('an anchor stands twice');
    this.#anchors.set(name, new Set(this.#key === null ? [] : [this.#key]));
  }

  #tag(): string | null {
    const tag = this.#property('!');
    return tag === null ? null : `!${tag}`;
  }

  #alias(): null {
    const lines = this.#lines;
    const name = this.#property('*') ?? '';
    lines.endLine();
    const keys = this.#anchors.get(name) ?? lines.fail('an alias of nothing');
    if (this.#key !== null) keys.add(this.#key);
    this.#referred.add(name);
    return null;
  }

  /** `&name`, `!tag`, `*name` and the blanks after it. */
  #property(mark: string): string | null {
    const lines = this.#lines;
    if (lines.source[lines.at] !== mark) return null;
    const [name = ''] = /^[^ ]*/.exec(lines.rest()) ?? [];
    lines.at += name.length;
    lines.lastEnd = lines.at;
    lines.blanks();
    return name.slice(1);
  }
}

function summaryOf(tag: string): string {
  const [, className] = /^!!perl\/(?:hash|array|scalar|ref|code|regexp|glob):(.+)$/.exec(tag) ?? [];
  if (className !== undefined) return `blessed ${className}`;
  return summaries.find(([start]) => tag.startsWith(start))?.[1] ?? 'tagged value';
}
