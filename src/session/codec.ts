import type { SessionData } from './session.ts';

/**
 * One way in which Perl wrote sessions down. Both methods are pure and bounded; hostile bytes throw, nothing else.
 */
export interface SessionCodec {
  readonly name: string;
  /** Reads a session. Throws Problem SESSION_UNREADABLE, saying at which byte and why. */
  decode(bytes: Buffer): SessionData;
  /**
   * Writes a session. `like` is the bytes it was read from, or null for a new one: every key and value that is
   * equal to what `like` holds keeps its exact bytes and place; new keys come last.
   * Throws Problem SESSION_UNWRITABLE where a value cannot be written without loss.
   */
  encode(data: SessionData, like: Buffer | null): Buffer;
}
