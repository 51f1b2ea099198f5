import { constants, type Stats } from 'node:fs';
import { access, open, realpath, stat } from 'node:fs/promises';
import type { RequestTarget } from '../exchange/path.ts';
import type { CgiSite, FoundScript } from './cgi-environment.ts';

/** What stands behind a URL. */
export type FoundThere =
  | { readonly kind: 'script'; readonly script: FoundScript; readonly firstLine: string }
  /** Not a script: a file of the document root, or nothing. */
  | { readonly kind: 'page' }
  | { readonly kind: 'none' }
  /** A folder, asked for without its slash. */
  | { readonly kind: 'folder' }
  | { readonly kind: 'refused'; readonly why: string };

/** How many scripts are remembered; a site with more is asked about them again. */
const mostRemembered = 1000;

/**
 * Finds the script of a path as Apache does for a ScriptAlias: the first file on the way is it, and what follows is its
 * PATH_INFO; slashes and dots have been resolved. Only what lies within the folder is run, wherever links lead.
 *
 * What was found out of a file is remembered for as long as stat(2) says the same of it: each look at the disk goes
 * through Node's threads and back, and there were seven for a request.
 */
export class ScriptFinder {
  readonly #site: CgiSite;
  readonly #remembered = new Map<string, { readonly state: string; readonly check: Check }>();

  constructor(site: CgiSite) {
    this.#site = site;
  }

  async find(path: RequestTarget['decoded']): Promise<FoundThere> {
    const { scriptsAt, scriptsFolder } = this.#site;
    if (!path.startsWith(scriptsAt)) return { kind: 'page' };
    const rest = path.slice(scriptsAt.length);
    let end = 0;
    while (end < rest.length) {
      const slash = rest.indexOf('/', end);
      end = slash === -1 ? rest.length : slash;
      const name = rest.slice(0, end);
      const file = `${scriptsFolder}/${name}`;
      const found = await stat(onDisk(file)).catch(() => null);
      if (found === null) return { kind: 'none' };
      if (found.isFile()) {
        const check = await this.#check(file, found);
        if (check.kind === 'refused') return check;
        const script = { scriptName: scriptsAt + name, file, pathInfo: rest.slice(end) };
        return { kind: 'script', script, firstLine: check.firstLine };
      }
      if (!found.isDirectory()) return { kind: 'refused', why: `${file} is neither a file nor a folder` };
      end++;
    }
    return path.endsWith('/') ? { kind: 'refused', why: `${path} is a folder` } : { kind: 'folder' };
  }

  async #check(file: string, { dev, ino, size, mtimeMs, ctimeMs }: Stats): Promise<Check> {
    const state = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
    const before = this.#remembered.get(file);
    if (before?.state === state) return before.check;
    const check = await checked(file, this.#site);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    if (check.kind === 'runnable') this.#remembered.set(file, { state, check });
    return check;
  }
}

/** Paths are strings of one character a byte; Node would write them as UTF-8. */
export function onDisk(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Whether a path leads to something within a folder when all links are followed. */
export async function isWithin(path: string, folder: string): Promise<boolean> {
  const [real, home] = await Promise.all([path, folder].map((each) => realpath(onDisk(each), 'latin1')));
  return (real as string).startsWith(`${home as string}/`) || real === home;
}

type Check =
  | { readonly kind: 'runnable'; readonly firstLine: string }
  | { readonly kind: 'refused'; readonly why: string };

async function checked(file: string, site: CgiSite): Promise<Check> {
  try {
    if (!(await isWithin(file, site.scriptsFolder)))
      return { kind: 'refused', why: `${file} is a link out of the folder` };
    await access(onDisk(file), constants.X_OK);
    return { kind: 'runnable', firstLine: await firstLineOf(file) };
  } catch (error) {
    return { kind: 'refused', why: `${file} cannot be run: ${(error as Error).message}` };
  }
}

/** The first line of a file; of a binary, whatever stands there. As much as the kernel reads of it. */
async function firstLineOf(file: string): Promise<string> {
  const handle = await open(onDisk(file), 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead).split('\n', 1)[0] as string;
  } finally {
    await handle.close();
  }
}
