import { isDeepStrictEqual } from 'node:util';
import { Problem } from '../errors.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { dialect420 } from './dumper-dialects.ts';
import type { Dialect } from './dumper-dialects.ts';
import { isPlain, pathText } from './kept.ts';
import { layoutOf, LineBreaker } from './dumper-layout.ts';
import { perlNumber, perlText, perlTextSpelled } from './dumper-literals.ts';
import { provenanceOf } from './dumper-opaque.ts';
import type { Provenance } from './dumper-opaque.ts';
import { maxDepth } from './dumper-parse.ts';
import type { Fixup } from './dumper-fixups.ts';
import type { DumperEntry, DumperNode, DumperText } from './dumper-parse.ts';

type Span = { readonly start: number; readonly end: number };

/** What a MEDIUMTEXT column holds. It also stops an object that is used many times over: each use is written out. */
const maxCharacters = 16 * 1024 * 1024;

/** The text of a session, made along the text it was read from: what is equal there is copied from there. */
export function writeDumper(data: SessionData, like: DumperText | null, dialect: Dialect): string {
  const written = new DumperWriter(like, dialect, true).write(data);
  if (like === null || !like.hasAliases || dialect === dialect420) return written;
  // What a path reads depends on the paths before it, so they are kept all or none.
  return written === like.source ? written : new DumperWriter(like, dialect, false).write(data);
}

/**
 * Containers are written anew and leaves are copied; since the grammar leaves no choice between them, an untouched
 * container comes out as the same bytes. So nothing is ever compared twice, and the time is that of one walk.
 * Only where a dialect has blanks, the values of the session are compared first, and copied as they stand.
 */
class DumperWriter {
  readonly #like: DumperText | null;
  readonly #dialect: Dialect;
  readonly #keepAliases: boolean;
  readonly #useqq: boolean;
  readonly #lines: LineBreaker;
  readonly #pieces: string[] = [];
  #length = 0;
  /** The keys and indexes that lead to the value being written. */
  readonly #path: (string | number)[] = [];
  /** The containers being written: meeting one again is a cycle. */
  readonly #open = new Set<object>();
  /** Texts that Opaques came from, and whether they are the text we write along; compared once each. */
  readonly #origins = new Map<{ readonly source: string }, boolean>();
  /** What paths read, and the value that was equal to it. */
  readonly #read = new Map<SessionValue, SessionValue>();

  constructor(like: DumperText | null, dialect: Dialect, keepAliases: boolean) {
    this.#like = like;
    this.#dialect = dialect;
    this.#keepAliases = keepAliases;
    const layout = like === null ? { indent: 1 as const, useqq: true } : layoutOf(like);
    this.#useqq = dialect.blanks && layout.useqq;
    this.#lines = new LineBreaker(dialect.blanks ? layout.indent : 0);
  }

  write(data: SessionData): string {
    const like = this.#like;
    if (like !== null && this.#dialect.blanks && this.#isUntouched(data, like)) return like.source;
    this.#put(like === null ? this.#dialect.opening : like.source.slice(0, like.root.start));
    this.#object(data, like?.root);
    if (like === null) this.#put(this.#dialect.trailer);
    else this.#rest(data, like);
    return this.#pieces.join('');
  }

  #isUntouched(data: SessionData, { root }: DumperText): boolean {
    if (root.kind !== 'hash' || Object.keys(data).length !== root.entries.size) return false;
    return [...root.entries].every(
      ([key, { value }]) => Object.hasOwn(data, key) && this.#equals(data[key], value, key),
    );
  }

  #rest(data: SessionData, like: DumperText): void {
    this.#put(like.source.slice(like.root.end, like.fixups[0]?.start ?? like.trailerStart));
    for (const fixup of like.fixups) {
      if (this.#stillHolds(fixup, data)) this.#put(like.source.slice(fixup.start, fixup.end));
    }
    this.#put(like.source.slice(like.trailerStart));
  }

