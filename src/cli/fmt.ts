import { formatText } from '../config/format.ts';
import type { ChangeOptions } from './change-options.ts';
import { change } from './change.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';
import { print } from './print.ts';

/** How to lay out, or only to look. */
export interface FmtOptions extends ChangeOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
}

/** `banyan fmt`: lays the file out. `check` says only whether it is; `diff` shows what would change. */
export async function fmt(file: string, { check, diff, ...options }: FmtOptions): Promise<ExitCode> {
  const isLaidOut = `${file} is laid out`;
  if (check === true && diff !== true) {
    const { text } = await readFileFor(file);
    const isSame = formatText(text) === text;
    print(isSame ? `${isLaidOut}\n` : `${file} is not laid out; "banyan fmt" does it\n`);
    return isSame ? exitCodes.ok : exitCodes.findings;
  }
  const verb = {
    name: 'fmt',
    edit: ({ text }: { readonly text: string }) => ({ text: formatText(text), nothing: isLaidOut }),
    isLayout: true,
  };
  if (diff !== true) return change(file, verb, options);
  return change(file, verb, { ...options, dryRun: true, ...(check === true ? { exitCode: true } : {}) });
}
