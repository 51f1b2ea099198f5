import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { Problem } from '../errors.ts';
import type { Outlet } from '../exchange/outlet.ts';
import { openNameless } from './nameless.ts';
import type { OutletParts } from './outlet.ts';
import { bodyPassed } from './sweep.ts';

/** So much of an answer waits in memory for a client, and once more for a disk. */
export const aheadBytes = 1024 * 1024;
/** So much is read back at a time; above Node's own mark (64 kB), so that `drain` comes. */
const pieceBytes = 256 * 1024;
/** A client that takes nothing for so long is not waited for any more. */
const longestStallMs = 60_000;

const cutFor = new WeakMap<ServerResponse, Problem>();

/** Why we have cut an answer off whose client did not take it, or null. */
export function whyCut(response: ServerResponse): Problem | null {
  return cutFor.get(response) ?? null;
}

/**
 * What a client has not taken yet. In the order it is sent:
 *
 *    response (memory) ◀─ file, from #readTo to #storedTo ◀─ #storing (on its way to disk) ◀─ #tail (memory) ◀─ side
 *
 * `#store` moves from the tail into the file, `#feed` from the file to the client, side by side; only `#feed` writes to
 * the response while anything waits. An empty file is closed: the next one begins at 0. Where the disk takes no more,
 * because of the bound or because it fails, the tail itself is sent once the file is empty, and the side waits meanwhile.
 */
export class Backlog implements Outlet {
  readonly #response: ServerResponse;
  readonly #resume: () => void;
  readonly #parts: OutletParts;
  /** How long the file may become. */
  #mostBytes: number;
  #file: FileHandle | null = null;
  #readTo = 0;
  #storedTo = 0;
  #storing = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  /** How much has been in a file, over all. */
  #spooledBytes = 0;
  #isStoring = false;
  #isFeeding = false;
  /** Whether the side waits until it is told to resume. */
  #isHeld = false;
  #done: (() => void) | null = null;
  #isOver = false;
  /** Counts whatever happens between us and the client. */
  #moves = 0;
  #callOff: () => void = () => undefined;

