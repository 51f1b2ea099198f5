import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Capture } from '../exchange/capture.ts';
import { askGateway } from './ask-gateway.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { settingsFor } from './load.ts';
import { harmless, note, printJson, tell } from './print.ts';
import { Progress } from './progress.ts';
import { whichRoute } from './which-route.ts';

/** What may be said to `banyan record`. */
export interface RecordOptions {
  /** How many exchanges. */
  readonly number: string;
  readonly to?: string;
  readonly mask?: readonly string[];
  readonly admin: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly file?: string;
}

const lookMs = 500;

/** The folder of what was recorded of a route, where nobody names another one. */
export function recordedFolder(routesFile: string, route: string): string {
  return join(dirname(resolve(routesFile)), 'test/ports/recorded', route.replace(/[^\w.-]/g, '_'));
}

/**
 * `banyan record ROUTE -n 50`: has a running gateway record exchanges of a route, and writes each into a file of its own.
 * ^C ends it; what has come by then is kept. Exit code 130 then, where not all have come.
 */
export async function record(file: string, word: string, options: RecordOptions): Promise<ExitCode> {
  const wanted = Number(options.number);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 10_000)
    throw new Failure(exitCodes.usage, `-n "${options.number}" is not a number from 1 to 10000`);
  const route = whichRoute((await settingsFor(file)).table, word);
  const folder = options.to === undefined ? recordedFolder(file, route.name) : resolve(options.to);
  await mkdir(folder, { recursive: true });
  let number = Math.max(0, ...(await readdir(folder)).map((name) => parseInt(name, 10) || 0)); // some may have been thrown away
  let [count, isStopped, hasSessions] = [0, false, true];
  process.once('SIGINT', () => {
    isStopped = true;
  });
  const { stderr } = process;
  const progress = new Progress({ isTerminal: stderr.isTTY, nowMs: () => performance.now(), write: tell });
  for (;;) {
    for (const capture of await take(route.name, options)) {
      if (count === wanted) break;
      hasSessions &&=
        capture.session === null || capture.session.before !== null || capture.session.after !== null;
      const name = `${String(++number).padStart(4, '0')}.json`;
      await writeFile(join(folder, name), `${JSON.stringify(capture, null, 2)}\n`, { flag: 'wx' });
      count++;
    }
    progress.at(() => `${harmless(route.name)}: ${count} of ${wanted} recorded`);
    if (count === wanted || isStopped) break;
    await pause(lookMs);
  }
  progress.end();
  const shown = relative(process.cwd(), folder);
  if (options.json === true) printJson({ route: route.name, recorded: count, folder });
  else
    note(
      `${count} exchange${count === 1 ? '' : 's'} of ${harmless(route.name)} in ${harmless(shown)}; masked, but look through them before you commit them\n`,
    );
  if (count > 0 && !hasSessions)
    note('their sessions were not looked at: "session: { trace: off }" in routes.yaml\n');
  if (count > 0 && options.json !== true) note(`next: banyan port test ${harmless(route.name)}\n`);
  return count === wanted ? exitCodes.ok : exitCodes.interrupted;
}

async function take(route: string, { admin, token, mask = [] }: RecordOptions): Promise<readonly Capture[]> {
  const given = token ?? process.env['BANYAN_ADMIN_TOKEN'];
  const answer = await askGateway(admin, 'recordings', {
    body: { route, mask },
    headers: given === undefined ? {} : { 'Banyan-Token': given },
  });
  return (answer as { captures: Capture[] }).captures;
}
