import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Capture } from '../exchange/capture.ts';
import type { Delivery } from '../gateway/recorder.ts';
import { askGateway } from './ask-gateway.ts';
import { calledAs } from './called-as.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { onlyRoutes, settingsFor } from './load.ts';
import { routeOfScript } from './port-script.ts';
import { harmless, note, printJson, tell } from './print.ts';
import { Progress } from './progress.ts';
import { findSql, type SqlFinder } from './record-sql.ts';
import { writeRecordedTest } from './record-test.ts';

/** What may be said to `banyan record`. */
export interface RecordOptions {
  /** How many exchanges. */
  readonly number: string;
  readonly to?: string;
  readonly mask?: readonly string[];
  /** The address of an account that may have the server's log; true where it is in $BANYAN_SQL. */
  readonly sql?: string | true;
  /** Whether a test is written beside the recordings. */
  readonly test?: boolean;
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

/** How far a recording has come. */
interface Recorded {
  count: number;
  hasSessions: boolean;
}

/**
 * `banyan record ROUTE -n 50`: has a running gateway record exchanges of a route, and writes each into a file of its own,
 * and a test of them all. ^C ends it; what has come by then is kept. Exit code 130 then, where not all have come.
 */
export async function record(file: string, word: string, options: RecordOptions): Promise<ExitCode> {
  const wanted = Number(options.number);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 10_000)
    throw new Failure(exitCodes.usage, `-n "${options.number}" is not a number from 1 to 10000`);
  const { sql: address } = options;
  // The database of the sessions is looked at only for their SQL.
  const settings = await settingsFor(file, address === undefined ? onlyRoutes : {});
  const route = routeOfScript(settings, word);
  const folder = options.to === undefined ? recordedFolder(file, route.name) : resolve(options.to);
  const stop = stopOnSignals(); // before anything is set that has to be set back
  const finder = address === undefined ? null : await findSql(address, settings, options.mask ?? []);
  const recorded = { count: 0, hasSessions: true };
  try {
    await mkdir(folder, { recursive: true });
    await recordInto(folder, recorded, { route: route.name, wanted, options, finder, stop });
  } finally {
    await finder?.close();
  }
  const { count, hasSessions } = recorded;
  const test =
    count > 0 && options.test !== false ? await writeRecordedTest({ file, folder, route: route.name }) : null;
  const uncertain = finder?.uncertain ?? 0;
  if (options.json === true) {
    const ofSql = finder === null ? {} : { uncertain };
    printJson({ route: route.name, recorded: count, folder, test, ...ofSql });
  } else sayRecorded(route.name, count, folder, test);
  if (uncertain > 0) note(`of ${uncertain} it is not certain which statements were theirs: "sql": null\n`);
  // Where sessions are looked at, nothing was there.
  if (count > 0 && !hasSessions && settings.session?.trace === 'off')
    note('their sessions were not looked at: "session: { trace: off }" in routes.yaml\n');
  if (count > 0 && options.json !== true) note(`next: ${calledAs()} port test ${harmless(route.name)}\n`);
  return count === wanted ? exitCodes.ok : exitCodes.interrupted;
}

/** Asked more than once it is still under way: what was set has to be set back. */
function stopOnSignals(): { readonly isAsked: boolean } {
  const stop = { isAsked: false };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stop.isAsked = true;
    });
  return stop;
}

/** Records until all have come, or it shall stop. */
async function recordInto(
  folder: string,
  recorded: Recorded,
  {
    route,
    wanted,
    options,
    finder,
    stop,
  }: {
    readonly route: string;
    readonly wanted: number;
    readonly options: RecordOptions;
    readonly finder: SqlFinder | null;
    readonly stop: { readonly isAsked: boolean };
  },
): Promise<void> {
  const { stderr } = process;
  const progress = new Progress({ isTerminal: stderr.isTTY, nowMs: () => performance.now(), write: tell });
  let number = Math.max(0, ...(await readdir(folder)).map((name) => parseInt(name, 10) || 0)); // some may have been thrown away
  let saidCount: number | null = null; // null until the gateway listens, and that is said
  for (;;) {
    const deliveries = (await take(route, options)).slice(0, wanted - recorded.count);
    const captures: readonly Capture[] = finder === null ? deliveries : await finder.find(deliveries);
    for (const capture of captures) {
      const { session } = capture;
      recorded.hasSessions &&= session === null || session.before !== null || session.after !== null;
      const name = `${String(++number).padStart(4, '0')}.json`;
      await writeFile(join(folder, name), `${JSON.stringify(capture, null, 2)}\n`, { flag: 'wx' });
      recorded.count++;
    }
    if (recorded.count === wanted || stop.isAsked) break;
    if (saidCount === null) note(`recording ${harmless(route)}: waiting for visitors; ^C ends it\n`);
    saidCount ??= 0;
    if (stderr.isTTY || recorded.count !== saidCount)
      progress.at(() => {
        saidCount = recorded.count;
        return `${harmless(route)}: ${recorded.count} of ${wanted} recorded`;
      });
    await pause(lookMs);
  }
  progress.end();
}

function sayRecorded(route: string, count: number, folder: string, test: string | null): void {
  const shown = (path: string): string => harmless(relative(process.cwd(), path));
  note(
    `${count} exchange${count === 1 ? '' : 's'} of ${harmless(route)} in ${shown(folder)}; masked, but look through them before you commit them\n`,
  );
  if (test !== null) note(`a test of them: ${shown(test)}\n`);
}

async function take(
  route: string,
  { admin, token, mask = [], sql }: RecordOptions,
): Promise<readonly Delivery[]> {
  const given = token ?? process.env['BANYAN_ADMIN_TOKEN'];
  const answer = await askGateway(admin, 'recordings', {
    body: { route, mask, sealed: sql !== undefined },
    headers: given === undefined ? {} : { 'Banyan-Token': given },
  });
  return (answer as { captures: Delivery[] }).captures;
}
