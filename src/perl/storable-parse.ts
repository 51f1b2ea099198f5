import { isUtf8 } from 'node:buffer';
import { Reader } from './storable-bytes.ts';
import type { Dialect } from './storable-bytes.ts';
import { readHeader } from './storable-header.ts';
import { pending } from './storable-node.ts';
import type { HookNode, NodeBasics, StorableEntry, StorableImage, StorableNode } from './storable-node.ts';
import { hookFlag, keyFlag, op } from './storable-ops.ts';

/**
 * Opcodes inside each other; a hash in a hash is two. It is as deep as Perl 5.36 writes: 512 references or arrays, 256
 * hashes (measured); older ones wrote as deep as their stack bore, and no more than a fraction of ours is used here.
 */
export const maxDepth = 1024;

/** Reads an image. Throws Problem SESSION_UNREADABLE with the byte and the reason. */
export function parseStorable(bytes: Buffer): StorableImage {
  return new Parser(Buffer.from(bytes)).image();
}

/** Where a thing begins and what is known of it before its opcode is looked at. */
type Place = Pick<NodeBasics, 'start' | 'body' | 'op' | 'className'>;

class Parser {
  readonly #reader: Reader;
  readonly #dialect: Dialect;
  readonly #nodes: StorableNode[] = [];
  readonly #classes: string[] = [];
  #depth = 0;

  constructor(source: Buffer) {
    this.#reader = new Reader(source);
    this.#dialect = readHeader(this.#reader);
  }

  /** What stands behind the object is not looked at; neither does Perl. */
  image(): StorableImage {
    const root = this.#node();
    return { source: this.#reader.bytes, dialect: this.#dialect, root, nodes: this.#nodes };
  }

  #node(): StorableNode {
    const reader = this.#reader;
    const start = reader.position;
    let code = reader.byte();
    if (code === op.object) return this.#again(start);
    if (this.#depth >= maxDepth) reader.fail(`more than ${maxDepth} things inside each other`, start);
    this.#depth += 1;
    let className: string | null = null;
    if (code === op.bless || code === op.indexedBless) {
      className = this.#className(code);
      code = reader.byte();
      const blessable =
        code !== op.object && code !== op.bless && code !== op.indexedBless && code !== op.hook;
      if (!blessable) reader.fail('bless of something that cannot be an object');
    }
    const node = this.#inner({ start, body: reader.position - 1, op: code, className });
    node.end = reader.position;
    this.#depth -= 1;
    return node;
  }

  #inner(at: Place): StorableNode {
    const reader = this.#reader;
    switch (at.op) {
      case op.undef:
      case op.immortalUndef:
      case op.undefElement:
        return this.#leaf('undef', at);
      case op.yes:
      case op.true:
        return this.#string(at, '1');
      case op.no:
      case op.false:
        return this.#string(at, '');
      case op.byte:
        return this.#number(at, reader.byte() - 128);
      case op.networkInteger:
        return this.#number(at, reader.networkInteger());
      case op.integer:
        return this.#number(this.#native(at), reader.integer(this.#dialect.integerBytes));
      case op.double:
        return this.#number(this.#native(at), reader.double(this.#dialect.doubleBytes));
      case op.scalar:
      case op.longScalar:
      case op.utf8:
      case op.longUtf8:
        return this.#string(at, this.#text(at.op));
      case op.vstring:
      case op.longVstring:
        return this.#vstring(at);
      case op.regexp:
        reader.skip((reader.byte() & 1) === 1 ? reader.length() : reader.byte());
        reader.skip(reader.byte());
        return this.#leaf('regexp', at);
      case op.array:
        return this.#array(at);
      case op.hash:
      case op.flagHash:
        return this.#hash(at);
      case op.reference:
      case op.overload:
      case op.weakReference:
      case op.weakOverload:
        return this.#reference(at);
      case op.tiedArray:
      case op.tiedHash:
      case op.tiedScalar:
      case op.tiedKey:
      case op.tiedIndex:
        return this.#tied(at);
      case op.code:
        return this.#code(at);
      case op.hook:
        return this.#hook(at);
      default:
        return reader.fail('an opcode that is unknown or not supported', at.body);
    }
  }

  // Every literal below spells all of its fields out: spreads cost half the time of reading a session.

