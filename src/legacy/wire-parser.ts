import { broke, isTrailer, readHead, type AnswerHead } from './wire-head.ts';

/** The longest head, and the longest line between chunks. A script's Set-Cookie fields alone may be 18 kB (promises.md 2a). */
const longestBytes = 65_536;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const sizeLine = /^([0-9a-fA-F]+)(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/;
const protocol = Buffer.from('HTTP/');

/** Who is told what legacy has said. */
export interface AnswerSink {
  head(head: AnswerHead): void;
  /** A piece of the body. It is the sink's own; at most one comes of each read. */
  data(piece: Buffer): void;
}

/**
 * Reads answers from the bytes of a connection, however they are cut. What the next byte belongs to:
 *
 *    head ─▶ body ───────────────────────────▶ over          (and again `head` after an interim answer)
 *      └───▶ size ─▶ chunk ─▶ seam ─▶ size …
 *              └───▶ trailers ───────────────▶ over
 *
 * Text that is not complete is held, and read again with what follows. Whatever is not to the letter of RFC 9112 where
 * another reader could see another end throws LEGACY_BROKE; then the parser is of no use any more.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  #method = '';
  #state: 'head' | 'body' | 'size' | 'chunk' | 'seam' | 'trailers' | 'over' = 'over';
  #head: AnswerHead | null = null;
  /** Bytes that the body, or the chunk, still has; Infinity where the connection ends it. */
  #left = 0;
  #held: Buffer | null = null;
  #trailerBytes = 0;
  #isSoiled = false;
  /** A head of this read that nobody has been told of yet. */
  #untold: AnswerHead | null = null;
  /** What this read has of the body: copied once, into one piece, without the lines between chunks. */
  #piece: Buffer | null = null;
  #pieceBytes = 0;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** The next bytes answer a request with this method. */
  expect(method: string): void {
    this.#method = method;
    this.#state = 'head';
    this.#head = null;
    this.#trailerBytes = 0;
  }

  /** Whether the answer is complete. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** How long the connection may wait for another request; 0 where it may not, or where bytes came behind the answer. */
  get keptMs(): number {
    return this.#isSoiled ? 0 : (this.#head?.keptMs ?? 0);
  }

  /** Takes in the first `length` of these bytes, which may be written over afterwards. */
  feed(bytes: Buffer, length: number): void {
    if (this.#held !== null) {
      bytes = Buffer.concat([this.#held, bytes.subarray(0, length)]);
      length = bytes.length;
      this.#held = null;
    }
    let at = 0;
    try {
      while (at < length && this.#held === null && this.#state !== 'over') at = this.#step(bytes, at, length);
    } catch (thrown) {
      // What breaks within the read that began it is refused as a whole; else it is told as far as it was proper.
      if (this.#untold === null) this.#tell();
      throw thrown;
    }
    if (this.#state === 'over' && at < length) this.#isSoiled = true;
    this.#tell();
  }

  /** No byte will follow. */
  finish(): void {
    if (this.#state === 'body' && this.#left === Infinity) this.#state = 'over';
    if (this.#state === 'over') return;
    throw broke(this.#head === null ? 'it broke off before its head was complete' : 'it broke off');
  }

  /** Reads what comes next, and gives back where it ends. */
  #step(bytes: Buffer, at: number, length: number): number {
    if (this.#state === 'head') return this.#readHead(bytes, at, length);
    if (this.#state === 'body' || this.#state === 'chunk') return this.#readBody(bytes, at, length);
    if (this.#state === 'size') return this.#readSize(bytes, at, length);
    if (this.#state === 'seam') return this.#readSeam(bytes, at, length);
    return this.#readTrailer(bytes, at, length);
  }

  #readHead(bytes: Buffer, at: number, length: number): number {
    const end = endOfHead(bytes, at, length);
    if (end === -1) {
      const begun = Math.min(length - at, protocol.length);
      if (bytes.compare(protocol, 0, begun, at, at + begun) !== 0) throw broke('it is no HTTP');
      return this.#hold(bytes, at, length);
    }
    if (end - at > longestBytes) throw broke('its head is too long');
    const head = readHead(bytes.toString('latin1', at, end), this.#method);
    if (head.status === 101) throw broke('it changes the protocol, which nobody has asked for');
    if (head.status < 200) return end; // interim: the answer is still to come
    this.#head = this.#untold = head;
    if (head.framing === 'chunked') this.#state = 'size';
    else {
      this.#left = head.framing === 'close' ? Infinity : head.framing;
      this.#state = this.#left === 0 ? 'over' : 'body';
    }
    return end;
  }

  #readBody(bytes: Buffer, at: number, length: number): number {
    const end = Math.min(length, at + this.#left);
    this.#piece ??= Buffer.allocUnsafe(length - at);
    this.#pieceBytes += bytes.copy(this.#piece, this.#pieceBytes, at, end);
    this.#left -= end - at;
    if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'seam' : 'over';
    return end;
  }

  #readSize(bytes: Buffer, at: number, length: number): number {
    const end = this.#lineEnd(bytes, at, length);
    if (end === -1) return length;
    const line = bytes.toString('latin1', at, end);
    const digits = sizeLine.exec(line)?.[1];
    this.#left = digits === undefined ? NaN : parseInt(digits, 16);
    if (!Number.isSafeInteger(this.#left)) throw broke(`a chunk of ${JSON.stringify(line.slice(0, 99))}`);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    return end;
  }

  #readSeam(bytes: Buffer, at: number, length: number): number {
    const isWhole = length - at >= 2;
    if (bytes[at] !== carriageReturn || (isWhole && bytes[at + 1] !== lineFeed))
      throw broke('a chunk is longer than it was said to be');
    if (!isWhole) return this.#hold(bytes, at, length);
    this.#state = 'size';
    return at + 2;
  }

  #readTrailer(bytes: Buffer, at: number, length: number): number {
    const end = this.#lineEnd(bytes, at, length);
    if (end === -1) return length;
    const line = bytes.toString('latin1', at, end);
    this.#trailerBytes += line.length;
    if (line === '\r\n') this.#state = 'over';
    else if (!isTrailer(line) || this.#trailerBytes > longestBytes)
      throw broke('its trailers are no fields, or too long');
    return end;
  }

  /** Where the line ends that begins here; -1 where its end has not come, and it is held. */
  #lineEnd(bytes: Buffer, at: number, length: number): number {
    for (let i = at; i < length; i++) if (bytes[i] === lineFeed) return i + 1;
    this.#hold(bytes, at, length);
    return -1;
  }

  #hold(bytes: Buffer, at: number, length: number): number {
    if (length - at > longestBytes) throw broke('its head, or a line between its chunks, is too long');
    this.#held = Buffer.from(bytes.subarray(at, length));
    return length;
  }

  #tell(): void {
    const [head, piece] = [this.#untold, this.#piece];
    this.#untold = this.#piece = null;
    if (head !== null) this.#sink.head(head);
    if (piece === null) return;
    const whole = this.#pieceBytes === piece.length ? piece : piece.subarray(0, this.#pieceBytes);
    this.#pieceBytes = 0;
    this.#sink.data(whole);
  }
}

/** Where the head ends that begins here, behind its empty line; -1 where that has not come. */
function endOfHead(bytes: Buffer, at: number, length: number): number {
  for (let i = at; i < length - 1; i++) {
    if (bytes[i] !== lineFeed) continue;
    if (bytes[i + 1] === lineFeed) return i + 2;
    if (bytes[i + 1] === carriageReturn && i + 2 < length && bytes[i + 2] === lineFeed) return i + 3;
  }
  return -1;
}
