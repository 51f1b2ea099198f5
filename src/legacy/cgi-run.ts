import type { Socket } from 'node:net';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { giveOrder, type CgiOrder, type Children } from './cgi-children.ts';
import { CgiHeadReader, type CgiHead } from './cgi-reply.ts';
import type { Child, Ended } from './fork-server.ts';
import { eachLine } from './lines.ts';
import type { LegacyRequest } from './transport.ts';

/** How much one script may do. */
export interface CgiLimits {
  /** From its start; then it is told to end, and ended three seconds later. */
  readonly runMs: number;
  readonly outputBytes: number;
}

/** What is heard of a script that runs. */
export interface CgiListener {
  /** The head of its answer; says whether the body is wanted. */
  head(head: CgiHead): boolean;
  /** A piece of the body. Returns false to be given no more until `resume`. */
  data(chunk: Buffer): boolean;
  /** A line of its standard error. */
  said(line: string): void;
}

/** A script under way. */
export interface CgiRun {
  /** Resolves, never rejects, when its answer is over, with what spoiled it; null where it is whole. */
  readonly answered: Promise<Problem | null>;
  /** Resolves, never rejects, when the process is over, with what its exit tells. Before or after the answer. */
  readonly exited: Promise<Problem | null>;
  resume(): void;
  /** Nobody reads it any more. It is not ended: it may be in the middle of something. */
  hangUp(): void;
  /** Calls it off where it has not begun. */
  callOff(): void;
}

/** An exit is heard of within a millisecond of the end of the output; one that closes its output and runs on is not waited for. */
const exitPatienceMs = 100;
const mercyMs = 3_000;
/** The most that is logged of one script. */
const mostLoggedBytes = 65_536;

/** Runs a script. */
export function runScript(
  children: Children,
  clock: Clock,
  limits: CgiLimits,
  work: { order: CgiOrder; isRaw: boolean; body: LegacyRequest['body'] },
  listener: CgiListener,
): CgiRun {
  const taking = children.take(work.order.how === 'kept' ? work.order.script : null);
  const answered = Promise.withResolvers<Problem | null>();
  const exited = Promise.withResolvers<Problem | null>();
  let child: Child | null = null;
  let hungUp = false;
  void taking.child.then((came) => {
    child = came;
    if (hungUp) came.out.destroy();
    const attended = attend(came, clock, limits, work, listener);
    answered.resolve(attended.answered);
    exited.resolve(attended.exited);
  });
  return {
    answered: answered.promise,
    exited: exited.promise,
    resume: () => void child?.out.resume(),
    hangUp: () => {
      hungUp = true;
      child?.out.destroy();
    },
    callOff: () => {
      if (child !== null) return;
      taking.callOff();
      answered.resolve(new Problem('LEGACY_DOWN', 'it was given up while it waited for a process'));
      exited.resolve(null);
    },
  };
}

function attend(
  child: Child,
  clock: Clock,
  limits: CgiLimits,
  { order, isRaw, body }: { order: CgiOrder; isRaw: boolean; body: LegacyRequest['body'] },
  listener: CgiListener,
): { answered: Promise<Problem | null>; exited: Promise<Problem | null> } {
  let ended: Ended | null = null;
  let limit: Problem | null = null;
  const stop = (problem: Problem): void => {
    limit ??= problem;
    child.kill('TERM');
    const callOff = clock.after(mercyMs, () => child.kill('KILL'));
    void child.ended.then(callOff);
  };
  const callOff = clock.after(limits.runMs, () =>
    stop(new Problem('SCRIPT_FAILED', `the script ran for more than ${limits.runMs} ms`)),
  );
  const exited = child.ended.then((how) => {
    ended = how;
    callOff();
    return limit ?? exitProblem(how);
  });
  giveOrder(child, order);
  feed(child.err, body, stop);
  listenTo(child.err, listener);
  const answered = readAnswer(child.out, isRaw, limits.outputBytes, listener, stop).then(async (spoiled) => {
    const problem = await within(exitPatienceMs, clock, exited);
    const wasKilled = (ended as Ended | null)?.signal != null;
    // One that was killed has not said all it wanted; one that ended with a code has.
    return limit ?? spoiled ?? (wasKilled ? problem : null);
  });
  return { answered, exited };
}

function exitProblem({ code, signal }: Ended): Problem | null {
  if (signal !== null) return new Problem('SCRIPT_FAILED', `the script was ended by signal ${signal}`);
  if (code === null || code === 0) return null;
  return new Problem('SCRIPT_FAILED', `the script ended with exit code ${code}`);
}

/** Resolves with what comes within the time, else with null. */
async function within<T>(timeMs: number, clock: Clock, coming: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const callOff = clock.after(timeMs, () => late.resolve(null));
  const first = await Promise.race([coming, late.promise]);
  callOff();
  return first;
}

/** Gives a script its body while it prints: one that prints before it reads would otherwise wait for us, and we for it. */
function feed(stdin: Socket, body: LegacyRequest['body'], stop: (problem: Problem) => void): void {
  // Many scripts never read theirs; a broken pipe is nothing to us.
  if (body === null) return void stdin.end();
  if (Buffer.isBuffer(body)) return void stdin.end(body);
  body.once('error', (error) => {
    stop(
      new Problem('BODY_NOT_KEPT', `the body of a request could not be read again: ${error.message}`, error),
    );
  });
  stdin.once('close', () => body.destroy());
  body.pipe(stdin);
}

function listenTo(stderr: Socket, listener: CgiListener): void {
  let bytes = 0;
  eachLine(stderr, (line) => {
    bytes += line.length;
    if (bytes <= mostLoggedBytes) listener.said(line);
  });
  stderr.resume();
}

/** Resolves when the output is over, with what was wrong with it. */
function readAnswer(
  stdout: Socket,
  isRaw: boolean,
  outputBytes: number,
  listener: CgiListener,
  stop: (problem: Problem) => void,
): Promise<Problem | null> {
  return new Promise((resolve) => {
    const reader = new CgiHeadReader(isRaw);
    let isBodyWanted = false;
    let hasHead = false;
    let bytes = 0;
    let problem: Problem | null = null;
    const give = (chunk: Buffer): void => {
      if (isBodyWanted && chunk.length > 0 && !listener.data(chunk)) stdout.pause();
    };
    const refuse = (why: Problem): void => {
      problem = why;
      stop(why);
      resolve(why);
    };
    stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (problem !== null) return;
      if (bytes > outputBytes) {
        return refuse(new Problem('SCRIPT_FAILED', `the script printed more than ${outputBytes} bytes`));
      }
      if (hasHead) return give(chunk);
      try {
        const read = reader.read(chunk);
        if (read === null) return;
        hasHead = true;
        isBodyWanted = listener.head(read.head);
        give(read.rest);
      } catch (thrown) {
        problem = thrown as Problem;
        resolve(problem); // what it prints on is read and thrown away: it has work to do, too
      }
    });
    stdout.once('end', () => stdout.end());
    stdout.once('close', () => {
      if (!hasHead)
        problem ??= new Problem('SCRIPT_ANSWER', "the script's answer ended before its body began");
      resolve(problem);
    });
    stdout.resume();
  });
}