  #leaf(kind: 'undef' | 'regexp' | 'vstring', { start, body, op, className }: Place): StorableNode {
    return this.#seen({ kind, start, body, end: 0, op, tag: this.#nodes.length, className, shared: false });
  }

  #number({ start, body, op, className }: Place, value: number | null): StorableNode {
    const tag = this.#nodes.length;
    return this.#seen({ kind: 'number', value, start, body, end: 0, op, tag, className, shared: false });
  }

  #string({ start, body, op, className }: Place, text: string | null): StorableNode {
    const tag = this.#nodes.length;
    return this.#seen({ kind: 'string', text, start, body, end: 0, op, tag, className, shared: false });
  }

  #native(at: Place): Place {
    if (this.#dialect.network) this.#reader.fail('a native number in an image of network order', at.body);
    return at;
  }

  #reference({ start, body, op: code, className }: Place): StorableNode {
    const weak = code === op.weakReference || code === op.weakOverload;
    const tag = this.#nodes.length;
    const rest = { op: code, tag, className, shared: false };
    const node = this.#seen({ kind: 'reference', weak, target: pending, start, body, end: 0, ...rest });
    node.target = this.#node();
    return node;
  }

  #array({ start, body, op, className }: Place): StorableNode {
    const items: StorableNode[] = [];
    const tag = this.#nodes.length;
    const node = this.#seen({ kind: 'array', items, start, body, end: 0, op, tag, className, shared: false });
    for (let left = this.#reader.count(1); left > 0; left -= 1) items.push(this.#node());
    return node;
  }

  #tied(at: Place): StorableNode {
    const parts: StorableNode[] = [];
    const node = this.#seen({ kind: 'tied', parts, index: 0, ...this.#basics(at) });
    parts.push(this.#node());
    if (at.op === op.tiedKey) parts.push(this.#node());
    if (at.op === op.tiedIndex) node.index = this.#reader.length();
    return node;
  }

  #code(at: Place): StorableNode {
    const node = this.#seen({ kind: 'code', text: pending, ...this.#basics(at) });
    node.text = this.#node();
    return node;
  }

  #basics(at: Place): NodeBasics {
    return { ...at, end: 0, tag: this.#nodes.length, shared: false };
  }

  /** Gives it the next tag. Storable counts a thing when its opcode is met, before what is inside. */
  #seen<T extends StorableNode>(node: T): T {
    this.#nodes.push(node);
    return node;
  }

  /** One tag for both: the v-string is magic on the string that follows. */
  #vstring(at: Place): StorableNode {
    const reader = this.#reader;
    reader.skip(at.op === op.vstring ? reader.byte() : reader.length());
    const node = this.#leaf('vstring', at);
    const code = reader.byte();
    if (!strings.includes(code)) reader.fail('a v-string that is not a string');
    this.#text(code);
    return node;
  }

  #again(start: number): StorableNode {
    const target = this.#earlier();
    const { tag } = target;
    const end = this.#reader.position;
    const place = { start, body: start, end, op: op.object, className: null };
    return { kind: 'again', target, tag, shared: true, ...place };
  }

  #earlier(): StorableNode {
    const at = this.#reader.position;
    const node = this.#nodes[this.#reader.tag()];
    if (node === undefined) this.#reader.fail('a tag of something not seen before', at);
    node.shared = true;
    return node;
  }

  #text(code: number): string | null {
    const reader = this.#reader;
    const length = code === op.scalar || code === op.utf8 ? reader.byte() : reader.length();
    return code === op.scalar || code === op.longScalar ? reader.bytesText(length) : this.#utf8(length);
  }

  #utf8(length: number): string | null {
    const start = this.#reader.skip(length);
    const { bytes } = this.#reader;
    return isUtf8(bytes.subarray(start, start + length))
      ? bytes.toString('utf8', start, start + length)
      : null;
  }

  #hash({ start, body, op: code, className }: Place): StorableNode {
    const reader = this.#reader;
    const flagged = code === op.flagHash;
    const flags = flagged ? reader.byte() : 0;
    const entries: StorableEntry[] = [];
    const tag = this.#nodes.length;
    const rest = { op: code, tag, className, shared: false };
    const node = this.#seen({ kind: 'hash', flags, entries, start, body, end: 0, ...rest });
    const keys = new Set<string>();
    for (let left = reader.count(flagged ? 6 : 5); left > 0; left -= 1) {
      const value = this.#node();
      const flags = flagged ? reader.byte() : 0;
      if ((flags & keyFlag.scalar) !== 0) reader.fail('a hash key that is a thing of its own');
      const keyStart = reader.position;
      const length = reader.length();
      const key = (flags & keyFlag.utf8) === 0 ? reader.bytesText(length) : this.#utf8(length);
      if (key !== null) {
        if (keys.has(key)) reader.fail('a hash key stands twice', keyStart);
        keys.add(key);
      }
      entries.push({ value, flags, keyStart, keyEnd: reader.position, key });
    }
    return node;
  }

  #className(code: number): string {
    const reader = this.#reader;
    const short = reader.byte();
    const number = short > 0x7f ? reader.length() : short;
    return code === op.bless ? this.#newClass(number) : this.#knownClass(number);
  }

  #newClass(length: number): string {
    const className = this.#reader.bytesText(length);
    this.#classes.push(className);
    return className;
  }

  #knownClass(index: number): string {
    return this.#classes[index] ?? this.#reader.fail('a class that was not named before');
  }

  #hook(at: Place): StorableNode {
    const reader = this.#reader;
    let flags = reader.byte();
    const type = flags & hookFlag.type;
    const extra = type === hookFlag.type ? reader.byte() : null;
    const lists = { inside: [], refersTo: [], frozenStart: 0, frozenEnd: 0 };
    const basics = this.#basics(at);
    const node: StorableNode & HookNode = { kind: 'hook', type, extra, magic: null, ...lists, ...basics };
    this.#seen(node);
    while ((flags & hookFlag.inside) !== 0) {
      node.inside.push(this.#node());
      flags = reader.byte();
    }
    const number = (flags & hookFlag.longClass) === 0 ? reader.byte() : reader.length();
    node.className = (flags & hookFlag.knownClass) === 0 ? this.#newClass(number) : this.#knownClass(number);
    const length = (flags & hookFlag.longFrozen) === 0 ? reader.byte() : reader.length();
    node.frozenStart = reader.skip(length);
    node.frozenEnd = reader.position;
    if ((flags & hookFlag.list) !== 0) {
      const announced = (flags & hookFlag.longList) === 0 ? reader.byte() : reader.length();
      for (let left = reader.count(4, announced); left > 0; left -= 1) node.refersTo.push(this.#earlier());
    }
    if (node.extra !== null) node.magic = this.#node();
    return node;
  }
}

const strings: readonly number[] = [op.scalar, op.longScalar, op.utf8, op.longUtf8];
