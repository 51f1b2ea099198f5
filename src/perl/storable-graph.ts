import { hookFlag, op } from './storable-ops.ts';
import { maxDepth } from './storable-parse.ts';
import type { StorableImage, StorableNode } from './storable-node.ts';
import type { Sink } from './storable-bytes.ts';

type Hook = Extract<StorableNode, { kind: 'hook' }>;
type Hash = Extract<StorableNode, { kind: 'hash' }>;

/**
 * Writes nodes of an image anew, as they were, and counts what is written: Storable refers back by the number of the
 * thing, and to a class by the number of its first naming, so both shift with everything that comes or goes before.
 *
 * A thing is written whole where it is met first and referred to from then on. So if the place that held it is gone,
 * the next that refers to it holds it, as in Perl.
 */
export class GraphWriter {
  readonly #sink: Sink;
  readonly #source: Buffer;
  readonly #refuse: (reason: string) => never;
  /** The new tags by the old ones; -1 where nothing was written yet. */
  readonly #tags: Int32Array;
  readonly #classes = new Map<string, number>();
  #count = 0;
  #depth = 0;

  constructor(sink: Sink, image: StorableImage | null, refuse: (reason: string) => never) {
    this.#sink = sink;
    this.#source = image?.source ?? Buffer.alloc(0);
    this.#tags = new Int32Array(image?.nodes.length ?? 0).fill(-1);
    this.#refuse = refuse;
  }

  /** Counts one thing that is being written; it takes the place of `node`, if there is one. */
  count(node?: StorableNode): void {
    if (node !== undefined) this.#tags[node.tag] = this.#count;
    this.#count += 1;
  }

  /** Whether a thing of the image was written already. */
  isWritten(tag: number): boolean {
    return this.#tags[tag] !== -1;
  }

  /** Bytes of the image that mean the same in any place. */
  copy(start: number, end: number): void {
    this.#sink.copy(this.#source, start, end);
  }

  /** Writes a thing of the image: whole, or as the number of what was written before. */
  node(given: StorableNode): void {
    const node = given.kind === 'again' ? given.target : given;
    const tag = this.#tags[node.tag] ?? -1;
    if (tag !== -1) {
      this.#sink.byte(op.object);
      this.#sink.tag(tag);
      return;
    }
    if (this.#depth >= maxDepth) this.#refuse(`more than ${maxDepth} things inside each other`);
    this.#depth += 1;
    if (node.className !== null && node.kind !== 'hook') this.#bless(node.className);
    this.count(node);
    this.#body(node);
    this.#depth -= 1;
  }

  #body(node: StorableNode): void {
    switch (node.kind) {
      case 'undef':
      case 'number':
      case 'string':
      case 'regexp':
      case 'vstring':
        return this.copy(node.body, node.end);
      case 'array':
        this.#sink.byte(op.array);
        this.#sink.length(node.items.length);
        for (const item of node.items) this.node(item);
        return;
      case 'hash':
        return this.#hash(node);
      case 'reference':
        this.#sink.byte(node.op);
        return this.node(node.target);
      case 'tied':
        this.#sink.byte(node.op);
        for (const part of node.parts) this.node(part);
        if (node.op === op.tiedIndex) this.#sink.length(node.index);
        return;
      case 'code':
        this.#sink.byte(op.code);
        return this.node(node.text);
      case 'hook':
        return this.#hook(node);
      case 'again':
        return this.node(node.target);
    }
  }

  #hash(node: Hash): void {
    this.#sink.byte(node.op);
    if (node.op === op.flagHash) this.#sink.byte(node.flags);
    this.#sink.length(node.entries.length);
    for (const { value, flags, keyStart, keyEnd } of node.entries) {
      this.node(value);
      if (node.op === op.flagHash) this.#sink.byte(flags);
      this.copy(keyStart, keyEnd);
    }
  }

  /** Before an object: its class by name the first time, by number from then on. */
  #bless(className: string): void {
    const known = this.#classes.get(className);
    this.#sink.byte(known === undefined ? op.bless : op.indexedBless);
    const number = known ?? className.length;
    if (number <= 127) this.#sink.byte(number);
    else {
      this.#sink.byte(0x80);
      this.#sink.length(number);
    }
    if (known === undefined) this.#nameClass(className);
  }

  #nameClass(className: string): void {
    this.#classes.set(className, this.#classes.size);
    this.#sink.text(className, 'latin1', className.length);
  }

  /**
   * Everything the frozen text refers to must be written before it: what no place held so far stands inside, each
   * announced by a flags byte that says so. The class is counted after those.
   */
  #hook(node: Hook): void {
    const sink = this.#sink;
    sink.byte(op.hook);
    const announce = (flags: number, first: boolean): void => {
      sink.byte(node.type | flags);
      if (first && node.extra !== null) sink.byte(node.extra);
    };
    let first = true;
    for (const part of [...node.inside, ...node.refersTo]) {
      if (this.isWritten(part.tag)) continue;
      announce(hookFlag.inside, first);
      first = false;
      this.node(part);
    }
    const className = node.className ?? '';
    const known = this.#classes.get(className);
    const number = known ?? className.length;
    const frozen = node.frozenEnd - node.frozenStart;
    let flags = known === undefined ? 0 : hookFlag.knownClass;
    if (number > 255) flags |= hookFlag.longClass;
    if (frozen > 255) flags |= hookFlag.longFrozen;
    if (node.refersTo.length > 0) flags |= hookFlag.list;
    if (node.refersTo.length > 255) flags |= hookFlag.longList;
    announce(flags, first);
    this.#number(number);
    if (known === undefined) this.#nameClass(className);
    this.#number(frozen);
    this.copy(node.frozenStart, node.frozenEnd);
    if (node.refersTo.length > 0) this.#number(node.refersTo.length);
    for (const part of node.refersTo) sink.tag(this.#tags[part.tag] ?? 0);
    if (node.magic !== null) this.node(node.magic);
  }

  #number(value: number): void {
    if (value > 255) this.#sink.length(value);
    else this.#sink.byte(value);
  }
}
