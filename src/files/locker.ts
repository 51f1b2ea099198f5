import { join } from 'node:path';
import type { Clock } from '../exchange/clock.ts';
import { Helper, lockDown, type Ask } from './helper.ts';

/** A lock that is held. */
export interface Hold {
  /** Whether it had to be waited for. */
  readonly contended: boolean;
  /** Aborted when it is lost before it was given back. */
  readonly lost: AbortSignal;
  /** Gives it back. Never rejects. */
  release(): Promise<void>;
}

/** A file that is locked, and which one it is: its name can be given to another. */
export interface FileHold extends Hold {
  readonly inode: number;
}

/** How a file is to be locked. */
export interface FileAsk {
  readonly path: string;
  /** Alone, or together with others who only read. */
  readonly exclusive: boolean;
  /** Whether a file that is not there is made. */
  readonly make: boolean;
}

/** How long a lock is waited for, and by whom: nobody is left to have it once `gone` is aborted. */
export interface Patience {
  readonly ms: number;
  readonly gone: AbortSignal;
}

/** For who does not wait. */
export const noPatience: Patience = { ms: 0, gone: new AbortController().signal };

/**
 * Takes the locks of files that Node cannot take, by a process of Perl's that lives as long as we do: bytes of one
 * lock file, each of which stands for something, and flock on files that Perl locks as well.
 *
 * The process is started with the first question and, when it has ended, with the next one. Whatever it held is told
 * lost at that moment; who waits for it is rejected with Problem LOCK_DOWN.
 */
export class Locker {
  readonly #lockFile: string;
  readonly #clock: Clock;
  #helper: Helper | null = null;
  #isClosed = false;

  /** The lock file is made in `directory` when the first byte is asked for; it stays empty. */
  constructor(parts: { directory: string; clock: Clock }) {
    this.#lockFile = join(parts.directory, '.banyan-lock');
    this.#clock = parts.clock;
  }

  /** The number of the process that keeps the locks now, for tests; null where there is none. */
  get pid(): number | null {
    return this.#helper?.pid ?? null;
  }

  /** Locks one byte; null where it was not had in time. */
  async lockByte(offset: bigint, patience: Patience): Promise<Hold | null> {
    const { words, ask } = await this.#take(`range ${offset}`, '', patience);
    return words[0] === 'had' ? holdOf(words, ask) : null;
  }

  /** Whether another process has a lock in a range of bytes. */
  async isTaken(offset: bigint, length: number): Promise<boolean> {
    const [word] = await this.#running().ask(`taken ${offset} ${length}`).answer;
    return word === 'yes';
  }

  /** Locks a file; 'busy' where it was not had in time, 'missing' where there is none. Links are not followed. */
  async lockFile(file: FileAsk, patience: Patience): Promise<FileHold | 'busy' | 'missing'> {
    const how = `${file.exclusive ? 'ex' : 'sh'} ${file.make ? 'new' : 'old'}`;
    const { words, ask } = await this.#take(`file ${how}`, Buffer.from(file.path).toString('hex'), patience);
    const [word, , inode] = words;
    if (word === 'none') return 'missing';
    if (word !== 'had') return 'busy';
    return { ...holdOf(words, ask), inode: Number(inode) };
  }

  /** Ends the process, and with it every lock. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#helper?.close();
  }

  async #take(
    question: string,
    path: string,
    { ms, gone }: Patience,
  ): Promise<{ words: readonly string[]; ask: Ask }> {
    const mayWait = ms > 0 && !gone.aborted;
    const ask = this.#running().ask(`${question} ${mayWait ? 'wait' : 'try'} ${path}`);
    if (!mayWait) return { words: await ask.answer, ask };
    const giveUp = (): void => void ask.free();
    const callOff = this.#clock.after(ms, giveUp);
    gone.addEventListener('abort', giveUp, { once: true });
    try {
      return { words: await ask.answer, ask };
    } finally {
      callOff();
      gone.removeEventListener('abort', giveUp);
    }
  }

  #running(): Helper {
    if (this.#isClosed) throw lockDown('it was closed');
    this.#helper ??= this.#start();
    return this.#helper;
  }

  #start(): Helper {
    const helper = new Helper(this.#lockFile, this.#clock, () => {
      if (this.#helper === helper) this.#helper = null;
    });
    return helper;
  }
}

function holdOf(words: readonly string[], ask: Ask): Hold {
  return { contended: words[1] === '1', lost: ask.lost, release: () => ask.free() };
}
