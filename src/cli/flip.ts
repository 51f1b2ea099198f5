import { styleText } from 'node:util';
import { type Edit, setTarget } from '../config/edit.ts';
import { countFindings, hasErrors, printFindings } from '../config/findings.ts';
import { readSettings } from '../config/read.ts';
import { ChangedMeanwhile, writeAtomically } from '../config/write.ts';
import { Mistake } from '../routing/mistake.ts';
import type { Route } from '../routing/route.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { onlyRoutes, readFileFor } from './load.ts';
import { print, printJson } from './print.ts';
import { whichRoute } from './which-route.ts';

/** What to change, as the command line names it. */
export interface FlipRequest {
  /** A name, a key, or a URL path. */
  readonly route: string;
  readonly target: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/**
 * `banyan flip`: changes one target in the file. The gateway is not asked; a running one takes the new file by itself.
 * Exit code 2 for an unknown route or target, 1 when the file has or would get errors, 4 when it changed meanwhile.
 */
export async function flip(file: string, request: FlipRequest): Promise<ExitCode> {
  const { text, settings, findings } = await readFileFor(file, onlyRoutes);
  if (settings === null) {
    process.stderr.write(printFindings(findings, process.stderr));
    throw new Failure(
      exitCodes.findings,
      `${file}: ${countFindings(findings)}`,
      'mend the file first; nothing was changed',
    );
  }
  const route = whichRoute(settings.table, request.route);
  const edit = edited(text, route, request.target);
  const isSame = edit.text === text;
  refuseErrors(file, edit.text);
  if (!isSame && request.dryRun !== true) await write(file, text, edit.text);
  const done = { file, isSame, dryRun: request.dryRun === true };
  if (request.json === true) {
    const { line, targetBefore: before, targetAfter: after } = edit;
    printJson({ file, line, route: route.name, before, after, written: !isSame && !done.dryRun });
  } else print(describe(done, route, edit));
  return exitCodes.ok;
}

function edited(text: string, route: Route, target: string): Edit {
  try {
    // By key: a key is unique in the file, while a name may be the key of another route.
    return setTarget(text, route.key, target);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const exitCode = error.code === 'not-editable' ? exitCodes.findings : exitCodes.usage;
    throw new Failure(exitCode, error.message, error.help, error);
  }
}

/** A route that goes to a port needs its file; what would be wrong with the new text is said before it is written. */
function refuseErrors(file: string, text: string): void {
  const { findings } = readSettings(file, text, process.env, 0, onlyRoutes);
  const worth = findings.filter((finding) => finding.code !== 'missing-variable');
  process.stderr.write(printFindings(worth, process.stderr));
  if (hasErrors(findings))
    throw new Failure(exitCodes.findings, 'nothing was changed: the file would have errors');
}

async function write(file: string, expected: string, text: string): Promise<void> {
  try {
    await writeAtomically(file, expected, text);
  } catch (error) {
    if (error instanceof ChangedMeanwhile)
      throw new Failure(exitCodes.changedMeanwhile, error.message, null, error);
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure(
      exitCodes.findings,
      `${file} could not be written: ${detail}`,
      'nothing was changed',
      error,
    );
  }
}

function describe(
  done: { file: string; isSame: boolean; dryRun: boolean },
  route: Route,
  edit: Edit,
): string {
  const place = `${done.file}:${edit.line}\n`;
  if (done.isSame) return `${place}${route.name} is already ${edit.targetAfter}; nothing to do\n`;
  const minus = styleText('red', `- ${edit.before}`, { stream: process.stdout });
  const plus = styleText('green', `+ ${edit.after}`, { stream: process.stdout });
  const undo = done.dryRun
    ? 'nothing was written (--dry-run)'
    : `undo: banyan flip ${route.name} '${edit.targetBefore}'${done.file === 'routes.yaml' ? '' : ` --file ${done.file}`}`;
  return `${place}${minus}\n${plus}\n${undo}\n`;
}