  constructor(response: ServerResponse, resume: () => void, parts: OutletParts) {
    this.#response = response;
    this.#resume = resume;
    this.#parts = parts;
    this.#mostBytes = parts.mostSpooledBytes();
    response.on('drain', () => {
      this.#moves++;
      void this.#feed();
    });
    response.once('close', () => this.#over());
    this.#watch();
  }

  write(chunk: Buffer): boolean {
    if (this.#isOver || this.#response.destroyed) return true;
    if (this.#isEmpty() && this.#response.writableLength <= aheadBytes) this.#send(chunk);
    else {
      this.#tail.push(chunk);
      this.#tailBytes += chunk.length;
      void this.#store();
    }
    return !this.mustWait();
  }

  /** Whether the side has to wait; it is told to resume then. */
  mustWait(): boolean {
    const room = this.#room();
    const nothingFits = room === 0 && this.#response.writableLength > aheadBytes;
    this.#isHeld = nothingFits || this.#tailBytes > Math.min(aheadBytes, room);
    return this.#isHeld;
  }

  end(done: () => void): void {
    if (this.#isOver) return done();
    this.#done = done;
    this.#settle();
  }

  #isEmpty(): boolean {
    return this.#tailBytes === 0 && this.#readTo === this.#storedTo && !this.#isStoring && !this.#isFeeding;
  }

  #room(): number {
    return Math.max(0, this.#mostBytes - this.#storedTo - this.#storing);
  }

  #send(chunk: Buffer): void {
    this.#moves++;
    this.#response.write(chunk);
  }

  async #store(): Promise<void> {
    if (this.#isStoring || this.#tailBytes === 0 || this.#room() === 0) return;
    this.#isStoring = true;
    while (!this.#isOver && this.#tailBytes > 0 && this.#room() > 0) {
      const batch = this.#takeBatch();
      try {
        this.#file ??= await openNameless('answer');
        await this.#append(this.#file, batch);
      } catch (thrown) {
        this.#putBack(batch.subarray(batch.length - this.#storing));
        this.#mostBytes = 0;
        if (!this.#isOver) this.#parts.notSpooled(thrown);
      }
      this.#storing = 0;
      void this.#feed();
    }
    this.#isStoring = false;
    if (this.#isOver)
      this.#closeFile(); // it may have been opened since
    else void this.#feed();
  }

  /** Writes the whole of it. What of it is in the file when it rejects is counted as stored. */
  async #append(file: FileHandle, batch: Buffer): Promise<void> {
    while (this.#storing > 0 && !this.#isOver) {
      const from = batch.length - this.#storing;
      const { bytesWritten } = await file.write(batch, from, this.#storing, this.#storedTo);
      this.#storing -= bytesWritten;
      this.#storedTo += bytesWritten;
      this.#spooledBytes += bytesWritten;
    }
  }

  /** Takes as much of the tail as the file may hold. */
  #takeBatch(): Buffer {
    const all = this.#tail.length === 1 ? (this.#tail[0] as Buffer) : Buffer.concat(this.#tail);
    const batch = all.subarray(0, this.#room());
    this.#tail = [];
    this.#tailBytes = 0;
    this.#putBack(all.subarray(batch.length));
    this.#storing = batch.length;
    return batch;
  }

  #putBack(rest: Buffer): void {
    if (rest.length === 0 || this.#isOver) return;
    this.#tail.unshift(rest);
    this.#tailBytes += rest.length;
  }

  async #feed(): Promise<void> {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    while (!this.#isOver && this.#response.writableLength < pieceBytes) {
      if (this.#readTo < this.#storedTo) await this.#sendStored();
      else if (this.#isStoring)
        break; // it feeds when it has stored
      else {
        this.#closeFile();
        const next = this.#tail.shift();
        if (next === undefined) break;
        this.#tailBytes -= next.length;
        this.#send(next);
      }
    }
    this.#isFeeding = false;
    this.#settle();
  }

  async #sendStored(): Promise<void> {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, this.#storedTo - this.#readTo));
    const read = this.#file?.read(piece, 0, piece.length, this.#readTo);
    const { bytesRead } = (await read?.catch(() => undefined)) ?? { bytesRead: 0 };
    if (this.#isOver) return;
    this.#readTo += bytesRead;
    bodyPassed(bytesRead);
    if (bytesRead > 0) this.#send(piece.subarray(0, bytesRead));
    else this.#response.destroy(); // a cut answer must look cut
  }

  /** Sees to it that side and client hear of what has changed. */
  #settle(): void {
    if (this.#isOver) return;
    void this.#store(); // an emptied file has room again
    if (this.#done !== null && this.#isEmpty()) {
      if (!this.#response.writableEnded) this.#response.end();
    } else if (this.#isHeld && !this.mustWait()) this.#resume();
  }

  #over(): void {
    this.#isOver = true;
    this.#callOff();
    this.#tail = [];
    if (!this.#isStoring) this.#closeFile();
    if (this.#spooledBytes > 0) this.#parts.spooled(this.#spooledBytes);
    if (this.#isHeld) this.#resume(); // it is read to its end, or has been broken off
    this.#done?.();
  }

  #closeFile(): void {
    void this.#file?.close().catch(() => undefined); // waits for what is under way on it
    this.#file = null;
    this.#readTo = this.#storedTo = 0;
  }

  #watch(): void {
    const before = this.#moves;
    const queued = queuedBytes(this.#response);
    this.#callOff = this.#parts.clock.after(longestStallMs, () => {
      const hasMoved = this.#moves !== before || queuedBytes(this.#response) !== queued;
      if (hasMoved || this.#response.writableLength === 0) this.#watch();
      else {
        cutFor.set(
          this.#response,
          new Problem('READER_STALLED', `nothing was taken for ${longestStallMs} ms`),
        );
        this.#response.destroy();
      }
    });
  }
}

/** How much the system has not taken yet. Node's own timeout reads the same, but its types do not know it. */
function queuedBytes({ socket }: ServerResponse): number {
  return (socket as { _handle?: { writeQueueSize?: number } | null } | null)?._handle?.writeQueueSize ?? 0;
}
