import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { realDisk } from '../config/disk.ts';
import { loadsOf, type WrittenPath } from '../survey/loads.ts';
import { type PerlSource, readFile } from '../survey/unit.ts';
import { exitCodes, Failure } from './failure.ts';

/** A script, and the modules of its site that it loads, as texts. */
export interface PerlSite {
  readonly script: PerlSource;
  readonly modules: readonly PerlSource[];
  /** Modules that are not in the folders of the site: Perl's own, and CPAN's. */
  readonly notRead: readonly string[];
}

const mostFiles = 300;
const largestBytes = 4 * 1024 * 1024;

/**
 * Reads a script and what it loads from the folders of its site: those of its `use lib`, those that are named, and `lib`
 * beside it or one up. Nothing of it is run. Names of files are shown as from `home`. Throws a Failure.
 */
export function readSite(path: string, libraries: readonly string[], home: string): PerlSite {
  const script = { name: shownFrom(home, path), text: textOf(path) };
  mustBePerl(script);
  const own = dirname(path);
  const folders = [...libraries, join(own, '../lib'), join(own, 'lib'), own];
  const sources = new Map<string, PerlSource>([[path, script]]);
  const notRead = new Set<string>();
  for (const source of sources.values()) {
    const loads = loadsOf(readFile(source));
    for (const { path: written, isPartial } of loads.folders)
      if (!isPartial) folders.unshift(resolve(own, written));
    const wanted = [
      ...loads.modules.map((file) => ({ file, found: firstIn(folders, { path: file, isPartial: false }) })),
      ...loads.files.map((file) => ({ file: file.path, found: firstIn([own, ...folders], file) })),
    ];
    for (const { file, found } of wanted) {
      if (found === null) {
        if (/^[A-Z].*\.pm$/.test(file)) notRead.add(file.slice(0, -3).replaceAll('/', '::'));
        else if (file !== '' && !file.endsWith('.pm')) notRead.add(file);
      } else if (!sources.has(found) && sources.size < mostFiles)
        sources.set(found, { name: shownFrom(home, found), text: textOf(found) });
    }
  }
  return { script, modules: [...sources.values()].slice(1), notRead: [...notRead].toSorted() };
}

function firstIn(folders: readonly string[], { path, isPartial }: WrittenPath): string | null {
  if (path === '') return null;
  const names = isPartial ? [path, basename(path)] : [path];
  const candidates = isAbsolute(path)
    ? [path]
    : folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return candidates.map((each) => resolve(each)).find((each) => realDisk.fileExists(each)) ?? null;
}

function textOf(path: string): string {
  try {
    if (statSync(path).size > largestBytes) throw new Error('it is larger than 4 MB');
    return readFileSync(path, 'latin1');
  } catch (thrown) {
    const { message } = thrown as Error;
    throw new Failure(
      exitCodes.findings,
      `${path} cannot be read: ${message}`,
      'may this user read it?',
      thrown,
    );
  }
}

/** By its first line, or of one that a shell hands to perl, its first lines. */
function mustBePerl({ name, text }: PerlSource): void {
  const [first = '', ...more] = text.split('\n', 6);
  const isPerl = first.startsWith('#!')
    ? /perl/.test(first) || /\bexec\b.*perl/.test(more.join(' '))
    : !/\.(?:py|sh|php|rb)$/.test(name);
  if (isPerl && !text.includes('\0')) return;
  const what = first.startsWith('#!') ? `: it begins with ${first.slice(0, 60).trim()}` : '';
  throw new Failure(
    exitCodes.findings,
    `${name} is no Perl${what}`,
    'only Perl is read; docs/writing-a-port.md says how a port is written by hand',
  );
}

function shownFrom(home: string, path: string): string {
  const short = relative(home, path);
  return short.startsWith('../..') || isAbsolute(short) ? path : short;
}
