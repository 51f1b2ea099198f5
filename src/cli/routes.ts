import { dirname, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { printDuration } from '../config/duration.ts';
import { printTarget } from '../routing/target.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { settingsFor } from './load.ts';
import { columns, print, printJson } from './print.ts';

/** `banyan routes`: lists the routes of a file in its order. */
export async function routes(file: string, options: { readonly json?: boolean }): Promise<ExitCode> {
  const { table } = await settingsFor(file);
  const folder = dirname(resolve(file));
  const rows = table.routes.map((route) => ({
    name: route.name,
    key: route.key,
    target: printTarget(route.target),
    session: route.session,
    timeout: printDuration(route.timeoutMs),
    port: route.port === null ? null : relative(folder, route.port),
    line: route.line,
  }));
  if (options.json === true) {
    printJson({ file, routes: rows });
    return exitCodes.ok;
  }
  const head = ['NAME', 'KEY', 'TARGET', 'SESSION', 'TIMEOUT', 'PORT FILE'];
  const cells = rows.map((row) => [row.name, row.key, row.target, row.session, row.timeout, row.port ?? '-']);
  const [first = '', ...rest] = columns([head, ...cells]).split(/(?<=\n)/);
  print(styleText('bold', first.trimEnd(), { stream: process.stdout }) + '\n' + rest.join(''));
  return exitCodes.ok;
}
