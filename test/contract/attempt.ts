import { Problem } from '../../src/errors.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { SessionData } from '../../src/session/session.ts';

/** What became of a hostile input. */
export interface Outcome {
  /** Whether it is a session. */
  readonly read: boolean;
  /** Whether the session could take a new key; some can only be kept. */
  readonly grown: boolean;
  readonly decodeMs: number;
}

/**
 * Reads bytes of an enemy and writes along them. Only a session or a Problem may come of it, and what can be read can
 * be kept. Throws an Error that says which promise was broken.
 */
export function attempt(codec: SessionCodec, hostile: Buffer): Outcome {
  const started = performance.now();
  const data = orProblem('SESSION_UNREADABLE', () => codec.decode(hostile));
  const decodeMs = performance.now() - started;
  if (data === null) return { read: false, grown: false, decodeMs };
  if (Object.getPrototypeOf(data) !== null) throw new Error('a session with a prototype');
  if (!codec.encode(data, hostile).equals(hostile))
    throw new Error('a session that nobody changed was written otherwise');
  const changed: SessionData = Object.assign(Object.create(null), data, { 'new key': ['x'] });
  const grown = orProblem('SESSION_UNWRITABLE', () => codec.encode(changed, hostile));
  if (grown !== null) codec.decode(grown);
  return { read: true, grown: grown !== null, decodeMs };
}

/** Null for the one Problem that is allowed here; everything else is thrown on. */
function orProblem<Result>(code: Problem['code'], work: () => Result): Result | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Problem && error.code === code) return null;
    throw error;
  }
}
