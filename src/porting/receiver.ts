import type { Dispatcher } from 'undici';
import { Problem, isProblemCode } from '../errors.ts';
import { answerHeaders } from '../exchange/headers.ts';
import type { Flow, Sink } from '../exchange/flow.ts';
import type { Answer, SessionSeen } from '../exchange/outcome.ts';
import type { Loss } from '../session/lock.ts';
import type { Host } from './port-hosts.ts';
import { isAnswer, isStreamed, readFailure, readSession } from './wire.ts';

/** What a host has said to a request. */
export interface Said {
  readonly answer: Answer;
  readonly session: SessionSeen | undefined;
}

/**
 * Takes in what a host says of one request: `102 Processing` when it is about to commit, `103 Early Hints` before a write that
 * may stay, then the answer. An answer whose body is a stream is told of when it begins: by then all is committed.
 */
export class Receiver implements Dispatcher.DispatchHandler {
  committing = false;
  settled = false;
  /** Whether anything of the request has been sent. */
  sent = false;
  /** Why the host is being ended, where that is our doing. */
  overdue: Problem | null = null;
  readonly #host: Host;
  readonly #resolve: (result: Said | Problem) => void;
  /** Once it is aborted a refusal is no reason for legacy to run: it has no turn either. */
  readonly #lost: Loss;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: string[] = [];
  #mayLeaveTrace = false;
  #stream: StreamedBody | null = null;
  #abort: () => void = () => undefined;

  #isOver = false;

  constructor(host: Host, resolve: (result: Said | Problem) => void, lost: Loss) {
    this.#host = host;
    host.begin();
    this.#resolve = resolve;
    this.#lost = lost;
  }

  settle(result: Said | Problem): void {
    if (this.settled) return;
    this.settled = true;
    this.#resolve(result);
  }

  /** Nothing more will come. */
  over(): void {
    if (!this.#isOver) this.#host.done();
    this.#isOver = true;
  }

  /** Hangs up. */
  abort(): void {
    this.#abort();
  }

  onConnect(abort: () => void): void {
    if (this.settled) return abort(); // it has waited for a connection until nobody waited for it any more
    this.sent = true;
    this.#abort = abort;
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    if (status < 200) {
      this.committing ||= status === 102;
      this.#mayLeaveTrace ||= status === 103;
      return true;
    }
    this.#status = status;
    this.#headers = headers.map((field) => field.toString('latin1'));
    if (isAnswer(this.#headers) && isStreamed(this.#headers)) {
      this.#stream = new StreamedBody(resume);
      this.#answer(this.#stream);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#stream !== null) return this.#stream.data(chunk);
    this.#chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    this.over();
    if (this.#stream !== null) return this.#stream.end();
    const body = Buffer.concat(this.#chunks);
    if (isAnswer(this.#headers)) {
      return this.#answer(body);
    }
    const failure = readFailure(this.#headers);
    if (this.committing) this.settle(new Problem('COMMIT_UNCERTAIN', body.toString()));
    else if (failure === null) this.#endUnsaid();
    else if (this.#lost.aborted && failure !== 'TRACE_LEFT')
      this.settle(new Problem('LEASE_LOST', body.toString()));
    else this.settle(new Problem(isProblemCode(failure) ? failure : 'PORT_FAILED', body.toString()));
  }

  onError(error: Error): void {
    this.over();
    const why = this.#host.because ?? error.message;
    if (this.#stream !== null)
      return this.#stream.failed(new Problem('PORT_FAILED', `the port broke off its answer: ${why}`));
    if (this.committing) {
      const detail = `the port host was lost after it had announced COMMIT: ${why}`;
      return this.settle(new Problem('COMMIT_UNCERTAIN', detail));
    }
    if (this.sent && !this.#host.isLocal) return this.#endUnheard(`the port host was lost: ${why}`);
    const when = this.sent ? 'while it worked, before any COMMIT' : 'before it was asked';
    this.#end(this.overdue ?? new Problem('PORT_HOST_DOWN', `the port host was lost ${when}: ${why}`));
  }

  #answer(body: Buffer | Flow): void {
    const answer = { status: this.#status, headers: answerHeaders(this.#headers), body };
    this.settle({ answer, session: readSession(this.#headers) });
  }

  /** What answered was no port: Node, which has not asked one then, or a proxy that has lost the host. */
  #endUnsaid(): void {
    const detail = `the port host said ${this.#status} by itself`;
    if (this.#status >= 500 && !this.#host.isLocal) this.#endUnheard(detail);
    else this.#end(new Problem('PORT_FAILED', detail));
  }

  /** Settles where the host may work on, and commit, although it is not heard any more. */
  #endUnheard(detail: string): void {
    this.settle(new Problem('COMMIT_UNCERTAIN', `${detail}; it may have gone on`));
  }

  /** Settles where the host could not say itself what is left of the port. */
  #end(problem: Problem): void {
    const detail = `after a write that may stay: ${problem.code}: ${problem.message}`;
    this.settle(this.#mayLeaveTrace ? new Problem('TRACE_LEFT', detail) : problem);
  }
}

/** The body of an answer as it comes from a host; what comes before anybody asks for it is kept. */
class StreamedBody implements Flow {
  readonly #resume: () => void;
  readonly #kept: ((sink: Sink) => void)[] = [];
  #sink: Sink | null = null;

  constructor(resume: () => void) {
    this.#resume = resume;
  }

  to(sink: Sink): void {
    this.#sink = sink;
    for (const hand of this.#kept) hand(sink);
    this.#kept.length = 0;
    this.#resume();
  }

  resume(): void {
    this.#resume();
  }

  /** False where it is to be given no more for now. */
  data(chunk: Buffer): boolean {
    if (this.#sink !== null) return this.#sink.data(chunk);
    this.#kept.push((sink) => sink.data(chunk));
    return false;
  }

  end(): void {
    this.#hand((sink) => sink.end());
  }

  failed(problem: Problem): void {
    this.#hand((sink) => sink.failed(problem));
  }

  #hand(say: (sink: Sink) => void): void {
    if (this.#sink === null) this.#kept.push(say);
    else say(this.#sink);
  }
}
