import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { type Disk, realDisk } from '../config/disk.ts';
import type { Settings } from '../config/settings.ts';
import type { Route } from '../routing/route.ts';
import { remarksOf } from '../survey/remarks.ts';
import { skeletonOf } from '../survey/skeleton.ts';
import { testSkeletonOf } from '../survey/skeleton-test.ts';
import { survey, type Survey } from '../survey/survey.ts';
import { turnAdvice } from '../survey/turn-advice.ts';
import { calledAs } from './called-as.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { onlyRoutes, settingsFor } from './load.ts';
import { routeOfScript, scriptOf } from './port-script.ts';
import { type PerlSite, readSite } from './port-site.ts';
import { surveyText } from './port-summary.ts';
import { harmless, note, print, printJson } from './print.ts';

/** What may be said to `banyan port new`. */
export interface PortNewOptions {
  readonly script?: string;
  readonly lib?: readonly string[];
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly file?: string;
}

/** A file that is to be written. */
interface Draft {
  /** Absolute. */
  readonly path: string;
  /** As it is shown. */
  readonly name: string;
  readonly text: string;
}

/** What was read for a route. */
interface Reading {
  readonly settings: Settings;
  readonly route: Route;
  readonly site: PerlSite;
  readonly found: Survey;
  /** What there is to say of its `session:`, or null. */
  readonly advice: string | null;
}

/**
 * `banyan port new`: reads the Perl of a route, and writes a port that leaves every request to it, with what was found as
 * remarks beside the code, and a test. Exit code 1 where one of the two is there already, and nothing is written then.
 */
export async function portNew(file: string, word: string, options: PortNewOptions): Promise<ExitCode> {
  const settings = await settingsFor(file, { ...onlyRoutes, disk: portsAreThere });
  const route = routeOfScript(settings, word);
  const port = portOf(route);
  const reading = readPerl(file, settings, route, options);
  const drafts = draftsOf(port, reading);
  const isWritten = options.dryRun !== true;
  if (isWritten) await writeAll(drafts, options.force === true);
  if (options.json === true) {
    const { site, found, advice } = reading;
    const [name, test] = drafts.map((draft) => draft.name);
    const about = { file, route: route.name, key: route.key, port: name, test, written: isWritten, advice };
    const modules = site.modules.map((each) => each.name);
    printJson({ ...about, script: site.script.name, modules, notRead: site.notRead, ...found });
  } else sayAll(file, reading, drafts, isWritten);
  return exitCodes.ok;
}

function readPerl(
  file: string,
  settings: Settings,
  route: Route,
  { script, lib = [] }: PortNewOptions,
): Reading {
  const libraries = [...lib.map((each) => resolve(each)), ...(route.upstream.cgi?.libraries ?? [])];
  const site = readSite(scriptOf(route, script), libraries, dirname(resolve(file)));
  const found = survey(site.script, site.modules);
  const isSure = found.doubts.length === 0;
  const advice = settings.session === null ? null : turnAdvice(found.session, route.session, isSure);
  return { settings, route, site, found, advice };
}

/** The port, and its test. */
function draftsOf(port: string, { settings, route, site, found }: Reading): [Draft, Draft] {
  const test = testPathOf(port, settings);
  const portText = skeletonOf({
    route: route.name,
    key: route.key,
    files: [site.script, ...site.modules].map(({ name }) => name),
    remarks: remarksOf(site.script.text),
    survey: found,
    hasSession: settings.session !== null && route.session !== 'none',
  });
  const testText = testSkeletonOf({
    port: shownPath(port),
    portFromTest: fromTest(test, port),
    script: site.script.name,
    survey: found,
  });
  return [
    { path: port, name: shownPath(port), text: portText },
    { path: test, name: shownPath(test), text: testText },
  ];
}

function sayAll(file: string, reading: Reading, drafts: readonly [Draft, Draft], isWritten: boolean): void {
  const { site, found, advice } = reading;
  const paint = (style: 'yellow' | 'green' | 'bold', text: string): string =>
    styleText(style, text, { stream: process.stdout });
  print(surveyText(site, found));
  if (advice !== null) print(paint('yellow', `▲ ${harmless(advice)}\n`));
  for (const { name, text } of drafts)
    print(
      isWritten
        ? paint('green', `✔ ${harmless(name)}\n`)
        : `\n${paint('bold', `--- ${harmless(name)}`)}\n${text}`,
    );
  note(isWritten ? nextSteps(file, reading, drafts) : 'nothing was written (--dry-run)\n');
}

/** A disk on which each port exists that a route would look for: it is to be written, and so may be missing. */
const portsAreThere: Disk = {
  ...realDisk,
  fileExists: (path) => path.endsWith('.ts') || realDisk.fileExists(path),
};

function portOf({ port, key, name }: Route): string {
  if (port !== null) return port;
  const help = `name its file in routes.yaml: "${key}: { to: legacy, port: ./ports/NAME.ts }"`;
  throw new Failure(
    exitCodes.usage,
    `route "${name}" has no script name that a port could be called after`,
    help,
  );
}

/** `ports/a/cart.ts` is tested in `test/ports/a/cart.test.ts`, beside the folder of ports. */
function testPathOf(port: string, { ports }: Settings): string {
  const root = dirname(ports.directory);
  const inside = relative(root, port);
  const name = inside.replace(/\.ts$/, '.test.ts');
  return inside.startsWith('..') ? port.replace(/\.ts$/, '.test.ts') : join(root, 'test', name);
}

function fromTest(test: string, port: string): string {
  const path = relative(dirname(test), port).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

/** Writes both or none, and over nothing unless that is meant. */
async function writeAll(drafts: readonly Draft[], isForced: boolean): Promise<void> {
  const there = drafts.filter(({ path }) => realDisk.fileExists(path));
  if (there.length > 0 && !isForced) {
    const names = there.map(({ name }) => name).join(' and ');
    const help = 'look at what it would be with --dry-run, or write over it with --force';
    throw new Failure(
      exitCodes.findings,
      `${names} exist${there.length === 1 ? 's' : ''} already; nothing was written`,
      help,
    );
  }
  for (const { path, name, text } of drafts) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: isForced ? 'w' : 'wx' });
    } catch (thrown) {
      const { code, message } = thrown as NodeJS.ErrnoException;
      throw new Failure(
        exitCodes.findings,
        `${name} cannot be written: ${code ?? message}`,
        'may this user write there?',
        thrown,
      );
    }
  }
}

function nextSteps(
  file: string,
  { route, settings }: Reading,
  [port, test]: readonly [Draft, Draft],
): string {
  const name = harmless(route.name);
  const option = file === 'routes.yaml' ? '' : ` --file ${harmless(file)}`;
  const folders = createRequire(test.path).resolve.paths('tap') ?? [];
  const steps = [
    ...(folders.some((folder) => realDisk.isFolder(join(folder, 'tap')))
      ? []
      : ['npm install --save-dev tap']),
    `npx tap ${harmless(test.name)}`,
    ...(settings.adminToken === null ? [] : [`${calledAs()} link ${name} port --for 8h${option}`]),
    ...(route.target.stage === 'legacy' ? [`${calledAs()} flip ${name} 'port 1%'${option}`] : []),
  ];
  const begin = `It leaves every request to the old script, until you change ${harmless(port.name)}. Next:\n`;
  return begin + steps.map((step) => `  ${step}\n`).join('');
}
