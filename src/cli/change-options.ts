import { exitCodes, Failure } from './failure.ts';

/** What may be said to every verb that changes the file. */
export interface ChangeOptions {
  readonly file?: string;
  /** Why, for the journal. */
  readonly reason?: string;
  readonly dryRun?: boolean;
  /** With `dryRun`: exit code 1 when something would change. */
  readonly exitCode?: boolean;
  readonly json?: boolean;
  /** Nobody is asked. */
  readonly yes?: boolean;
  /** Do what a rule of safety forbids; needs a reason. */
  readonly force?: boolean;
}

const longestReason = 1000;

/** Throws a Failure for options that do not go together. */
export function checkOptions({ reason, force, dryRun, exitCode }: ChangeOptions): void {
  const wrong = (message: string, help: string): never => {
    throw new Failure(exitCodes.usage, message, help);
  };
  if (reason !== undefined && reason.trim() === '') wrong('the reason is empty', 'say why: -m "blank pages"');
  if ((reason?.length ?? 0) > longestReason)
    wrong(`the reason is longer than ${longestReason} characters`, 'say it in a sentence');
  if (force === true && reason === undefined)
    wrong('--force needs a reason', 'say why it must be: --force -m "…"');
  if (exitCode === true && dryRun !== true)
    wrong('--exit-code is for --dry-run', 'add --dry-run, or leave it out');
}

/** Who is at work: the person behind sudo, where there is one. */
export function whoAmI(env: Readonly<Record<string, string | undefined>>, host: string): string {
  const name = env['SUDO_USER'] || env['USER'] || env['LOGNAME'] || `uid ${process.getuid?.() ?? '?'}`;
  return `${name}@${host}`;
}
