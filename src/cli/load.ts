import { loadText } from '../config/disk.ts';
import { countFindings, printFindings } from '../config/findings.ts';
import { type Reading, readSettings } from '../config/read.ts';
import type { Settings } from '../config/settings.ts';
import { exitCodes, Failure } from './failure.ts';

/** Reads a file for a verb. Throws a Failure when there is no such file; what is wrong in it is in the findings. */
export async function readFileFor(file: string): Promise<Reading & { readonly text: string }> {
  const text = await loadText(file).catch((error: Error) => {
    throw new Failure(exitCodes.findings, error.message, 'name the file, or set BANYAN_ROUTES', error);
  });
  return { text, ...readSettings(file, text, process.env, 0) };
}

/** The settings of a file for a verb that needs them. Prints findings to stderr; throws a Failure when there are errors. */
export async function settingsFor(file: string): Promise<Settings> {
  const { settings, findings } = await readFileFor(file);
  process.stderr.write(printFindings(findings, process.stderr));
  if (settings !== null) return settings;
  throw new Failure(exitCodes.findings, `${file}: ${countFindings(findings)}`, 'mend the file first');
}