  /** Whether a value is what stands at a node; for texts with blanks, where equal does not mean written alike. */
  #equals(value: SessionValue | undefined, node: DumperNode, rootKey: string | null): boolean {
    const provenance = provenanceOf(value);
    if (provenance !== null) {
      const isHere = provenance.start === node.start && provenance.end === node.end;
      return isHere && this.#isFromLike(provenance) && (provenance.boundTo ?? rootKey) === rootKey;
    }
    switch (node.kind) {
      case 'undef':
        return value === null;
      case 'int':
        return typeof value === 'number' && Number(this.#source(node)) === value;
      case 'string':
        return typeof value === 'string' && node.text === value;
      case 'alias':
        return node.reads !== undefined && this.#isRead(value, node.reads);
      case 'array':
        return (
          Array.isArray(value) &&
          value.length === node.items.length &&
          node.items.every((item, index) => this.#equals(value[index], item, null))
        );
      case 'hash': {
        if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlain(value))
          return false;
        const hash = value as SessionData;
        if (Object.keys(hash).length !== node.entries.size) return false;
        return [...node.entries].every(
          ([key, entry]) => Object.hasOwn(hash, key) && this.#equals(hash[key], entry.value, null),
        );
      }
      case 'blessed':
      case 'reference':
      case 'regexp':
      case 'version':
      case 'code':
      case 'placeholder':
        return false;
    }
  }

  /** Thousands of paths may read one large thing, which is the same large value to us. */
  #isRead(value: SessionValue | undefined, reads: SessionValue): boolean {
    if (value === undefined) return false;
    if (this.#read.get(reads) === value) return true;
    const isSame = isDeepStrictEqual(value, reads);
    if (isSame) this.#read.set(reads, value);
    return isSame;
  }

