import type { Readable } from 'node:stream';

/**
 * A request body that can be read more than once, so that legacy can answer what a port has failed at. It is complete
 * before a turn is taken: a client that sends slowly holds nobody up.
 */
export interface Body {
  readonly lengthBytes: number;
  /** The whole body where it is small enough to be kept in memory, else null. */
  readonly bytes: Buffer | null;
  /** A new stream over the whole body. */
  stream(): Readable;
}
