import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { keysAlong, Kept, pathText } from './kept.ts';
import { provenanceOf } from './dumper-opaque.ts';
import type { Provenance } from './dumper-opaque.ts';
import { maxDepth, parseYaml } from './yaml-session-parse.ts';
import type { YamlText } from './yaml-session-parse.ts';
import { quoteYaml } from './yaml-session-text.ts';
import type { YamlEncoding, YamlFlavour } from './yaml-session-text.ts';

/** What a MEDIUMTEXT column holds. */
const maxCharacters = 16 * 1024 * 1024;

/** libyaml reads no longer one without a mark (1024). */
const longestKey = 1000;

/** YAML.pm. UTF-8, or latin-1 if the bytes are not UTF-8; all scalars are text. */
export const yamlCodec: SessionCodec = yaml('yaml-pm');

/** YAML::Syck, which CGI::Session's `serializer:yaml` prefers: bytes, as Perl has them; all scalars are text. */
export const yamlSyckCodec: SessionCodec = yaml('yaml-syck');

/** YAML::XS (Koha): UTF-8; numbers are text that Perl also knows as numbers, `true` and `false` are Opaques. */
export const yamlXsCodec: SessionCodec = yaml('yaml-xs');

interface Read extends YamlText {
  readonly encoding: YamlEncoding;
}

/**
 * Untouched sessions keep their bytes; in others every key keeps its lines unless its value changed. New text is
 * quoted and new characters are escaped as far as the module that reads it understands.
 */
function yaml(flavour: YamlFlavour): SessionCodec {
  return {
    name: flavour,
    decode: (bytes) => read(bytes, flavour).data,
    encode(data, like) {
      const along = like === null ? null : read(like, flavour);
      const kept = new Kept(along?.source ?? null);
      kept.check(data, { maxDepth, wide: flavour !== 'yaml-syck' });
      if (along !== null && kept.equals(data, along.data)) return Buffer.from(along.source, along.encoding);
      if (along !== null) checkGroups(data, along, kept);
      const isRaw = flavour === 'yaml-pm' && along?.encoding === 'utf8' && /[^\0-\x7f]/.test(along.source);
      const text = new YamlWriter(flavour, isRaw).session(data, along, kept);
      const encoding = along?.encoding === 'latin1' || flavour === 'yaml-syck' ? 'latin1' : 'utf8';
      if (encoding === 'latin1' && /[^\0-\xff]/.test(text))
        refuse('a character above U+00FF among latin-1 bytes');
      return Buffer.from(text, encoding);
    },
  };
}

function read(bytes: Buffer, flavour: YamlFlavour): Read {
  const utf8 = bytes.toString('utf8');
  const isUtf8 = flavour !== 'yaml-syck' && Buffer.from(utf8, 'utf8').equals(bytes);
  const problem = foreign(bytes, isUtf8 ? utf8 : null, flavour);
  if (problem !== null)
    throw new Problem('SESSION_UNREADABLE', `YAML session: ${problem}, which its module never writes`);
  const encoding = isUtf8 ? 'utf8' : 'latin1';
  return { ...parseYaml(isUtf8 ? utf8 : bytes.toString('latin1'), flavour, encoding), encoding };
}

/** What YAML::Syck would write and the others would not, and read each in its own way or not at all. */
function foreign(bytes: Buffer, utf8: string | null, flavour: YamlFlavour): string | null {
  if (flavour === 'yaml-syck') return null;
  if (bytes.includes(0x0d)) return 'a carriage return';
  if (flavour === 'yaml-pm') return null;
  if (utf8 === null) return 'bytes that are not UTF-8';
  return /[[\p{Cc}\ufffe\uffff]--[\t\n\x85]]/v.test(utf8) ? 'a control character' : null;
}

/** What several keys share is spelled out under one of them; so all of them stay or none does. */
function checkGroups(data: SessionData, { data: before, groups }: YamlText, kept: Kept): void {
  for (const group of groups) {
    const stay = [...group].filter((key) => Object.hasOwn(data, key) && kept.equals(data[key], before[key]));
    if (stay.length === 0 || stay.length === group.size) continue;
    const gone = [...group].filter((key) => !stay.includes(key)).map((key) => pathText([key]));
    refuse(`${gone.join(', ')} is shared with ${pathText([stay[0] ?? ''])}: both or none can be replaced`);
  }
}

function refuse(reason: string): never {
  throw new Problem('SESSION_UNWRITABLE', `session: ${reason}`);
}

