/**
 * Something a person wrote that cannot be read. `message` says what, `help` says what to do.
 * Thrown by the readers of keys, targets, durations and addresses; whoever knows the line makes a finding of it.
 */
export class Mistake extends Error {
  /** A stable word for machines, such as `bad-target`. */
  readonly code: string;
  /** What to write instead, or null where nothing can be suggested. */
  readonly help: string | null;

  constructor(code: string, message: string, help: string | null = null) {
    super(message);
    this.name = 'Mistake';
    this.code = code;
    this.help = help;
  }
}

/** Runs a reader and gives back its value, or the mistake it found. Anything else that is thrown is our own bug and goes on. */
export function orMistake<T>(read: () => T): T | Mistake {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Mistake) return thrown;
    throw thrown;
  }
}
