import { styleText } from 'node:util';
import { countFindings, printFindings } from '../config/findings.ts';
import type { Route } from '../routing/route.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';
import { print, printJson } from './print.ts';

/** `banyan check`: prints everything that is wrong with a file. Exit code 1 when there are errors; warnings are 0. */
export async function check(file: string, options: { readonly json?: boolean }): Promise<ExitCode> {
  const { settings, findings } = await readFileFor(file);
  const exitCode = settings === null ? exitCodes.findings : exitCodes.ok;
  if (options.json === true) {
    const routes = settings === null ? null : countStages(settings.table.routes);
    printJson({ file, ok: settings !== null, findings, routes });
    return exitCode;
  }
  if (findings.length > 0) print(`${printFindings(findings, process.stdout)}\n`);
  if (settings === null) print(`${file}: ${countFindings(findings)}\n`);
  else {
    const ok = styleText('green', 'ok', { stream: process.stdout });
    const warned = findings.length === 0 ? '' : ` (${countFindings(findings)})`;
    print(`${file}: ${ok}, ${summary(settings.table.routes)}${warned}\n`);
  }
  return exitCode;
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
