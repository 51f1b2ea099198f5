import { styleText } from 'node:util';
import { tell } from './print.ts';

/**
 * The exit codes of all verbs. `unreachable` is a gateway or a database that does not answer, `refused` what a rule of
 * safety forbids and somebody may override, `timedOut` what was waited for in vain.
 */
export const exitCodes = {
  ok: 0,
  findings: 1,
  usage: 2,
  unreachable: 3,
  changedMeanwhile: 4,
  refused: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A verb that cannot go on: what happened, what to do, and the exit code. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly help: string | null;

  constructor(exitCode: ExitCode, message: string, help: string | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.help = help;
  }
}

/** Prints what went wrong to stderr and gives the exit code. The stack is shown only with BANYAN_DEBUG=1. */
export function reportFailure(error: unknown): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  tell(`${styleText('red', 'banyan:', { stream: process.stderr })} ${message}\n`);
  if (error instanceof Failure && error.help !== null) tell(`  = help: ${error.help}\n`);
  if (process.env['BANYAN_DEBUG'] === '1' && error instanceof Error) tell(`${error.stack}\n`);
  return error instanceof Failure ? error.exitCode : exitCodes.findings;
}
