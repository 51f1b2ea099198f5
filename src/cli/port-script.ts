import { basename, join, resolve } from 'node:path';
import { realDisk } from '../config/disk.ts';
import type { CgiSettings } from '../routing/cgi.ts';
import type { Settings } from '../config/settings.ts';
import { compilePattern } from '../routing/pattern.ts';
import type { Route } from '../routing/route.ts';
import { exitCodes, Failure } from './failure.ts';
import { baseOf, whichRoute } from './which-route.ts';

/** The route that is meant. A script that none names is served by "everything else", and needs a line of its own first. */
export function routeOfScript({ table, legacy: { cgi } }: Settings, word: string): Route {
  try {
    return whichRoute(table, word);
  } catch (thrown) {
    const name = basename(word);
    const isThere = cgi !== undefined && realDisk.fileExists(join(cgi.scriptsFolder, name));
    if (!(thrown instanceof Failure) || !isThere) throw thrown;
    const path = `${cgi.scriptsAt}${name}`;
    const base = baseOf(table);
    const key = base !== null && path.startsWith(base) ? path.slice(base.length) : path;
    const help = `give it a line of its own first: "${key}: legacy"`;
    throw new Failure(exitCodes.usage, thrown.message, help, thrown);
  }
}

/** The absolute path of a route's old script: the one that is named, else where its upstream runs it. Throws a Failure. */
export function scriptOf(route: Route, named: string | undefined): string {
  if (named !== undefined) {
    const path = resolve(named);
    if (realDisk.fileExists(path)) return path;
    throw new Failure(exitCodes.usage, `there is no file ${named}`, `looked for ${path}`);
  }
  const { cgi, name, origin } = route.upstream;
  const help = `name it: banyan port new ${route.name} --script /path/to/cgi-bin/${scriptName(route)}`;
  if (cgi === undefined)
    throw new Failure(
      exitCodes.usage,
      `${name} is ${origin}, which does not say where its scripts are`,
      help,
    );
  const found = inFolder(route, cgi);
  if (found !== null) return found;
  throw new Failure(exitCodes.usage, `no script of "${route.key}" is in ${cgi.scriptsFolder}`, help);
}

function scriptName({ path }: Route): string {
  const last = basename(path.replace(/\$$/, ''));
  return /[*{]/.test(last) || last === '' ? 'NAME.pl' : last;
}

/** The first file on the way that a path takes through the folder of scripts, as the gateway finds it. */
function inFolder(route: Route, { scriptsAt, scriptsFolder }: CgiSettings): string | null {
  const plain: string[] = [];
  for (const segment of compilePattern(route.path).segments) {
    if (segment.kind !== 'literal') break;
    plain.push(Buffer.from(segment.text, 'latin1').toString('utf8'));
  }
  const path = `/${plain.join('/')}`;
  if (!path.startsWith(scriptsAt)) return null;
  let file = scriptsFolder;
  for (const part of path.slice(scriptsAt.length).split('/')) {
    file = join(file, part);
    if (realDisk.fileExists(file)) return file;
  }
  return null;
}
