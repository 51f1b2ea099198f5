import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { type Disk, realDisk } from '../config/disk.ts';
import type { Settings } from '../config/settings.ts';
import type { Route } from '../routing/route.ts';
import { remarksOf } from '../survey/remarks.ts';
import { skeletonOf } from '../survey/skeleton.ts';
import { testSkeletonOf } from '../survey/skeleton-test.ts';
import { survey } from '../survey/survey.ts';
import { turnAdvice } from '../survey/turn-advice.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { onlyRoutes, settingsFor } from './load.ts';
import { scriptOf } from './port-script.ts';
import { readSite } from './port-site.ts';
import { surveyText } from './port-summary.ts';
import { harmless, note, print, printJson } from './print.ts';
import { whichRoute } from './which-route.ts';

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

/**
 * `banyan port new`: reads the Perl of a route, and writes a port that leaves every request to it, with what was found as
 * remarks beside the code, and a test. Exit code 1 where one of the two is there already, and nothing is written then.
 */
export async function portNew(file: string, word: string, options: PortNewOptions): Promise<ExitCode> {
  const settings = await settingsFor(file, { ...onlyRoutes, disk: portsAreThere });
  const route = routeOf(settings, word);
  const port = portOf(route);
  const home = dirname(resolve(file));
  const script = scriptOf(route, options.script);
  const libraries = [
    ...(options.lib ?? []).map((each) => resolve(each)),
    ...(route.upstream.cgi?.libraries ?? []),
  ];
  const site = readSite(script, libraries, home);
  const found = survey(site.script, site.modules);
  const uses = settings.session === null ? 'none' : route.session;
  const isSure = found.doubts.length === 0;
  const advice = settings.session === null ? null : turnAdvice(found.session, uses, isSure);
  const test = testPathOf(port, settings);
  const drafts: Draft[] = [
    {
      path: port,
      name: shownPath(port),
      text: skeletonOf({
        route: route.name,
        files: [site.script, ...site.modules].map(({ name }) => name),
        remarks: remarksOf(site.script.text),
        survey: found,
        hasSession: uses !== 'none',
      }),
    },
    {
      path: test,
      name: shownPath(test),
      text: testSkeletonOf({
        port: shownPath(port),
        portFromTest: fromTest(test, port),
        script: site.script.name,
        survey: found,
      }),
    },
  ];
  if (options.dryRun !== true) await writeAll(drafts, options.force === true);
  if (options.json === true) {
    const { script: from, modules, notRead } = site;
    const read = { script: from.name, modules: modules.map(({ name }) => name), notRead };
    const written = options.dryRun !== true;
    printJson({
      file,
      route: route.name,
      key: route.key,
      port: drafts[0]?.name,
      test: drafts[1]?.name,
      written,
      ...read,
      advice,
      ...found,
    });
    return exitCodes.ok;
  }
  print(surveyText(site, found));
  if (advice !== null) print(styleText('yellow', `▲ ${harmless(advice)}\n`, { stream: process.stdout }));
  for (const { name, text } of drafts) {
    if (options.dryRun === true)
      print(`\n${styleText('bold', `--- ${harmless(name)}`, { stream: process.stdout })}\n${text}`);
    else print(styleText('green', `✔ ${harmless(name)}\n`, { stream: process.stdout }));
  }
  note(
    options.dryRun === true ? 'nothing was written (--dry-run)\n' : nextSteps(route, drafts, settings, file),
  );
  return exitCodes.ok;
}

/** A disk on which each port exists that a route would look for: it is to be written, and so may be missing. */
const portsAreThere: Disk = {
  ...realDisk,
  fileExists: (path) => path.endsWith('.ts') || realDisk.fileExists(path),
};

/** The route that is meant. A script that none names is served by "everything else", and needs a line of its own first. */
function routeOf(settings: Settings, word: string): Route {
  try {
    return whichRoute(settings.table, word);
  } catch (thrown) {
    const { cgi } = settings.legacy;
    const name = basename(word);
    const isThere = cgi !== undefined && realDisk.fileExists(join(cgi.scriptsFolder, name));
    if (!(thrown instanceof Failure) || !isThere) throw thrown;
    const help = `give it a line of its own first: "${cgi.scriptsAt}${name}: legacy"`;
    throw new Failure(exitCodes.usage, thrown.message, help, thrown);
  }
}

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

function nextSteps(route: Route, [port, test]: readonly Draft[], settings: Settings, file: string): string {
  const name = harmless(route.name);
  const option = file === 'routes.yaml' ? '' : ` --file ${harmless(file)}`;
  const hasTap = createRequire(test?.path ?? file)
    .resolve.paths('tap')
    ?.some((folder) => realDisk.isFolder(join(folder, 'tap')));
  const steps = [
    ...(hasTap === true ? [] : ['npm install --save-dev tap']),
    `npx tap ${harmless(test?.name ?? '')}`,
    ...(settings.adminToken === null ? [] : [`banyan link ${name} port --for 8h${option}`]),
    ...(route.target.stage === 'legacy' ? [`banyan flip ${name} 'port 1%'${option}`] : []),
  ];
  return `It leaves every request to the old script, until you change ${harmless(port?.name ?? 'it')}. Next:\n${steps.map((step) => `  ${step}\n`).join('')}`;
}
