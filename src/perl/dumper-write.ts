import { Problem } from '../errors.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { perlNumber, perlText } from './dumper-literals.ts';
import { provenanceOf } from './dumper-opaque.ts';
import type { Provenance } from './dumper-opaque.ts';
import { maxDepth } from './dumper-parse.ts';
import type { Fixup } from './dumper-fixups.ts';
import type { DumperEntry, DumperNode, DumperText } from './dumper-parse.ts';

type Span = { readonly start: number; readonly end: number };

/** What a MEDIUMTEXT column holds. It also stops an object that is used many times over: each use is written out. */
const maxCharacters = 16 * 1024 * 1024;

/** The text of a session, made along the text it was read from: what is equal there is copied from there. */
export function writeDumper(data: SessionData, like: DumperText | null): string {
  return new DumperWriter(like).write(data);
}

/**
 * Containers are written anew and leaves are copied; since the grammar leaves no choice between them, an untouched
 * container comes out as the same bytes. So nothing is ever compared twice, and the time is that of one walk.
 */
class DumperWriter {
  readonly #like: DumperText | null;
  readonly #pieces: string[] = [];
  #length = 0;
  /** The keys and indexes that lead to the value being written. */
  readonly #path: (string | number)[] = [];
  /** The containers being written: meeting one again is a cycle. */
  readonly #open = new Set<object>();
  /** Texts that Opaques came from, and whether they are the text we write along; compared once each. */
  readonly #origins = new Map<DumperText, boolean>();

  constructor(like: DumperText | null) {
    this.#like = like;
  }

  write(data: SessionData): string {
    this.#put('$D = ');
    this.#object(data, this.#like?.root);
    this.#put(';');
    if (this.#like === null) this.#put(';$D');
    else this.#rest(data, this.#like);
    return this.#pieces.join('');
  }

  #rest(data: SessionData, like: DumperText): void {
    for (const fixup of like.fixups) {
      if (this.#stillHolds(fixup, data)) this.#put(like.source.slice(fixup.start, fixup.end));
    }
    this.#put(like.source.slice(like.trailerStart));
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
    if (value === null) this.#put('undef');
    else if (typeof value === 'string') this.#string(value, node);
    else if (typeof value === 'number') this.#number(value, node);
    else if (typeof value === 'object') this.#object(value, node);
    else this.#refuse(`${typeof value} has no form in Perl that reads back the same`);
  }

  #string(value: string, node: DumperNode | undefined): void {
    if (node?.kind === 'string' && node.text === value) return this.#copy(node);
    if (!value.isWellFormed()) this.#refuse('text with half a surrogate pair');
    this.#put(perlText(value));
  }

  #number(value: number, node: DumperNode | undefined): void {
    if (!Number.isFinite(value)) this.#refuse(`${value} is not a number that Perl reads back`);
    if (node?.kind === 'int' && Number(this.#source(node)) === value) return this.#copy(node);
    this.#put(perlNumber(value));
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
    this.#put('[');
    for (let index = 0; index < value.length; index += 1) {
      if (index > 0) this.#put(',');
      // A hole reads as undefined, which #value refuses.
      this.#path.push(index);
      this.#value(value[index] as SessionValue, items[index]);
      this.#path.pop();
    }
    this.#put(']');
  }

  /** The keys that `node` has and `value` still has, in the order and spelling of `node`; then the new ones. */
  #hash(value: SessionData, node: DumperNode | undefined): void {
    if (!isPlain(value)) this.#refuse('an object of a class');
    const entries = node?.kind === 'hash' ? node.entries : new Map<string, DumperEntry>();
    const kept = [...entries.keys()].filter((key) => Object.hasOwn(value, key));
    const added = Object.keys(value).filter((key) => !entries.has(key));
    let separator = '';
    this.#put('{');
    for (const key of [...kept, ...added]) {
      const entry = entries.get(key);
      this.#put(separator);
      this.#path.push(key);
      this.#key(key, entry);
      this.#value(value[key] as SessionValue, entry?.value);
      this.#path.pop();
      separator = ',';
    }
    this.#put('}');
  }

  #key(key: string, entry: DumperEntry | undefined): void {
    if (!key.isWellFormed()) this.#refuse('a key with half a surrogate pair');
    if (entry === undefined || this.#like === null) this.#put(perlText(key));
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
  }

  #refuse(reason: string): never {
    throw new Problem('SESSION_UNWRITABLE', `session ${pathText(this.#path)}: ${reason}`);
  }
}

/** A hash of Perl: an object literal or one without a prototype, also of another realm; not a Date, Map or class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isBase = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isBase && Object.getOwnPropertySymbols(value).length === 0;
}

/** `cart[0].price`; keys that are not words are quoted. */
function pathText(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'as a whole';
  const steps = path.map((step) =>
    typeof step === 'string' && /^\w+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`,
  );
  return steps.join('').replace(/^\./, '');
}
