import type { Readable } from 'node:stream';
import { asProblem, type Problem } from '../errors.ts';

/** Who takes in a body piece by piece. One of `end` and `failed` is called, once. */
export interface Sink {
  /** Returns false to be given no more until the flow is told to resume. */
  data(chunk: Buffer): boolean;
  end(): void;
  failed(problem: Problem): void;
}

/**
 * A body on its way: a stream without the stream, which costs a small answer more than the rest of its way. What comes
 * before anybody asks for it is kept.
 */
export interface Flow {
  /** Hands over what has come, and from then on whatever comes. To be called once. */
  to(sink: Sink): void;
  resume(): void;
}

/** A stream as a flow. */
export function flowOf(stream: Readable): Flow {
  return {
    to: (sink) => {
      if (stream.errored !== null) return sink.failed(asProblem(stream.errored, 'LEGACY_BROKE'));
      stream.on('data', (chunk: Buffer) => {
        if (!sink.data(chunk)) stream.pause();
      });
      stream.once('end', () => sink.end());
      stream.once('error', (error) => sink.failed(asProblem(error, 'LEGACY_BROKE')));
    },
    resume: () => stream.resume(),
  };
}
