import { styleText } from 'node:util';
import { countFindings, printFindings } from '../config/findings.ts';
import type { Settings } from '../config/settings.ts';
import type { Route } from '../routing/route.ts';
import { adviceOf } from './check-running.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';
import { print, printJson } from './print.ts';

/** What else is looked at, and how it is printed. */
export interface CheckOptions {
  /** Also look at the place where sessions are kept. */
  readonly database?: boolean;
  readonly json?: boolean;
}

/**
 * `banyan check`: prints everything that is wrong with a file, what a gateway that runs on it has seen of its routes, and
 * with `--database` where it keeps its sessions. Exit code 1 when there are errors, 3 when the database does not answer;
 * warnings are 0.
 */
export async function check(file: string, options: CheckOptions): Promise<ExitCode> {
  const { settings, findings: written } = await readFileFor(file);
  const findings = settings === null ? written : [...written, ...(await adviceOf(settings))];
  const store = settings !== null && options.database === true ? await lookAtStore(settings) : null;
  const exitCode = settings === null ? exitCodes.findings : (store?.exitCode ?? exitCodes.ok);
  if (options.json === true) {
    const routes = settings === null ? null : countStages(settings.table.routes);
    const database = options.database === true ? { database: store?.found ?? null } : {};
    printJson({ file, ok: settings !== null, findings, routes, ...database });
    return exitCode;
  }
  if (findings.length > 0) print(`${printFindings(findings, process.stdout)}\n`);
  if (settings === null) print(`${file}: ${countFindings(findings)}\n`);
  else {
    const ok = styleText('green', 'ok', { stream: process.stdout });
    const warned = findings.length === 0 ? '' : ` (${countFindings(findings)})`;
    print(`${file}: ${ok}, ${summary(settings.table.routes)}${warned}\n`);
    if (options.database === true)
      print(store?.text ?? 'it names no session store, so there is none to look at\n');
  }
  return exitCode;
}

/** Null where the file has no session map. The code for databases is loaded only here. */
async function lookAtStore(settings: Settings) {
  const { checkDatabase, exitCodeOf, printDatabaseCheck } = await import('./check-database.ts');
  const found = await checkDatabase(settings);
  return found === null ? null : { found, exitCode: exitCodeOf(found), text: printDatabaseCheck(found) };
}

/** `11 routes: 3 on the port, 2 split, 6 legacy`. */
export function summary(routes: readonly Route[]): string {
  const { total, port, split, legacy } = countStages(routes);
  return `${total} route${total === 1 ? '' : 's'}: ${port} on the port, ${split} split, ${legacy} legacy`;
}

function countStages(routes: readonly Route[]): Record<'total' | 'port' | 'split' | 'legacy', number> {
  const count = (stage: string): number => routes.filter((route) => route.target.stage === stage).length;
  return { total: routes.length, port: count('port'), split: count('split'), legacy: count('legacy') };
}