  /** A fixup stays while all its keys stay and goes when all are gone; in between it would say something false. */
  #stillHolds(fixup: Fixup, data: SessionData): boolean {
    const kept = fixup.rootKeys.filter((key) => {
      const provenance = Object.hasOwn(data, key) ? provenanceOf(data[key]) : null;
      return provenance !== null && provenance.boundTo === key && this.#isFromLike(provenance);
    });
    if (kept.length === 0) return false;
    if (kept.length === fixup.rootKeys.length) return true;
    const gone = fixup.rootKeys.filter((key) => !kept.includes(key)).map((key) => pathText([key]));
    return this.#refuse(
      `${gone.join(', ')} is shared with ${pathText([kept[0] ?? ''])}: both or none can be replaced`,
    );
  }

  #value(value: SessionValue, node: DumperNode | undefined): void {
    if (node?.kind === 'alias' && this.#keepAliases && this.#equals(value, node, null))
      return this.#copy(node);
    if (node !== undefined && this.#dialect.blanks && this.#path.length === 1) {
      const holdsPaths = this.#like?.hasAliases === true && !this.#keepAliases;
      if (!holdsPaths && this.#equals(value, node, String(this.#path[0]))) return this.#copy(node);
    }
    if (value === null) this.#put('undef');
    else if (typeof value === 'string') this.#string(value, node);
    else if (typeof value === 'number') this.#number(value, node);
    else if (typeof value === 'object') this.#object(value, node);
    else this.#refuse(`${typeof value} has no form in Perl that reads back the same`);
  }

  #string(value: string, node: DumperNode | undefined): void {
    if (node?.kind === 'string' && node.text === value) return this.#copy(node);
    if (!value.isWellFormed()) this.#refuse('text with half a surrogate pair');
    this.#put(this.#text(value));
  }

  #number(value: number, node: DumperNode | undefined): void {
    if (!Number.isFinite(value)) this.#refuse(`${value} is not a number that Perl reads back`);
    if (node?.kind === 'int' && Number(this.#source(node)) === value) return this.#copy(node);
    const text = perlNumber(value);
    this.#put(this.#useqq ? text.replaceAll("'", '"') : text);
  }

  #text(text: string): string {
    return this.#useqq ? perlTextSpelled(text) : perlText(text, this.#dialect.oneLine);
  }

  #object(value: Exclude<SessionValue, null | string | number>, node: DumperNode | undefined): void {
    const provenance = provenanceOf(value);
    if (provenance !== null) return this.#opaque(provenance);
    if ('opaque' in value && value.opaque === true)
      this.#refuse('an Opaque that was not read from this session');
    if (this.#open.has(value)) this.#refuse('it contains itself');
    if (this.#open.size >= maxDepth) this.#refuse(`more than ${maxDepth} values inside each other`);
    this.#open.add(value);
    if (Array.isArray(value)) this.#array(value, node);
    else this.#hash(value as SessionData, node);
    this.#open.delete(value);
  }

  #array(value: readonly SessionValue[], node: DumperNode | undefined): void {
    const items = node?.kind === 'array' ? node.items : [];
    this.#lines.open();
    this.#put('[');
    for (let index = 0; index < value.length; index += 1) {
      this.#put(`${index > 0 ? ',' : ''}${this.#lines.next()}`);
      // A hole reads as undefined, which #value refuses.
      this.#path.push(index);
      this.#value(value[index] as SessionValue, items[index]);
      this.#path.pop();
    }
    this.#put(`${this.#lines.close(value.length)}]`);
  }

  /** The keys that `node` has and `value` still has, in the order and spelling of `node`; then the new ones. */
  #hash(value: SessionData, node: DumperNode | undefined): void {
    if (!isPlain(value)) this.#refuse('an object of a class');
    const entries = node?.kind === 'hash' ? node.entries : new Map<string, DumperEntry>();
    const kept = [...entries.keys()].filter((key) => Object.hasOwn(value, key));
    const added = Object.keys(value).filter((key) => !entries.has(key));
    let separator = '';
    this.#lines.open();
    this.#put('{');
    for (const key of [...kept, ...added]) {
      const entry = entries.get(key);
      this.#put(separator + this.#lines.next());
      this.#path.push(key);
      this.#key(key, entry);
      this.#value(value[key] as SessionValue, entry?.value);
      this.#path.pop();
      separator = ',';
    }
    this.#put(`${this.#lines.close(kept.length + added.length)}}`);
  }

  #key(key: string, entry: DumperEntry | undefined): void {
    if (!key.isWellFormed()) this.#refuse('a key with half a surrogate pair');
    if (entry === undefined || this.#like === null)
      this.#put(
        this.#dialect.bareKeys && !this.#dialect.blanks && /^[A-Za-z_]\w{0,99}$/.test(key)
          ? key
          : this.#text(key),
      );
    else this.#put(this.#like.source.slice(entry.keyStart, entry.keyEnd));
    this.#put(' => ');
  }

  #opaque(provenance: Provenance): void {
    if (!this.#isFromLike(provenance)) this.#refuse('an Opaque that was not read from this session');
    const { boundTo } = provenance;
    if (boundTo !== null && (this.#path.length !== 1 || this.#path[0] !== boundTo)) {
      this.#refuse(`it is shared within the session and cannot leave ${pathText([boundTo])}`);
    }
    this.#copy(provenance);
  }

  #isFromLike({ text }: Provenance): boolean {
    if (this.#like === null) return false;
    const known = this.#origins.get(text) ?? text.source === this.#like.source;
    this.#origins.set(text, known);
    return known;
  }

  #source({ start, end }: Span): string {
    return this.#like?.source.slice(start, end) ?? '';
  }

  #copy(span: Span): void {
    this.#put(this.#source(span));
  }

  #put(piece: string): void {
    this.#length += piece.length;
    if (this.#length > maxCharacters) this.#refuse(`the session grows beyond ${maxCharacters} bytes`);
    this.#pieces.push(piece);
    this.#lines.written(piece);
  }

  #refuse(reason: string): never {
    throw new Problem('SESSION_UNWRITABLE', `session ${pathText(this.#path)}: ${reason}`);
  }
}
