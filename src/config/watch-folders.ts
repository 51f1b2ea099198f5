import { type FSWatcher, lstatSync, readlinkSync, statSync, watch } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * The watch over the *folders* in which something can be swapped that leads to a file: an editor that renames a new file
 * over the old one, Kubernetes, which swaps a link, and a deployment that swaps the link of a whole release all end the
 * watch of the file itself.
 */
export interface FolderWatch {
  /** Watches the folders that matter now, which after a swap are others than before. */
  arm(): void;
  close(): void;
}

/** A watched folder; `id` tells it from another one that has taken its place. */
interface Watched {
  readonly watcher: FSWatcher;
  readonly id: string | null;
}

/** Makes the watch; nothing is watched before it is armed. */
export function watchFolders(file: string, onEvent: () => void): FolderWatch {
  const watched = new Map<string, Watched>();
  const drop = (folder: string): void => {
    watched.get(folder)?.watcher.close();
    watched.delete(folder);
  };
  const add = (folder: string): void => {
    const id = idOf(folder);
    const watcher = tryWatch(folder, onEvent);
    // A folder that is removed ends its watch; the next look arms again.
    if (watcher !== null) watched.set(folder, { id, watcher: watcher.on('error', () => drop(folder)) });
  };
  return {
    arm: () => {
      const wanted = foldersTo(file);
      for (const [folder, { id }] of watched) if (!wanted.has(folder) || id !== idOf(folder)) drop(folder);
      for (const folder of wanted) if (!watched.has(folder)) add(folder);
    },
    close: () => {
      for (const folder of watched.keys()) drop(folder);
    },
  };
}

/** As many links as Linux follows in one path. */
const mostLinks = 40;

/** The folders on the way to a file that hold a link to follow, and the one where the way ends, however far it leads. */
function foldersTo(file: string): Set<string> {
  const folders = new Set<string>();
  let ahead = partsOf(resolve(file));
  let folder: string = sep;
  for (let links = 0; links < mostLinks;) {
    const [part, ...further] = ahead;
    if (part === undefined) return folders.add(dirname(folder));
    const path = join(folder, part);
    const target = linkAt(path);
    if (target === 'nothing') return folders.add(folder);
    if (target === 'no link') [folder, ahead] = [path, further];
    else {
      links++;
      folders.add(folder);
      [folder, ahead] = [sep, [...partsOf(resolve(folder, target.to)), ...further]];
    }
  }
  return folders;
}

function partsOf(path: string): string[] {
  return path.split(sep).filter((part) => part !== '');
}

function linkAt(path: string): 'nothing' | 'no link' | { readonly to: string } {
  try {
    return lstatSync(path).isSymbolicLink() ? { to: readlinkSync(path) } : 'no link';
  } catch {
    return 'nothing';
  }
}

function idOf(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** Null where it cannot be watched: no such folder, or no watch left to give. The file is looked at now and then anyway. */
function tryWatch(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, onEvent);
  } catch {
    return null;
  }
}
