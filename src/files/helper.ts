import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import process from 'node:process';
import { Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { Register } from '../exchange/register.ts';
import { lockerProgram } from './locker-program.ts';

/** A question that a live locker answers in a fraction of a millisecond. */
const answerTimeoutMs = 5_000;
/** So much of what the locker complains of is passed on. */
const longestComplaint = 500;

/** Why no lock can be had, as everybody is told it. */
export function lockDown(reason: string): Problem {
  return new Problem('LOCK_DOWN', `the process that keeps the session locks cannot be asked: ${reason}`);
}

/**
 * One thing asked of the locker: first it waits, then it is answered, and where the answer was `had` it is held until
 * it is given back. It ends with the process whatever it is then: what waits is rejected, what is held is lost.
 */
export class Ask {
  readonly #answer = Promise.withResolvers<readonly string[]>();
  readonly #freed = Promise.withResolvers<void>();
  readonly #lost = new AbortController();
  readonly #sayFree: () => void;
  #isHeld = false;
  #isGivenBack = false;

  /** `sayFree` asks the locker to give this back. */
  constructor(sayFree: () => void) {
    this.#sayFree = sayFree;
    this.#answer.promise.catch(() => undefined); // one that was given back may have nobody who listens
  }

  /** The answer, split into words; rejects with Problem LOCK_DOWN. */
  get answer(): Promise<readonly string[]> {
    return this.#answer.promise;
  }

  /** Aborted when it was held and the locker ended. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives it back, or waits for it no longer: the answer is `not` then. Resolves when it is free. Never rejects. */
  free(): Promise<void> {
    if (!this.#isGivenBack) {
      this.#isGivenBack = true;
      this.#sayFree();
    }
    return this.#freed.promise;
  }

  /** What the locker says; returns whether that was the last of it. */
  hear(words: readonly string[]): boolean {
    const [word] = words;
    if (word === 'wait') return false;
    if (word === 'had') {
      if (this.#isGivenBack) return false; // the two have crossed: it is free in a moment
      this.#isHeld = true;
      this.#answer.resolve(words);
      return false;
    }
    if (word === 'error') this.#answer.reject(lockDown(words.slice(1).join(' ')));
    this.#answer.resolve(word === 'free' ? ['not'] : words);
    this.#freed.resolve();
    return true;
  }

  /** The locker is gone. */
  end(reason: string): void {
    this.#answer.reject(lockDown(reason));
    this.#freed.resolve();
    if (this.#isHeld && !this.#isGivenBack) this.#lost.abort();
  }
}

/**
 * One process of the locker and what was asked of it. Its locks live exactly as long as it does, and it lives no longer
 * than we do: it ends when its input ends.
 */
export class Helper {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  readonly #asks = new Register<number, Ask>();
  /** Those that the locker owes a word, and what calls off the alarm. */
  readonly #owed = new Map<number, () => void>();
  #lastNumber = 0;
  #halfLine = '';
  #complaint = '';
  readonly #ended = Promise.withResolvers<void>();

  /** Starts the process. `lockFile` is the file for ranges; `onEnd` is called once, when nothing more will be heard. */
  constructor(lockFile: string, clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#process = spawn('perl', ['-e', lockerProgram, '--', lockFile], {
      cwd: '/',
      detached: true, // a ^C at the terminal is for us: our turns are to be left in order
      env: { PATH: process.env['PATH'], LC_ALL: 'C' }, // no PERL5OPT
    });
    const over = (how: string): void => {
      onEnd();
      this.#end(this.#complaint.trim() === '' ? how : this.#complaint.trim());
    };
    // One that cannot be started at all never closes.
    this.#process.on('error', (error) => {
      if (this.#process.pid === undefined) over(error.message);
    });
    this.#process.on('close', (code, signal) =>
      over(`it ended with ${signal === null ? `exit code ${code}` : signal}`),
    );
    this.#process.stdin.on('error', () => undefined); // its end is told above
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-longestComplaint);
    });
  }

  /** The number of the process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks; the words are ours and hold no line end. */
  ask(question: string): Ask {
    const number = ++this.#lastNumber;
    const ask = new Ask(() => {
      if (this.#asks.has(number)) this.#say(number, 'free');
    });
    this.#asks.set(number, ask);
    this.#say(number, question);
    return ask;
  }

  /** Ends the process, and with it whatever it holds. Resolves when it is gone. */
  close(): Promise<void> {
    this.#process.stdin.end();
    const callOff = this.#clock.after(answerTimeoutMs, () => this.#process.kill('SIGKILL'));
    return this.#ended.promise.finally(callOff);
  }

  #say(number: number, words: string): void {
    this.#owed.get(number)?.();
    const alarm = this.#clock.after(answerTimeoutMs, () => {
      this.#complaint = `it did not answer within ${answerTimeoutMs} ms`;
      this.#process.kill('SIGKILL');
    });
    this.#owed.set(number, alarm);
    this.#process.stdin.write(`${number} ${words}\n`);
  }

  #hear(text: string): void {
    const lines = (this.#halfLine + text).split('\n');
    this.#halfLine = lines.pop() ?? '';
    for (const line of lines) {
      const [first, ...words] = line.split(' ');
      const number = Number(first);
      this.#owed.get(number)?.();
      this.#owed.delete(number);
      if (this.#asks.get(number)?.hear(words) === true) this.#asks.delete(number);
    }
  }

  #end(reason: string): void {
    for (const callOff of this.#owed.values()) callOff();
    this.#owed.clear();
    for (const [number, ask] of this.#asks.entries()) {
      this.#asks.delete(number);
      ask.end(reason);
    }
    this.#ended.resolve();
  }
}
