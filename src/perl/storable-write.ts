import { Problem } from '../errors.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { fifteenDigits } from './dumper-literals.ts';
import { isPlain, pathText } from './kept.ts';
import { Sink } from './storable-bytes.ts';
import { GraphWriter } from './storable-graph.ts';
import type { Header } from './storable-header.ts';
import { keyFlag, op } from './storable-ops.ts';
import type { StorableEntry, StorableImage, StorableNode } from './storable-node.ts';
import { opacity, originOf } from './storable-view.ts';
import type { Origin } from './storable-view.ts';

/**
 * Hashes inside each other that Perl 5.36 writes (measured: 256 pass, 257 die; 512 arrays). It reads any number, but
 * the old script must be able to store its session again.
 */
const maxNewDepth = 256;

/** Dialects before these minors do not have the opcode, and their Perls would die of it. */
const minorOf = { utf8: 4, flagHash: 5 };

/** The bytes of a session, made along the image it was read from; the very same bytes if nothing changed. */
export function writeStorable(data: SessionData, like: StorableImage | null, header: Header): Buffer {
  return new StorableWriter(like, header).write(data);
}

/** One walk through the data and the image together: what is equal is written as it was, the rest as Perl would. */
class StorableWriter {
  readonly #like: StorableImage | null;
  readonly #header: Header;
  readonly #sink: Sink;
  readonly #graph: GraphWriter;
  #changed = false;
  /** The keys and indexes that lead to the value being written. */
  readonly #path: (string | number)[] = [];
  /** The containers being written: meeting one again is a cycle. */
  readonly #open = new Set<object>();
  /** Images that Opaques came from, and whether they are the image we write along; compared once each. */
  readonly #origins = new Map<StorableImage, boolean>();
  /** Scalars that something else refers to, and that another value was put in place of. */
  readonly #replaced: { readonly tag: number; readonly path: string }[] = [];

  constructor(like: StorableImage | null, header: Header) {
    this.#like = like;
    this.#header = header;
    const refuse = (reason: string): never => this.#refuse(reason);
    this.#sink = new Sink(header.dialect, refuse);
    this.#graph = new GraphWriter(this.#sink, like, refuse);
  }

  write(data: SessionData): Buffer {
    const { bytes } = this.#header;
    this.#sink.copy(bytes, 0, bytes.length);
    if (Array.isArray(data)) this.#refuse('a session must be a hash');
    this.#open.add(data);
    this.#hash(data, this.#like?.root);
    for (const { tag, path } of this.#replaced) {
      if (this.#graph.isWritten(tag))
        this.#refuse('something else refers to it, so it cannot be replaced', path);
    }
    if (this.#like !== null && !this.#changed) return Buffer.from(this.#like.source);
    return this.#sink.finish();
  }

  /** `place` is what the image has at the same path. */
  #value(value: SessionValue, place: StorableNode | undefined): void {
    const origin = originOf(value);
    if (origin !== null) return this.#opaque(origin, place);
    const plain = place !== undefined && opacity(place) === null ? place : undefined;
    if (plain !== undefined && isSame(value, plain)) return this.#graph.node(plain);
    if (typeof value === 'object' && value !== null) return this.#container(value, plain, place);
    this.#replace(place);
    this.#graph.count();
    if (value === null) this.#sink.byte(op.undef);
    else if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.#number(value);
    else this.#refuse(`${typeof value} has no form in Perl that reads back the same`);
  }

  #replace(place: StorableNode | undefined): void {
    this.#changed = true;
    if (place?.shared === true) this.#replaced.push({ tag: place.tag, path: pathText(this.#path) });
  }

