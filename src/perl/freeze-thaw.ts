import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { Kept } from './kept.ts';
import { makeOpaque, provenanceOf } from './dumper-opaque.ts';

/** Containers inside each other. */
const maxDepth = 512;

interface FrozenText {
  readonly source: string;
  readonly encoding: 'latin1' | 'utf8';
  readonly data: SessionData;
  /** Whether places in it count: a table of what is shared, or classes by number. */
  readonly isTied: boolean;
}

/**
 * FreezeThaw (perl.md 1.5): every scalar is text with its length before it. Lengths are of bytes, or of characters if
 * some character was wide. Objects, references, regular expressions and what is shared are Opaques.
 *
 * Writing: an untouched session keeps its bytes. A session with objects or shared parts can only be kept, because
 * classes and shared parts go by number.
 */
export const freezeThawCodec: SessionCodec = {
  name: 'freezethaw',
  decode: (bytes) => read(bytes).data,
  encode(data, like) {
    const along = like === null ? null : read(like);
    const kept = new Kept(along?.source ?? null);
    kept.check(data, { maxDepth, wide: along?.encoding === 'utf8' });
    if (along !== null && kept.equals(data, along.data)) return Buffer.from(along.source, along.encoding);
    if (along?.isTied === true)
      throw new Problem(
        'SESSION_UNWRITABLE',
        'session: FreezeThaw with objects or shared parts can only be kept',
      );
    return Buffer.from(`FrT;@1|${frozen(data)}`, along?.encoding ?? 'latin1');
  },
};

function frozen(value: SessionValue): string {
  if (value === null) return '_';
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    return `$${Array.from(text).length}|${text}`;
  }
  const provenance = provenanceOf(value);
  if (provenance !== null) return provenance.text.source.slice(provenance.start, provenance.end);
  if (Array.isArray(value)) return `@${value.length}|${value.map(frozen).join('')}`;
  const hash = value as SessionData;
  const keys = Object.keys(hash).sort();
  return `%${2 * keys.length}|${keys.map(frozen).join('')}${keys.map((key) => frozen(hash[key] ?? null)).join('')}`;
}

/** As bytes, or if the lengths do not fit, as characters. */
function read(bytes: Buffer): FrozenText {
  const [source, wide] = [bytes.toString('latin1'), bytes.toString('utf8')];
  try {
    return new FrozenReader(source, 'latin1').session();
  } catch (error) {
    if (wide === source || !Buffer.from(wide).equals(bytes)) throw error;
    return new FrozenReader(wide, 'utf8').session();
  }
}

class FrozenReader {
  readonly #source: string;
  readonly #encoding: 'latin1' | 'utf8';
  readonly #origin: { readonly source: string };
  #at = 0;
  #isTied = false;

  constructor(source: string, encoding: 'latin1' | 'utf8') {
    this.#source = source;
    this.#encoding = encoding;
    this.#origin = { source };
  }

  session(): FrozenText {
    if (!this.#take('FrT;')) this.#fail('expected FrT;');
    const table = this.#table();
    if (!this.#take('@1|')) this.#fail('expected @1|');
    const isShared = this.#source[this.#at] === '<';
    const number = isShared ? this.#number('<') : -1;
    const data = isShared ? table[number] : this.#value(0);
    if (this.#at < this.#source.length) this.#fail('text after the end of the session');
    if (typeof data !== 'object' || data === null || Array.isArray(data) || provenanceOf(data) !== null)
      return this.#fail('a session must be a hash');
    return {
      source: this.#source,
      encoding: this.#encoding,
      data: data as SessionData,
      isTied: this.#isTied,
    };
  }

  /** `!n|`, empty things, and the same things filled: what occurs more than once. */
  #table(): SessionValue[] {
    if (this.#source[this.#at] !== '!') return [];
    this.#isTied = true;
    const count = this.#number('!') + 1;
    if (count > this.#source.length) this.#fail('a table longer than the session');
    this.#values(count, 0);
    return this.#values(count, 0);
  }

  #value(depth: number): SessionValue {
    if (depth > maxDepth) this.#fail(`more than ${maxDepth} values inside each other`);
    const start = this.#at;
    switch (this.#source.charAt(start)) {
      case '$':
        return this.#text('$');
      case '_':
        this.#at += 1;
        return null;
      case '@':
        return this.#items('@', depth);
      case '%':
        return this.#hash(depth);
      case '/':
        this.#text('/');
        return this.#opaque('regular expression', start);
      case '\\':
        this.#at += 1;
        this.#value(depth + 1);
        return this.#opaque('reference', start);
      case '<':
        this.#isTied = true;
        this.#number('<');
        return this.#opaque('shared or cyclic', start);
      case '>':
      case '{':
      case '}':
        return this.#object(start, depth);
      default:
        return this.#fail('a value was expected');
    }
  }

  #object(start: number, depth: number): SessionValue {
    this.#isTied = true;
    this.#at += 1;
    const isNew = this.#source[this.#at] === '>';
    this.#number(isNew ? '>' : ')');
    const className = isNew ? this.#text('$') : '';
    this.#value(depth + 1);
    return this.#opaque(`blessed ${className}`.trimEnd(), start);
  }

  #items(mark: string, depth: number): SessionValue[] {
    const count = this.#number(mark);
    if (count > this.#source.length - this.#at) this.#fail('more values than the session has bytes');
    return this.#values(count, depth + 1);
  }

  /** One after the other, and room for no more than there are: the count may be a lie on every level. */
  #values(count: number, depth: number): SessionValue[] {
    const values: SessionValue[] = [];
    for (let left = count; left > 0; left -= 1) values.push(this.#value(depth));
    return values;
  }

  /** All keys, then all values. */
  #hash(depth: number): SessionData {
    const start = this.#at;
    const items = this.#items('%', depth);
    if (items.length % 2 === 1) this.#fail('a key without a value', start);
    const data: SessionData = Object.create(null);
    const half = items.length / 2;
    for (let index = 0; index < half; index += 1) {
      const key = items[index];
      if (typeof key !== 'string' || Object.hasOwn(data, key))
        this.#fail('a key that is none, or stands twice', start);
      data[key as string] = items[half + index] ?? null;
    }
    return data;
  }

  #text(mark: string): string {
    const start = this.#at;
    const length = this.#number(mark);
    let end = this.#at + length;
    if (this.#encoding === 'utf8') {
      end = this.#at;
      for (let left = length; left > 0 && end < this.#source.length; left -= 1)
        end += (this.#source.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    }
    if (end > this.#source.length || (length > 0 && end === this.#at)) this.#fail('a text is cut off', start);
    const text = this.#source.slice(this.#at, end);
    this.#at = end;
    return text;
  }

  #number(mark: string): number {
    const start = this.#at;
    if (!this.#take(mark)) this.#fail(`expected ${mark}`);
    const digits = /^\d{1,9}(?=\|)/.exec(this.#source.slice(this.#at, this.#at + 10))?.[0];
    if (digits === undefined) return this.#fail('a number was expected', start);
    this.#at += digits.length + 1;
    return Number(digits);
  }

  #opaque(summary: string, start: number): SessionValue {
    return makeOpaque(summary, { text: this.#origin, start, end: this.#at, boundTo: null });
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #fail(reason: string, at = this.#at): never {
    throw new Problem('SESSION_UNREADABLE', `FreezeThaw session, character ${at}: ${reason}`);
  }
}
