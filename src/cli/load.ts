import { loadText } from '../config/disk.ts';
import { countFindings } from '../config/findings.ts';
import { type Reading, type ReadOptions, readSettings } from '../config/read.ts';
import type { Settings } from '../config/settings.ts';
import { exitCodes, Failure } from './failure.ts';
import { printFindings } from './print-findings.ts';
import { tell } from './print.ts';

/** Reads a file for a verb. Throws a Failure when there is no such file; what is wrong in it is in the findings. */
export async function readFileFor(
  file: string,
  options: ReadOptions = {},
): Promise<Reading & { readonly text: string }> {
  const text = await loadText(file).catch((error: Error) => {
    throw new Failure(exitCodes.findings, error.message, 'name the file, or set BANYAN_ROUTES', error);
  });
  return { text, ...readSettings(file, text, process.env, 1, options) };
}

/** For a verb that looks at routes, perhaps in a shell that does not have the gateway's secrets. */
export const onlyRoutes: ReadOptions = { missingVariables: 'warning' };

/**
 * The settings of a file for a verb that looks at its routes. Throws a Failure when there are errors, after they were
 * told; what is only doubtful is for `banyan check` to say.
 */
export async function settingsFor(file: string, options: ReadOptions = onlyRoutes): Promise<Settings> {
  const { settings, findings } = await readFileFor(file, options);
  if (settings !== null) return settings;
  tell(printFindings(findings, process.stderr));
  throw new Failure(exitCodes.findings, `${file}: ${countFindings(findings)}`, 'mend the file first');
}