  #string(value: string): void {
    if (!value.isWellFormed()) this.#refuse('text with half a surrogate pair');
    const wide = isWide(value);
    if (wide && this.#header.dialect.minor < minorOf.utf8)
      this.#refuse('the Perl that wrote it has only bytes');
    const length = wide ? Buffer.byteLength(value) : value.length;
    if (length > 255) {
      this.#sink.byte(wide ? op.longUtf8 : op.longScalar);
      this.#sink.length(length);
    } else {
      this.#sink.byte(wide ? op.utf8 : op.scalar);
      this.#sink.byte(length);
    }
    this.#sink.text(value, wide ? 'utf8' : 'latin1', length);
  }

  /** As Storable does: the network order has no doubles and no long integers, so there they are text. */
  #number(value: number): void {
    const { network, integerBytes, doubleBytes } = this.#header.dialect;
    const sink = this.#sink;
    const short = Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
    if (short && value >= -128 && value <= 127) {
      sink.byte(op.byte);
      sink.byte(value + 128);
    } else if (short && network) {
      sink.byte(op.networkInteger);
      sink.networkInteger(value);
    } else if (!network && (short || (integerBytes === 8 && Number.isSafeInteger(value)))) {
      sink.byte(op.integer);
      sink.integer(value);
    } else if (!network && doubleBytes === 8) {
      sink.byte(op.double);
      sink.double(value);
    } else if (!Number.isFinite(value)) this.#refuse(`${value} is not a number that Perl reads back`);
    else this.#string(Number.isSafeInteger(value) ? String(value) : fifteenDigits(value));
  }

  #container(value: object, plain: StorableNode | undefined, place: StorableNode | undefined): void {
    if ('opaque' in value && value.opaque === true) this.#refuse(foreign);
    if (this.#open.has(value)) this.#refuse('it contains itself');
    const list = Array.isArray(value);
    const target = plain?.kind === 'reference' ? plain.target : undefined;
    const along = target?.kind === (list ? 'array' : 'hash') ? target : undefined;
    if (along === undefined) {
      if (this.#open.size >= maxNewDepth) this.#refuse(`more than ${maxNewDepth} values inside each other`);
      this.#replace(place);
    }
    this.#open.add(value);
    this.#graph.count(along === undefined ? undefined : plain);
    if (along === undefined || plain === undefined) this.#sink.byte(op.reference);
    else this.#graph.copy(plain.body, plain.body + 1);
    if (list) this.#array(value as SessionValue[], along);
    else this.#hash(value as SessionData, along);
    this.#open.delete(value);
  }

  #array(value: readonly SessionValue[], node: StorableNode | undefined): void {
    const items = node?.kind === 'array' ? node.items : [];
    this.#graph.count(node);
    if (node !== undefined && items.length === value.length) this.#graph.copy(node.body, node.body + 5);
    else {
      this.#changed = true;
      this.#sink.byte(op.array);
      this.#sink.length(value.length);
    }
    for (let index = 0; index < value.length; index += 1) {
      this.#path.push(index);
      // A hole reads as undefined, which #value refuses.
      this.#value(value[index] as SessionValue, items[index]);
      this.#path.pop();
    }
  }

  /** The keys that `node` has and `value` still has, in the order and spelling of `node`; then the new ones. */
  #hash(value: SessionData, node: StorableNode | undefined): void {
    if (!isPlain(value)) this.#refuse('an object of a class');
    const hash = node?.kind === 'hash' ? node : undefined;
    const has = hash?.entries ?? [];
    const stays = (entry: StorableEntry): boolean =>
      isHidden(entry) !== Object.hasOwn(value, entry.key ?? '');
    const kept = has.every(stays) ? has : has.filter(stays);
    const added = withoutKeysOf(kept, Object.keys(value));
    const flagged = hash?.op === op.flagHash || added.some(isWide);
    if (flagged && hash?.op !== op.flagHash && this.#header.dialect.minor < minorOf.flagHash) {
      this.#refuse('the Perl that wrote it has only bytes in keys');
    }
    this.#graph.count(node);
    if (hash !== undefined && kept === has && added.length === 0) {
      this.#graph.copy(hash.body, hash.body + (flagged ? 6 : 5));
    } else {
      this.#changed = true;
      this.#sink.byte(flagged ? op.flagHash : op.hash);
      if (flagged) this.#sink.byte(hash?.flags ?? 0);
      this.#sink.length(kept.length + added.length);
    }
    for (const entry of kept) this.#kept(value, entry, flagged);
    for (const key of added) this.#added(value, key, flagged);
  }

  #kept(value: SessionData, entry: StorableEntry, flagged: boolean): void {
    if (isHidden(entry)) this.#graph.node(entry.value);
    else {
      const key = entry.key ?? '';
      this.#path.push(key);
      this.#value(value[key] as SessionValue, entry.value);
      this.#path.pop();
    }
    const hasFlags = entry.keyStart > entry.value.end;
    if (flagged && !hasFlags) this.#sink.byte(entry.flags);
    this.#graph.copy(hasFlags ? entry.value.end : entry.keyStart, entry.keyEnd);
  }

  #added(value: SessionData, key: string, flagged: boolean): void {
    this.#path.push(key);
    if (!key.isWellFormed()) this.#refuse('a key with half a surrogate pair');
    this.#value(value[key] as SessionValue, undefined);
    this.#path.pop();
    const wide = isWide(key);
    const length = wide ? Buffer.byteLength(key) : key.length;
    if (flagged) this.#sink.byte(wide ? keyFlag.utf8 : 0);
    this.#sink.length(length);
    this.#sink.text(key, wide ? 'utf8' : 'latin1', length);
  }

  /** In its place it is written as it was. Elsewhere it is what `$copy = $value` makes: a reference to the same. */
  #opaque(origin: Origin, place: StorableNode | undefined): void {
    const node = this.#isFromLike(origin) ? this.#like?.nodes[origin.tag] : undefined;
    if (node === undefined) return this.#refuse(foreign);
    if (place?.start === origin.start) return this.#graph.node(place);
    if (node.shared) this.#refuse('something else refers to this very place, so it cannot leave it');
    this.#replace(place);
    if (node.kind === 'reference' && node.className === null) {
      this.#graph.count();
      const overloaded = node.op === op.overload || node.op === op.weakOverload;
      this.#sink.byte(overloaded ? op.overload : op.reference);
      return this.#graph.node(node.target);
    }
    if (node.kind !== 'number' && node.kind !== 'string' && node.kind !== 'vstring') {
      this.#refuse('it cannot be copied to another place');
    }
    this.#graph.count();
    this.#graph.copy(node.body, node.end);
  }

  #isFromLike({ image }: Origin): boolean {
    if (this.#like === null) return false;
    const known = this.#origins.get(image) ?? image.source.equals(this.#like.source);
    this.#origins.set(image, known);
    return known;
  }

  #refuse(reason: string, path = pathText(this.#path)): never {
    throw new Problem('SESSION_UNWRITABLE', `session ${path}: ${reason}`);
  }
}

const foreign = 'an Opaque that was not read from this session';

/** A key that a restricted hash may have but does not. */
function isHidden({ flags }: StorableEntry): boolean {
  return (flags & keyFlag.placeholder) !== 0;
}

/** The names that no kept entry has. Kept ones all have a name of their own, so as many are the same ones. */
function withoutKeysOf(kept: readonly StorableEntry[], names: readonly string[]): readonly string[] {
  const shown = kept.some(isHidden) ? kept.filter((entry) => !isHidden(entry)) : kept;
  if (shown.length === names.length) return [];
  const known = new Set(shown.map(({ key }) => key));
  return names.filter((name) => !known.has(name));
}

function isSame(value: SessionValue, node: StorableNode): boolean {
  if (node.kind === 'string') return value === node.text;
  if (node.kind === 'number') return value === node.value || Object.is(value, node.value);
  return node.kind === 'undef' && value === null;
}

function isWide(text: string): boolean {
  return /[^\0-\xff]/.test(text);
}
