import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { styleText } from 'node:util';
import { portSessions } from '../compose-sessions.ts';
import type { Settings } from '../config/settings.ts';
import type { Capture } from '../exchange/capture.ts';
import { noteModules } from '../porting/load.ts';
import { customsOf, storeOf } from '../porting/port-server.ts';
import { rehearse } from '../porting/rehearsal.ts';
import type { Route } from '../routing/route.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { settingsFor } from './load.ts';
import { routeOfScript } from './port-script.ts';
import { harmless, note, print, printJson } from './print.ts';
import { aboutTable } from './record-mask.ts';
import { sessionTableOf } from './record-sql.ts';
import { recordedFolder } from './record.ts';
import { differencesOf } from './recorded-differences.ts';
import { inOneLine, sqlDifferences } from './recorded-sql.ts';

/** What may be said to `banyan port test`. */
export interface PortTestOptions {
  readonly from?: string;
  /** Whether other statements than legacy's are a failure. */
  readonly strictSql?: boolean;
  readonly json?: boolean;
  readonly file?: string;
}

/** What one recorded exchange came to. */
interface Result {
  /** The file, as it is shown. */
  readonly name: string;
  readonly request: string;
  /** Empty where the port does what legacy did. */
  readonly differences: readonly string[];
  /** What the port sent to the database. */
  readonly statements: readonly string[];
  /** Which of them legacy had not sent, and the other way round; empty where nobody knows what legacy sent. */
  readonly sqlDifferences: readonly string[];
}

/**
 * `banyan port test ROUTE`: runs the port for every recorded request, and holds its answer and the session it would leave
 * against legacy's. Nothing of it stays in the database. Exit code 1 where something differs.
 */
export async function portTest(file: string, word: string, options: PortTestOptions): Promise<ExitCode> {
  const settings = await settingsFor(file, {});
  const route = routeOfScript(settings, word);
  if (route.port === null)
    throw new Failure(
      exitCodes.findings,
      `route ${route.name} has no port`,
      `begin one with "banyan port new ${route.name}"`,
    );
  const folder = options.from === undefined ? recordedFolder(file, route.name) : resolve(options.from);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0)
    throw new Failure(
      exitCodes.findings,
      `nothing was recorded in ${folder}`,
      `record with "banyan record ${route.name}"`,
    );
  noteModules(() => undefined); // for what ports import as `banyan`
  const results: Result[] = [];
  const stage = openStage(settings);
  try {
    for (const name of names) {
      const result = await testOne(join(folder, name), route, stage);
      results.push(result);
      if (options.json !== true) print(textOf(result, isFailure(result, options)));
    }
  } finally {
    await stage.store.close();
  }
  const failed = results.filter((result) => isFailure(result, options)).length;
  const otherSql = results.filter(({ sqlDifferences: lines }) => lines.length > 0).length;
  if (options.json === true)
    printJson({ route: route.name, tested: results.length, differ: failed, otherSql, results });
  else {
    const ofSql = otherSql === 0 ? '' : `; ${otherSql} sent other SQL`;
    note(
      `${harmless(route.name)}: ${results.length} recorded, ${results.length - failed} same, ${failed} differ${ofSql}\n`,
    );
  }
  return failed === 0 ? exitCodes.ok : exitCodes.findings;
}

function isFailure({ differences, sqlDifferences: lines }: Result, { strictSql }: PortTestOptions): boolean {
  return differences.length > 0 || (strictSql === true && lines.length > 0);
}

type Stage = Pick<Parameters<typeof rehearse>[1], 'store' | 'customs'> & {
  readonly isOfSession: (sql: string) => boolean;
};

function openStage(settings: Settings): Stage {
  const { session, ports } = settings;
  if (session === null)
    throw new Failure(exitCodes.findings, 'routes.yaml has no "session": it names the database of the ports');
  const known = portSessions(session, ports.database);
  const isOfSession = aboutTable(sessionTableOf(session));
  return { store: storeOf(known), customs: customsOf(known), isOfSession };
}

async function testOne(path: string, route: Route, stage: Stage): Promise<Result> {
  const capture = await readCapture(path);
  const said: string[] = [];
  const say: Parameters<typeof rehearse>[1]['say'] = ({ message }) => void said.push(`log: ${message}`);
  const { session: sessionUse, timeoutMs } = route;
  const of = { capture, file: route.port ?? '', sessionUse, timeoutMs };
  const { store, customs, isOfSession } = stage;
  const rehearsed = await rehearse(of, { store, customs, say });
  const { answer, statements } = rehearsed;
  const isComparable = answer !== null && capture.sql != null;
  return {
    name: relative(process.cwd(), path),
    request: `${capture.request.method} ${capture.request.target}`,
    differences: differencesOf(capture, rehearsed, { ...customs, sessionUse }),
    statements: [...statements.map(({ sql }) => inOneLine(sql)), ...said],
    sqlDifferences: isComparable ? sqlDifferences(capture.sql, statements, isOfSession) : [],
  };
}

async function readCapture(path: string): Promise<Capture> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Capture;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Failure(exitCodes.findings, `${path} is no recording: ${why}`, 'record it again', thrown);
  }
}

function textOf({ name, request, differences, sqlDifferences: ofSql }: Result, isFailed: boolean): string {
  const stream = process.stdout;
  const mark = isFailed ? styleText('red', '✖', { stream }) : styleText('green', '✔', { stream });
  const lines = [...differences, ...(ofSql.length === 0 ? [] : ['SQL:', ...ofSql])];
  const shown = lines.map((line) => `    ${harmless(line)}\n`).join('');
  return `${mark} ${harmless(name)}  ${harmless(request)}\n${shown}`;
}
