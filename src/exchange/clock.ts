/** Time, handed to whoever needs it, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds that only ever grow; for durations. */
  nowMs(): number;
  /** Milliseconds since 1970; for people and for Perl. */
  epochMs(): number;
  /** Calls back once, after that many milliseconds; the returned function calls it off. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** The real time. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
