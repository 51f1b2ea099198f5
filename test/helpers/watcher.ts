import type { Test } from 'tap';
import { type WatchOptions, watchSettings, type Watcher } from '../../src/config/watch.ts';
import { type Clock, systemClock } from '../../src/exchange/clock.ts';

/** A watcher whose words can be waited for. */
export interface HeardWatcher extends Watcher {
  /** What it told and nobody has asked for yet. */
  readonly told: string[];
  /** The next thing it tells. */
  next(): Promise<string>;
  /** Takes what it tells until this word, and gives all of it. */
  until(word: string): Promise<string[]>;
}

/** The real time, but nobody looks at a file now and then: what is not heard of at once is then never heard of. */
const withoutPolls: Clock = {
  ...systemClock,
  after: (milliseconds, callback) =>
    milliseconds < 30_000 ? systemClock.after(milliseconds, callback) : () => undefined,
};

/** Watches a file for a test, with a short quiet time. What it tells is a line: `changed: text`, `missing`, `problem: …`. */
export function hearWatcher(t: Test, file: string, options: Partial<WatchOptions> = {}): HeardWatcher {
  const told: string[] = [];
  let wake = (): void => {};
  const tell = (word: string): void => {
    told.push(word);
    wake();
  };
  const watcher = watchSettings({
    file,
    clock: withoutPolls,
    onChange: async (text, occasion) => {
      tell(`${occasion}: ${text}`);
    },
    onMissing: () => tell('missing'),
    onProblem: (error) => tell(`problem: ${error.message}`),
    quietMs: 10,
    ...options,
  });
  // The watcher does not keep the process alive, so the test has to.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => {
    watcher.close();
    clearInterval(alive);
  });
  const next = async (): Promise<string> => {
    while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return told.shift() ?? '';
  };
  const until = async (word: string): Promise<string[]> => {
    const heard = [await next()];
    while (heard.at(-1) !== word) heard.push(await next());
    return heard;
  };
  return { ...watcher, told, next, until };
}
