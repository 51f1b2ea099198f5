import { styleText } from 'node:util';
import { countFindings } from '../config/findings.ts';
import type { Settings } from '../config/settings.ts';
import type { Route, Stage } from '../routing/route.ts';
import type { Against } from './against.ts';
import { adviceOf } from './check-running.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';
import { printFindings } from './print-findings.ts';
import { print, printJson } from './print.ts';

/** What else is looked at, and how it is printed. */
export interface CheckOptions {
  /** Also look at the place where sessions are kept. */
  readonly database?: boolean;
  /** Access logs to put to the routes. */
  readonly against?: readonly string[];
  readonly json?: boolean;
}

/**
 * `banyan check`: prints everything that is wrong with a file, what a gateway that runs on it has seen of its routes, and
 * with `--database` where it keeps its sessions, and with `--against` which routes the requests of a log meet. Exit code 1
 * when there are errors, 3 when the database does not answer or a log cannot be read; warnings are 0.
 */
export async function check(file: string, options: CheckOptions): Promise<ExitCode> {
  const { settings, findings: written } = await readFileFor(file);
  const findings = settings === null ? written : [...written, ...(await adviceOf(settings))];
  const store = settings !== null && options.database === true ? await lookAtStore(settings) : null;
  const against = settings === null ? null : await readLogs(settings, options);
  const exitCode = settings === null ? exitCodes.findings : (store?.exitCode ?? exitCodes.ok);
  if (options.json === true) {
    const routes = settings === null ? null : countStages(settings.table.routes);
    const database = options.database === true ? { database: store?.found ?? null } : {};
    const logs = options.against === undefined ? {} : { against };
    printJson({ file, ok: settings !== null, findings, routes, ...database, ...logs });
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
    if (against !== null) await printAgainst(against);
  }
  return exitCode;
}

/** Null where the file has no session map. The code for databases is loaded only here. */
async function lookAtStore(settings: Settings) {
  const { checkDatabase, exitCodeOf, printDatabaseCheck } = await import('./check-database.ts');
  const found = await checkDatabase(settings);
  return found === null ? null : { found, exitCode: exitCodeOf(found), text: printDatabaseCheck(found) };
}

/** Scripts that no route names, in the JSON; on the screen there are fewer. */
const mostScripts = 1_000;

async function readLogs({ table }: Settings, { against }: CheckOptions): Promise<Against | null> {
  if (against === undefined) return null;
  const { readAgainst } = await import('./against.ts');
  return readAgainst(table, against, mostScripts);
}

async function printAgainst(against: Against): Promise<void> {
  const { coverageText } = await import('./coverage-text.ts');
  print(`\n${coverageText(against)}`);
}

/** `11 routes: 3 on the port, 2 split, 6 legacy`, and how many are in the shadow or retired where some are. */
export function summary(routes: readonly Route[]): string {
  const { total, port, split, shadow, legacy, retired } = countStages(routes);
  const stages = [
    `${port} on the port`,
    `${split} split`,
    ...(shadow === 0 ? [] : [`${shadow} in the shadow`]),
    `${legacy} legacy`,
    ...(retired === 0 ? [] : [`${retired} retired`]),
  ];
  return `${total} route${total === 1 ? '' : 's'}: ${stages.join(', ')}`;
}

function countStages(routes: readonly Route[]): Record<'total' | Stage, number> {
  const count = (stage: Stage): number => routes.filter((route) => route.target.stage === stage).length;
  return {
    total: routes.length,
    port: count('port'),
    split: count('split'),
    shadow: count('shadow'),
    legacy: count('legacy'),
    retired: count('retired'),
  };
}
