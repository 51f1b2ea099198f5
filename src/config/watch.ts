import { statSync } from 'node:fs';
import type { Clock } from '../exchange/clock.ts';
import type { Occasion } from './complete.ts';
import { loadTextNow } from './disk.ts';
import { textHash } from './text-hash.ts';
import { watchFolders } from './watch-folders.ts';

/** What to watch and whom to tell. The callbacks are called one at a time. */
export interface WatchOptions {
  readonly file: string;
  readonly clock: Clock;
  /** The text that is already in use, so that a change between reading it and watching is noticed. */
  readonly lastText?: string;
  /**
   * The content is another one than the last one seen, or a person asks. The answer `wait` means: call again, as
   * `settled`, if it is still the same after a while.
   */
  readonly onChange: (text: string, occasion: Occasion) => Promise<string | void>;
  /** The file is gone; called once until it is back. */
  readonly onMissing?: () => void;
  /** The file is there but cannot be read, or a callback failed; called once for each problem. */
  readonly onProblem?: (error: Error) => void;
  /** How long it must be quiet before the file is read; editors write in several steps. */
  readonly quietMs?: number;
}

/** A file that is being watched. */
export interface Watcher {
  /** Looks at the file now: resolves when the callbacks are done. Never rejects. `asked` is for SIGHUP. */
  check(occasion?: 'changed' | 'asked'): Promise<void>;
  close(): void;
}

/** In a folder where something is written all the time it is never quiet: then the file is read after so long. */
const longestQuietMs = 1_000;
/** How long a text that seemed to lack its tail must stay as it is. */
const settleMs = 2_000;
/** How often the file is looked at although nothing was heard: network file systems tell nothing. */
const pollMs = 30_000;

/** Watches a file however it is replaced, and tells every content that it stays with. Does not keep the process alive. */
export function watchSettings(options: WatchOptions): Watcher {
  const { clock, file } = options;
  let isClosed = false;
  let turn: Promise<void> = Promise.resolve();
  const stop = { quiet: noTimer, settle: noTimer, poll: noTimer };
  const look = makeLook(options);
  const check = (occasion: Occasion = 'changed'): Promise<void> => {
    turn = turn.then(async () => {
      if (isClosed) return;
      folders.arm();
      const found = await look.take(occasion);
      if (found === 'nothing new' || isClosed) return;
      stop.settle();
      if (found === 'wait') stop.settle = clock.after(settleMs, () => void check('settled'));
    });
    return turn;
  };
  let restlessSince: number | null = null;
  const soon = (): void => {
    if (isClosed) return;
    restlessSince ??= clock.nowMs();
    const leftMs = Math.max(0, restlessSince + longestQuietMs - clock.nowMs());
    stop.quiet();
    stop.quiet = clock.after(Math.min(options.quietMs ?? 50, leftMs), () => {
      restlessSince = null;
      void check();
    });
  };
  const poll = (): void => {
    if (!look.isLatest()) soon();
    stop.poll = clock.after(pollMs, poll);
  };
  const folders = watchFolders(file, soon);
  folders.arm();
  poll();
  // What changed between the reading of lastText and this moment made no event.
  if (options.lastText !== undefined) soon();
  return {
    check,
    close: () => {
      isClosed = true;
      for (const each of Object.values(stop)) each();
      folders.close();
    },
  };
}

const noTimer = (): void => undefined;

/** Looks at the file and tells what is new since the look before. */
function makeLook({ file, lastText, onChange, onMissing, onProblem }: WatchOptions) {
  let lastSeen = lastText === undefined ? null : textHash(lastText);
  let lastTrouble: string | null = null;
  let lastMark = markOf(file);
  /** Whether the trouble is a new one. The content that comes after it is news, even where it is the one from before. */
  const isNew = (trouble: string, occasion: Occasion): boolean => {
    const isSame = trouble === lastTrouble && occasion !== 'asked';
    [lastSeen, lastTrouble] = [null, trouble];
    return !isSame;
  };
  const tell = async (occasion: Occasion): Promise<string | void> => {
    const text = await loadTextNow(file);
    if (text === null) {
      if (isNew('missing', occasion)) onMissing?.();
      return undefined;
    }
    const seen = textHash(text);
    const isOther = seen !== lastSeen;
    [lastSeen, lastTrouble] = [seen, null];
    if (occasion === 'asked') return onChange(text, 'asked');
    if (isOther) return onChange(text, 'changed');
    return occasion === 'settled' ? onChange(text, 'settled') : 'nothing new';
  };
  return {
    /** Whether the file has kept its looks since the last look. */
    isLatest: () => markOf(file) === lastMark,
    take: async (occasion: Occasion): Promise<string | void> => {
      lastMark = markOf(file); // before it is read: what is written meanwhile is found by the next look
      try {
        return await tell(occasion);
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        if (isNew(error.message, occasion)) onProblem?.(error);
        return undefined;
      }
    },
  };
}

/** What changes with a file's content, as far as can be told without reading it. */
function markOf(file: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch (thrown) {
    return String((thrown as NodeJS.ErrnoException).code);
  }
}
