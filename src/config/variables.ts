/** One `${…}` of a value, for the error when it cannot be filled in. Offsets count from the start of the value. */
export interface VariableProblem {
  readonly code: 'missing-variable' | 'bad-variable';
  /** The variable as written. */
  readonly shown: string;
  readonly message: string;
  readonly help: string;
}

/** A value with its variables filled in, and those that could not be. */
export interface Filled {
  readonly text: string;
  readonly problems: readonly VariableProblem[];
}

/** Whether a value takes anything from the environment. */
export function hasVariables(text: string): boolean {
  return text.includes('${');
}

/**
 * Fills in `${NAME}` and `${NAME:-default}` from the environment; the default also stands in for an empty variable,
 * as in a shell. `$${` is a plain `${`.
 */
export function fillIn(raw: string, env: Record<string, string | undefined>): Filled {
  const problems: VariableProblem[] = [];
  const text = raw.replace(/\$\$\{|\$\{([^}]*)\}?/g, (shown: string, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const [, name, otherwise] = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(shown.endsWith('}') ? inner : '') ?? [];
    if (name === undefined) {
      const help = 'write ${NAME} or ${NAME:-default}';
      problems.push({ code: 'bad-variable', shown, message: `cannot read the variable "${shown}"`, help });
      return '';
    }
    const value = env[name];
    if (otherwise !== undefined) return value === undefined || value === '' ? otherwise : value;
    if (value !== undefined) return value;
    const help = `set it before the start, or give a default: \${${name}:-value}`;
    problems.push({
      code: 'missing-variable',
      shown,
      message: `the environment has no variable ${name}`,
      help,
    });
    return '';
  });
  return { text, problems };
}
