/** When to use colours. `auto` leaves it to Node: on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise. */
export const colorWords = ['auto', 'always', 'never'] as const;

/** What the command line says about the terminal, for the life of the process; written only while it is read. */
export const terminal = { isAscii: false, isWide: false, isQuiet: false };

/**
 * Takes `--color`. Whoever colours asks Node's styleText, and that asks the environment: so the flag is put there, and
 * holds for stdout and stderr alike.
 */
export function setColor(when: string): void {
  if (when === 'auto') return;
  delete process.env['NO_COLOR']; // with both set, Node warns
  process.env['FORCE_COLOR'] = when === 'always' ? '1' : '0';
}

/** How many columns a line of stdout may have; without end where it is no terminal, or with `--wide`. */
export function widthOfStdout(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY && !terminal.isWide && columns > 0 ? columns : Infinity;
}
