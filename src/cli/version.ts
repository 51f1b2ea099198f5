import { readFileSync } from 'node:fs';
import { type ExitCode, exitCodes } from './failure.ts';
import { print, printJson } from './print.ts';

/** The version of banyan, as its package.json has it. */
export function versionOfBanyan(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** `banyan version`: the versions of banyan and of the Node that runs it. */
export function version(options: { readonly json?: boolean }): ExitCode {
  const banyan = versionOfBanyan();
  const node = process.versions.node;
  if (options.json === true) printJson({ banyan, node });
  else print(`banyan ${banyan}, Node ${node}\n`);
  return exitCodes.ok;
}
