import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Problem } from '../errors.ts';
import type { Body } from '../exchange/body.ts';
import { openNameless } from './nameless.ts';

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

/**
 * Takes in a whole body before anybody is asked for a turn: a client that sends a byte a second holds nobody up, both
 * sides can be given the same bytes, and legacy can be told their number. Up to `inMemoryBytes` it stays in memory, a
 * larger one waits in a file. Rejects with BODY_CUT or BODY_NOT_KEPT.
 */
export async function receiveBody(request: IncomingMessage, inMemoryBytes: number): Promise<ReceivedBody> {
  if (!hasBody(request)) return { body: noBody, release: () => undefined };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > inMemoryBytes) return await spool(chunks, request);
    }
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw new Problem('BODY_CUT', `the client broke off after ${length} bytes`, thrown);
  }
  const bytes = Buffer.concat(chunks, length);
  return {
    body: { lengthBytes: length, bytes, stream: () => Readable.from([bytes]) },
    release: () => undefined,
  };
}

/** Writes a large body to a file that has no name any more, so that nothing is left of it however we end. */
async function spool(begun: Buffer[], request: IncomingMessage): Promise<ReceivedBody> {
  const file = await openNameless('body').catch((thrown: unknown) => {
    throw new Problem('BODY_NOT_KEPT', `no file for a large body: ${String(thrown)}`, thrown);
  });
  const readers: Readable[] = [];
  const release = (): void => {
    for (const reader of readers) reader.destroy(); // each keeps the file open
    void file.close().catch(() => undefined);
  };
  let length = begun.reduce((sum, chunk) => sum + chunk.length, 0);
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield* begun;
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  try {
    await file.writeFile(rest());
  } catch (thrown) {
    release();
    if (request.destroyed && !request.complete) throw new Problem('BODY_CUT', 'the client broke off', thrown);
    throw new Problem(
      'BODY_NOT_KEPT',
      `a large body could not be written to disk: ${String(thrown)}`,
      thrown,
    );
  }
  const stream = (): Readable => {
    const reader = file.createReadStream({ start: 0, autoClose: false });
    readers.push(reader);
    return reader;
  };
  return { body: { lengthBytes: length, bytes: null, stream }, release };
}
