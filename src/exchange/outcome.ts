import type { Readable } from 'node:stream';
import type { Problem } from '../errors.ts';
import type { Flow } from './flow.ts';
import type { RawHeaders } from './headers.ts';

/** The two implementations a route has. They are called this everywhere: in code, routes.yaml, metrics and docs. */
export type Side = 'legacy' | 'port';

/** What a side wants the client to get. A flow or a stream has not been read yet; everything else is complete. */
export interface Answer {
  readonly status: number;
  /** The reason phrase, where the side chose one of its own. */
  readonly reason?: string;
  readonly headers: RawHeaders;
  readonly body: Buffer | Flow | Readable | null;
}

/** A session as a side found and left it that had it to itself, and may change it: its bytes, or null where there was none. */
export interface SessionSeen {
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

/** A side that produced an answer. */
export interface Answered {
  readonly kind: 'answered';
  readonly side: Side;
  readonly answer: Answer;
  /** Milliseconds this side took until its answer began, the wait for the turn not included. */
  readonly elapsedMs: number;
  /**
   * Resolves, never rejects, when the side has *finished*: it will touch neither session nor database any more.
   * Later than the head of its answer, and independent of whether the client is still there.
   */
  readonly finished: Promise<Finished>;
  /** What became of the session of the turn, where the side says so. */
  readonly session?: SessionSeen;
  /** The failure that this answer stands in for, when legacy answered for a port. */
  readonly insteadOf?: Failed;
}

/** How a side came to its end. */
export interface Finished {
  /** Milliseconds from the start of the side to its end. */
  readonly elapsedMs: number;
  /** The problem that cut the answer short after it had begun, or null. */
  readonly problem: Problem | null;
}

/** A side that produced no answer. */
export interface Failed {
  readonly kind: 'failed';
  readonly side: Side;
  readonly problem: Problem;
  readonly elapsedMs: number;
  readonly finished: Promise<Finished>;
  /** The failure of the port, when legacy was tried in its stead and failed too. */
  readonly insteadOf?: Failed;
}

/** What one side made of one exchange. */
export type Outcome = Answered | Failed;
