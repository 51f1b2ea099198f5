import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Problem } from '../errors.ts';
import type { Body } from '../exchange/body.ts';
import type { ClientLimits } from '../exchange/client-limits.ts';
import type { Clock } from '../exchange/clock.ts';
import { openNameless } from './nameless.ts';
import { bodyPassed } from './sweep.ts';

/** The body of a request that has none. */
export const noBody: Body = Object.freeze({
  lengthBytes: 0,
  bytes: Buffer.alloc(0),
  stream: () => Readable.from([]),
});

/** A body and what has to be done when nobody needs it any more. */
export interface ReceivedBody {
  readonly body: Body;
  readonly release: () => void;
}

/** Whether a request says that a body follows (RFC 9112 section 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

/** How much of a body is taken in, and where. */
export interface BodyLimits {
  /** Up to this it stays in memory; a larger one waits in a file. */
  readonly inMemoryBytes: number;
  readonly clients: ClientLimits;
  readonly clock: Clock;
}

/** Whether a request says itself that its body is too large. */
export function saysTooMuch({ headers }: IncomingMessage, { uploadBytes }: ClientLimits): boolean {
  return uploadBytes !== null && Number(headers['content-length'] ?? 0) > uploadBytes;
}

/**
 * Takes in a whole body before anybody is asked for a turn: a client that sends a byte a second holds nobody up, both
 * sides can be given the same bytes, and legacy can be told their number. Rejects with BODY_CUT, BODY_TOO_LARGE,
 * REQUEST_SLOW or BODY_NOT_KEPT.
 */
export async function receiveBody(request: IncomingMessage, limits: BodyLimits): Promise<ReceivedBody> {
  if (!hasBody(request)) return { body: noBody, release: () => undefined };
  if (saysTooMuch(request, limits.clients)) throw tooLarge(limits.clients);
  const chunks: Buffer[] = [];
  let length = 0;
  const pieces = piecesOf(request, limits);
  for await (const chunk of pieces) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limits.inMemoryBytes) return await spool(chunks, pieces);
  }
  const bytes = Buffer.concat(chunks, length);
  return {
    body: { lengthBytes: length, bytes, stream: () => Readable.from([bytes]) },
    release: () => undefined,
  };
}

/** Less in the time of a stall is next to nothing. */
const leastBytes = 1024;

/** A body as it comes, no faster than it is taken. The connection outlives it: who is refused must get to read why. */
async function* piecesOf(request: IncomingMessage, { clients, clock }: BodyLimits): AsyncGenerator<Buffer> {
  const { uploadBytes, stallMs } = clients;
  let length = 0;
  let wake: (() => void) | null = null;
  let isStalled = false;
  let callOff: (() => void) | null = null;
  const news = (): void => wake?.();
  const watch = (before: number): void => {
    callOff = clock.after(stallMs, () => {
      isStalled = wake !== null && length - before < leastBytes; // else it is we who are slow, or the disk is
      if (isStalled) news();
      else watch(length);
    });
  };
  request.on('readable', news).on('end', news).on('error', news).on('close', news);
  try {
    for (;;) {
      const piece = request.read() as Buffer | null;
      if (piece !== null) {
        length += piece.length;
        bodyPassed(piece.length);
        if (uploadBytes !== null && length > uploadBytes) throw tooLarge(clients);
        yield piece;
      } else if (request.readableEnded) return;
      else if (request.destroyed) throw new Problem('BODY_CUT', `the client broke off after ${length} bytes`);
      else if (isStalled)
        throw new Problem('REQUEST_SLOW', `the body stopped after ${length} bytes, for ${stallMs} ms`);
      else {
        if (callOff === null) watch(0);
        await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
      }
    }
  } finally {
    (callOff as (() => void) | null)?.();
    request.off('readable', news).off('end', news).off('close', news);
  }
}

function tooLarge({ uploadBytes }: ClientLimits): Problem {
  return new Problem('BODY_TOO_LARGE', `the body is larger than ${uploadBytes} bytes`);
}

/** Writes a large body to a file that has no name any more, so that nothing is left of it however we end. */
async function spool(begun: Buffer[], pieces: AsyncIterable<Buffer>): Promise<ReceivedBody> {
  const file = await openNameless('body').catch((thrown: unknown) => {
    throw new Problem('BODY_NOT_KEPT', `no file for a large body: ${String(thrown)}`, thrown);
  });
  const readers: Readable[] = [];
  const release = (): void => {
    for (const reader of readers) reader.destroy();
    void file.close().catch(() => undefined);
  };
  let length = begun.reduce((sum, chunk) => sum + chunk.length, 0);
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield* begun;
    for await (const piece of pieces) {
      length += piece.length;
      yield piece;
    }
  };
  try {
    await file.writeFile(rest());
  } catch (thrown) {
    release();
    if (thrown instanceof Problem) throw thrown;
    throw new Problem(
      'BODY_NOT_KEPT',
      `a large body could not be written to disk: ${String(thrown)}`,
      thrown,
    );
  }
  const stream = (): Readable => {
    const reader = Readable.from(piecesIn(file), { objectMode: false });
    readers.push(reader);
    return reader;
  };
  return { body: { lengthBytes: length, bytes: null, stream }, release };
}

const pieceBytes = 65_536;

/** What is in a file, from its start. */
async function* piecesIn(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    bodyPassed(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}
