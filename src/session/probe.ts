/** One thing that was looked at where sessions are kept, before traffic looks. `ok` says that it is well. */
export interface ProbeFinding {
  readonly severity: 'error' | 'warning' | 'ok';
  /** A stable word for machines, such as `no-unique-id`. */
  readonly code: string;
  readonly message: string;
  /** What to do about it, or null. */
  readonly help: string | null;
}

/** What is well. */
export function well(code: string, message: string): ProbeFinding {
  return { severity: 'ok', code, message, help: null };
}

/** What will hurt some day, or only some. */
export function doubtful(code: string, message: string, help: string | null): ProbeFinding {
  return { severity: 'warning', code, message, help };
}

/** What must be mended before there is traffic. */
export function wrong(code: string, message: string, help: string | null): ProbeFinding {
  return { severity: 'error', code, message, help };
}

/** Names in a sentence, the first ten of them. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
