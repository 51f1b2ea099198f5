import type { CgiOrder } from './cgi-children.ts';

/** Which programs may run scripts. */
export interface Interpreters {
  /** The perl of the fork server. */
  readonly perl: string;
  /** Whether Perl scripts run in children of the fork server, or each in a perl of its own. */
  readonly forks: boolean;
  /** Absolute paths; null: all in the folders where Debian keeps programs. */
  readonly allowed: readonly string[] | null;
}

const usualFolders = /^\/(?:usr\/(?:local\/)?)?bin\/[\w.+-]+$/;

/**
 * How to run a script, by its first line; null where its interpreter may not be used. A Perl script becomes the program
 * of a child that is ready; one that wants switches other than -w (taint mode above all, which perl can be given only
 * at its start) gets a perl of its own, as every other script gets its interpreter.
 */
export function howToRun(
  file: string,
  firstLine: string,
  { perl, forks, allowed }: Interpreters,
): CgiOrder['how'] | null {
  const [, first, second = ''] = /^#![ \t]*(\S+)(?:[ \t]+(.*?))?\s*$/.exec(firstLine) ?? [];
  if (first === undefined) return allowed === null && firstLine.startsWith('\x7fELF') ? 'itself' : null;
  const isEnv = /^\/(?:usr\/)?bin\/env$/.test(first);
  const program = isEnv ? `/usr/bin/${second.split(/\s/, 1)[0]}` : first;
  const switches = isEnv ? second.replace(/^\S+\s*/, '') : second;
  if (allowed === null ? !usualFolders.test(program) : !allowed.includes(program)) return null;
  const isPerl = program === perl || program === '/bin/perl';
  // Its name stands in a line of Perl (see fork-server.pl).
  const isNameable = !/["\s\0]/.test(file);
  return forks && isPerl && isNameable && (switches === '' || switches === '-w') ? 'perl' : 'itself';
}
