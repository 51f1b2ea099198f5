import { Problem } from '../errors.ts';

/** How the Perl that wrote an image lays numbers out; the header tells. */
export interface Dialect {
  /** nfreeze: every number big endian, and none wider than 32 bits; doubles and long integers are text. */
  readonly network: boolean;
  readonly bigEndian: boolean;
  readonly integerBytes: 4 | 8;
  /** 8, or what a Perl with long doubles has. */
  readonly doubleBytes: number;
  /** The second half of the version, which says what opcodes the reader is sure to know. */
  readonly minor: number;
}

/** What a MEDIUMTEXT column holds. It also stops an object that is used many times over: each use is written out. */
const maxBytes = 16 * 1024 * 1024;

/** A cursor over an image. Nothing is read, and no length believed, beyond the last byte. */
export class Reader {
  readonly bytes: Buffer;
  /** The same, one character per byte; cutting strings out of one is much faster than making each from bytes. */
  readonly #text: string;
  /** Set once the header is read. */
  bigEndian = true;
  #position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#text = bytes.toString('latin1');
  }

  get position(): number {
    return this.#position;
  }

  /** Says where and why; never what stands there, which may be somebody's secret. */
  fail(reason: string, at = this.#position): never {
    throw new Problem('SESSION_UNREADABLE', `Storable session, byte ${at}: ${reason}`);
  }

  /** Steps over `length` bytes and says where they start. */
  skip(length: number): number {
    const start = this.#position;
    if (length > this.bytes.length - start) this.fail('the session ends in the middle');
    this.#position = start + length;
    return start;
  }

  byte(): number {
    return this.bytes[this.skip(1)] ?? 0;
  }

  /** A length in the order of the image. */
  length(): number {
    const at = this.skip(4);
    return this.bigEndian ? this.bytes.readUInt32BE(at) : this.bytes.readUInt32LE(at);
  }

  /** How many things follow, each of at least `size` bytes; so no more is ever set aside than stands here. */
  count(size: number, count = this.length()): number {
    if (count * size > this.bytes.length - this.#position) this.fail('more is announced than follows');
    return count;
  }

  /** A tag; big endian in every image. */
  tag(): number {
    return this.bytes.readUInt32BE(this.skip(4));
  }

  /** NETINT; big endian in every image. */
  networkInteger(): number {
    return this.bytes.readInt32BE(this.skip(4));
  }

  /** An integer of Perl; null beyond 2^53. */
  integer(size: 4 | 8): number | null {
    const at = this.skip(size);
    if (size === 4) return this.bigEndian ? this.bytes.readInt32BE(at) : this.bytes.readInt32LE(at);
    const high = this.bigEndian ? this.bytes.readInt32BE(at) : this.bytes.readInt32LE(at + 4);
    const low = this.bigEndian ? this.bytes.readUInt32BE(at + 4) : this.bytes.readUInt32LE(at);
    const value = high * 2 ** 32 + low;
    return Number.isSafeInteger(value) ? value : null;
  }

  /** A double of Perl; null for the wider ones, which JavaScript does not have. */
  double(size: number): number | null {
    const at = this.skip(size);
    if (size !== 8) return null;
    return this.bigEndian ? this.bytes.readDoubleBE(at) : this.bytes.readDoubleLE(at);
  }

  /** One character per byte. */
  bytesText(length: number): string {
    const start = this.skip(length);
    return this.#text.slice(start, start + length);
  }
}

/** The image being written. */
export class Sink {
  readonly #dialect: Dialect;
  readonly #overflow: (reason: string) => never;
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;
  /** A span that was to be copied and is not yet: what follows it in its source may follow it here too. */
  #source: Buffer = this.#bytes;
  #start = 0;
  #end = 0;

  constructor(dialect: Dialect, overflow: (reason: string) => never) {
    this.#dialect = dialect;
    this.#overflow = overflow;
  }

  /** Everything written so far. */
  finish(): Buffer {
    this.#flush();
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  byte(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  /** A length in the order of the image. */
  length(value: number): void {
    const at = this.#grow(4);
    if (this.#dialect.bigEndian) this.#bytes.writeUInt32BE(value, at);
    else this.#bytes.writeUInt32LE(value, at);
  }

  tag(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  networkInteger(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  integer(value: number): void {
    const at = this.#grow(this.#dialect.integerBytes);
    if (this.#dialect.integerBytes === 8) {
      if (this.#dialect.bigEndian) this.#bytes.writeBigInt64BE(BigInt(value), at);
      else this.#bytes.writeBigInt64LE(BigInt(value), at);
    } else if (this.#dialect.bigEndian) this.#bytes.writeInt32BE(value, at);
    else this.#bytes.writeInt32LE(value, at);
  }

  double(value: number): void {
    const at = this.#grow(8);
    if (this.#dialect.bigEndian) this.#bytes.writeDoubleBE(value, at);
    else this.#bytes.writeDoubleLE(value, at);
  }

  /** The text as bytes, without its length. */
  text(text: string, encoding: 'latin1' | 'utf8', length: number): void {
    const at = this.#grow(length);
    this.#bytes.write(text, at, length, encoding);
  }

  copy(source: Buffer, start: number, end: number): void {
    if (source === this.#source && start === this.#end) this.#end = end;
    else {
      this.#flush();
      this.#source = source;
      this.#start = start;
      this.#end = end;
    }
  }

  #flush(): void {
    const start = this.#start;
    if (start === this.#end) return;
    this.#start = this.#end;
    const at = this.#extend(this.#end - start);
    this.#source.copy(this.#bytes, at, start, this.#end);
  }

  /** Makes room and says where. It may move the bytes, so it is called before they are looked at. */
  #grow(more: number): number {
    this.#flush();
    return this.#extend(more);
  }

  #extend(more: number): number {
    const at = this.#length;
    const length = at + more;
    if (length > maxBytes) this.#overflow(`the session grows beyond ${maxBytes} bytes`);
    if (length > this.#bytes.length) {
      const wider = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2));
      this.#bytes.copy(wider, 0, 0, at);
      this.#bytes = wider;
    }
    this.#length = length;
    return at;
  }
}
