import type { Readable } from 'node:stream';
import type { Problem } from '../errors.ts';
import type { Upstream } from '../routing/route.ts';

/** What legacy is asked. */
export interface LegacyRequest {
  /** The exchange's, for the log. */
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Name, value, name, value; without Content-Length. */
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
  /** Said to legacy as Content-Length; without it a CGI script reads nothing (perl.md 7.2). */
  readonly lengthBytes: number;
}

/** Who takes in what legacy answers, piece by piece and without a copy. One of `end` and `failed` is called, once. */
export interface LegacyReceiver {
  head(status: number, reason: string, headers: string[], controls: LegacyControls): void;
  /** Returns false to be given no more until `resume` is called. */
  data(chunk: Buffer): boolean;
  /** The answer is complete. */
  end(): void;
  failed(problem: Problem): void;
  /**
   * Legacy is done with the request: nothing of it runs any more. Called exactly once, before or after the answer's end.
   * A problem says what went wrong although the answer looks whole, such as an exit code.
   */
  exited(problem: Problem | null): void;
}

/** Who takes in an answer of a legacy that has only so many places. */
export interface WaitingReceiver extends LegacyReceiver {
  /** Legacy is given the request now; what it may take is counted from here. Not called where it fails before. */
  given(): void;
  /** Whether something that has a place already waits for the answer: in the queue it would wait for itself. */
  readonly goesAhead: boolean;
  /** Whether anybody still wants the answer; asked before legacy is given a request that has waited. */
  isWanted(): boolean;
}

/** How the flow of an answer is held back. */
export interface LegacyControls {
  readonly resume: () => void;
}

/** A request under way. */
export interface LegacyCall {
  /** Breaks it off. Legacy may run on: nobody tells a CGI script that its reader has left. */
  abort(): void;
  /** Calls it off where it still waits for a place or a connection, so that legacy will never see it; else does nothing. */
  abortIfUnsent(): void;
}

/** A way to the old application. */
export interface LegacyTransport {
  send(request: LegacyRequest, receiver: LegacyReceiver): LegacyCall;
  close(): Promise<void>;
}

/** A way to the old application that gives it no more requests at once than it can work on. */
export interface LegacyGate {
  send(request: LegacyRequest, receiver: WaitingReceiver): LegacyCall;
}

/** Finds the way to an upstream; the same one every time. */
export type GateTo = (upstream: Upstream) => LegacyGate;