class YamlWriter {
  readonly #flavour: YamlFlavour;
  readonly #isRaw: boolean;
  readonly #pieces: string[] = [];
  #length = 0;

  constructor(flavour: YamlFlavour, isRaw: boolean) {
    this.#flavour = flavour;
    this.#isRaw = isRaw;
  }

  session(data: SessionData, along: YamlText | null, kept: Kept): string {
    const entries = along?.entries ?? new Map<string, { start: number; end: number }>();
    const keys = keysAlong(data, entries);
    const isSyck = this.#flavour === 'yaml-syck';
    if (keys.length === 0) return isSyck ? '--- {}\n\n' : '--- {}\n';
    const [first] = entries.values();
    this.#put(
      along === null || first === undefined
        ? isSyck
          ? '--- \n'
          : '---\n'
        : along.source.slice(0, first.start),
    );
    for (const key of keys) {
      const entry = entries.get(key);
      if (along !== null && entry !== undefined && kept.equals(data[key], along.data[key])) {
        const lines = along.source.slice(entry.start, entry.end);
        this.#put(lines.endsWith('\n') ? lines : `${lines}\n`);
      } else {
        this.#put(`${this.#key(key, '')}:`);
        this.#value(data[key] ?? null, 0, false);
      }
    }
    return this.#pieces.join('');
  }

  /** What stands after `key:` or `-`, to the end of its last line. */
  #value(value: SessionValue, indent: number, isItem: boolean): void {
    const provenance = provenanceOf(value);
    if (provenance !== null) this.#opaque(provenance, indent);
    else if (value === null) this.#put(' ~\n');
    else if (typeof value === 'string') this.#put(` ${this.#text(value)}\n`);
    else if (typeof value === 'number') this.#put(` ${value}\n`);
    else if (Array.isArray(value)) {
      const pad = this.#open(value.length, '[]', isItem, this.#isXs && !isItem ? indent : indent + 2);
      value.forEach((item, index) => {
        this.#put(`${this.#isXs && isItem && index === 0 ? '' : pad}-`);
        this.#value(item, pad.length, true);
      });
    } else {
      const entries = Object.entries(value as SessionData);
      const pad = this.#open(entries.length, '{}', isItem, indent + 2);
      entries.forEach(([key, item], index) => {
        this.#put(`${this.#isXs && isItem && index === 0 ? '' : pad}${this.#key(key, pad)}:`);
        this.#value(item, pad.length, false);
      });
    }
  }

  /** What stands before the first part: libyaml goes on in the line of an item. */
  #open(parts: number, empty: string, isItem: boolean, width: number): string {
    if (parts === 0) this.#put(` ${empty}\n`);
    else this.#put(this.#isXs && isItem ? ' ' : '\n');
    return ' '.repeat(width);
  }

  get #isXs(): boolean {
    return this.#flavour === 'yaml-xs';
  }

  /** Its lines, moved to where they stand now. */
  #opaque({ text, start, end, indent: before = 0 }: Provenance, indent: number): void {
    const [first = '', ...lines] = text.source.slice(start, end).split('\n');
    const widths = lines.filter((line) => !/^ *$/.test(line)).map((line) => line.search(/[^ ]/));
    const isTold = /\|[-+]?[1-9][-+]? *$/.test(first);
    const shift = isTold
      ? indent - before
      : indent + 2 - widths.reduce((least, width) => Math.min(least, width), Infinity);
    const moved = lines.map((line) => {
      if (/^ *$/.test(line)) return '';
      return shift < 0 ? line.slice(-shift) : ' '.repeat(shift) + line;
    });
    this.#put(` ${[first, ...moved].join('\n')}\n`);
  }

  /** A key without its colon; libyaml asks for `? ` before one that is long. */
  #key(key: string, padding: string): string {
    const text = this.#text(key);
    return this.#flavour === 'yaml-xs' && text.length > longestKey ? `? ${text}\n${padding}` : text;
  }

  #text(text: string): string {
    // YAML::Syck takes "=" in quotes for 'str' (measured); plain, all is well.
    if (text === '=' && this.#flavour === 'yaml-syck') return text;
    if (text.startsWith('=\0') && this.#flavour === 'yaml-syck') refuse('text that YAML::Syck takes for "="');
    return quoteYaml(text, this.#flavour, this.#isRaw);
  }

  #put(piece: string): void {
    this.#length += piece.length;
    if (this.#length > maxCharacters) refuse(`it grows beyond ${maxCharacters} bytes`);
    this.#pieces.push(piece);
  }
}
