import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { keysAlong, Kept } from './kept.ts';
import { makeOpaque, provenanceOf } from './dumper-opaque.ts';

/** Perl's JSON modules refuse more on both ways (max_depth). */
const maxDepth = 512;

interface JsonEntry {
  readonly keyStart: number;
  /** Where the value begins and ends. */
  readonly start: number;
  readonly end: number;
}

interface JsonText {
  readonly source: string;
  readonly data: SessionData;
  /** The keys of the session. */
  readonly entries: Map<string, JsonEntry>;
  readonly isUtf8: boolean;
}

/**
 * Apache::Session::Serialize::JSON, as of Apache::Session::Browseable (perl.md 2): one JSON object.
 *
 * Reading: UTF-8, or latin-1 if the bytes are not UTF-8. Booleans are objects in Perl and integers beyond 2^53 have no
 * number here, so both are Opaques. Inf and NaN, which Perl writes but cannot read, are refused.
 * Writing: top-level values that did not change keep their text; new text is ASCII, so that it reads the same
 * whatever character set the column has.
 */
export const jsonCodec: SessionCodec = {
  name: 'json',
  decode: (bytes) => parseJson(bytes).data,
  encode(data, like) {
    const along = like === null ? null : parseJson(like);
    const kept = new Kept(along?.source ?? null);
    kept.check(data, { maxDepth, wide: true });
    if (along === null) return Buffer.from(render(data));
    const isUntouched = kept.equals(data, along.data);
    const text = isUntouched ? along.source : renderAlong(data, along, kept);
    return Buffer.from(text, along.isUtf8 ? 'utf8' : 'latin1');
  },
};

function renderAlong(data: SessionData, { source, data: before, entries }: JsonText, kept: Kept): string {
  const parts = keysAlong(data, entries).map((key) => {
    const entry = entries.get(key);
    if (entry === undefined) return `${render(key)}:${render(data[key])}`;
    if (kept.equals(data[key], before[key])) return source.slice(entry.keyStart, entry.end);
    return source.slice(entry.keyStart, entry.start) + render(data[key]);
  });
  return `{${parts.join(',')}}`;
}

/** JSON in ASCII. Recursion is safe: the depth was checked. */
function render(value: SessionValue | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return numeral(value);
  if (typeof value === 'string') return quoted(value);
  const provenance = provenanceOf(value);
  if (provenance !== null) return provenance.text.source.slice(provenance.start, provenance.end);
  if (Array.isArray(value)) return `[${value.map(render).join(',')}]`;
  const entries = Object.entries(value as SessionData).map(
    ([key, inner]) => `${render(key)}:${render(inner)}`,
  );
  return `{${entries.join(',')}}`;
}

/** With an exponent where the digits of a double would read as those of an integer, and be exact ones. */
function numeral(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? value.toExponential()
    : JSON.stringify(value);
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  if (!/[^\0-\x7e]/.test(json)) return json; // a look costs much less than a replacement of nothing
  return json.replaceAll(/[^\0-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function parseJson(bytes: Buffer): JsonText {
  const utf8 = bytes.toString('utf8');
  const isUtf8 = Buffer.from(utf8, 'utf8').equals(bytes);
  return new JsonReader(isUtf8 ? utf8 : bytes.toString('latin1'), isUtf8).session();
}

/** JSON.parse would lose where values stand, digits of integers, and keys that stand twice. */
class JsonReader {
  readonly #source: string;
  readonly #isUtf8: boolean;
  readonly #origin: { readonly source: string };
  readonly #entries = new Map<string, JsonEntry>();
  #at = 0;

  constructor(source: string, isUtf8: boolean) {
    this.#source = source;
    this.#isUtf8 = isUtf8;
    this.#origin = { source };
  }

  session(): JsonText {
    this.#blanks();
    if (this.#source[this.#at] !== '{') this.#fail('a session must be an object');
    const data = this.#hash(1, this.#entries);
    this.#blanks();
    if (this.#at < this.#source.length) this.#fail('text after the end of the session');
    return { source: this.#source, data, entries: this.#entries, isUtf8: this.#isUtf8 };
  }

  #value(depth: number): SessionValue {
    const start = this.#at;
    switch (this.#source.charAt(start)) {
      case '{':
        return this.#hash(depth + 1, null);
      case '[':
        return this.#array(depth + 1);
      case '"':
        return this.#string();
    }
    const word = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|null|true|false/y);
    if (word === null) return this.#fail('a value was expected');
    if (word === 'null') return null;
    const number = word === 'true' || word === 'false' ? null : Number(word);
    if (number !== null && Number.isFinite(number) && (Number.isSafeInteger(number) || /[.eE]/.test(word)))
      return number;
    const summary = number === null ? 'boolean' : 'number beyond 2^53';
    return makeOpaque(summary, { text: this.#origin, start, end: this.#at, boundTo: null });
  }

  #hash(depth: number, entries: Map<string, JsonEntry> | null): SessionData {
    this.#deeper(depth);
    const data: SessionData = Object.create(null);
    if (this.#opens('}')) return data;
    do {
      this.#blanks();
      const keyStart = this.#at;
      const key = this.#string();
      if (Object.hasOwn(data, key)) this.#fail('a key stands twice', keyStart);
      this.#blanks();
      if (!this.#take(':')) this.#fail('expected :');
      this.#blanks();
      const start = this.#at;
      data[key] = this.#value(depth);
      entries?.set(key, { keyStart, start, end: this.#at });
      this.#blanks();
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('expected , or }');
    return data;
  }

  #array(depth: number): SessionValue[] {
    this.#deeper(depth);
    const items: SessionValue[] = [];
    if (this.#opens(']')) return items;
    do {
      this.#blanks();
      items.push(this.#value(depth));
      this.#blanks();
    } while (this.#take(','));
    if (!this.#take(']')) this.#fail('expected , or ]');
    return items;
  }

  /** Steps over the opening bracket, and over the closing one if nothing is between them. */
  #opens(closing: string): boolean {
    this.#at += 1;
    this.#blanks();
    return this.#take(closing);
  }

  #deeper(depth: number): void {
    if (depth > maxDepth) this.#fail(`more than ${maxDepth} values inside each other`);
  }

  #string(): string {
    const start = this.#at;
    if (!this.#take('"')) this.#fail('a string was expected');
    let escaped = false;
    for (;;) {
      const code = this.#source.charCodeAt(this.#at);
      if (code === 0x5c) escaped = true;
      this.#at += code === 0x5c ? 2 : 1;
      if (code === 0x22) break;
      if (!(code >= 0x20)) this.#fail('a string has no end, or a control character in it', start);
    }
    if (!escaped) return this.#source.slice(start + 1, this.#at - 1);
    try {
      const text = JSON.parse(this.#source.slice(start, this.#at)) as string;
      if (text.isWellFormed()) return text;
    } catch {
      // Said below: the parser's own message would quote the text.
    }
    return this.#fail('an escape that is none', start);
  }

  #blanks(): void {
    let code = this.#source.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1;
      code = this.#source.charCodeAt(this.#at);
    }
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(reason: string, at = this.#at): never {
    const byte = Buffer.byteLength(this.#source.slice(0, at), this.#isUtf8 ? 'utf8' : 'latin1');
    throw new Problem('SESSION_UNREADABLE', `JSON session, byte ${byte}: ${reason}`);
  }
}
