import { createHash } from 'node:crypto';
import { type FSWatcher, realpathSync, watch } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadText } from './disk.ts';

/** What to watch and whom to tell. The callbacks are called one at a time. */
export interface WatchOptions {
  readonly file: string;
  /** The text that is already in use, so that a change between reading it and watching is noticed. */
  readonly lastText?: string;
  /** The content is another one than the last one seen. */
  readonly onChange: (text: string) => void | Promise<void>;
  /** The file is gone; called once until it is back. */
  readonly onMissing?: () => void;
  /** The file is there but cannot be read, or a callback failed. */
  readonly onProblem?: (error: Error) => void;
  /** How long it must be quiet before the file is read; editors write in several steps. */
  readonly quietMs?: number;
}

/** A file that is being watched. */
export interface Watcher {
  /** Looks at the file now, for SIGHUP: resolves when the callbacks are done. Never rejects. */
  check(): Promise<void>;
  close(): void;
}

/**
 * Watches the *folder* of a file and, through symlinks, the folder of what it points at: an editor that renames a new
 * file over the old one, and Kubernetes, which swaps a link, both end the watch of the file itself.
 * Does not keep the process alive.
 */
export function watchSettings(options: WatchOptions): Watcher {
  let isClosed = false;
  let timer: NodeJS.Timeout | null = null;
  let turn: Promise<void> = Promise.resolve();
  const look = makeLook(options);
  const check = (): Promise<void> => {
    turn = turn
      .then(() => {
        if (isClosed) return undefined;
        folders.arm();
        return look();
      })
      .catch((error: unknown) =>
        options.onProblem?.(error instanceof Error ? error : new Error(String(error))),
      );
    return turn;
  };
  const soon = (): void => {
    if (isClosed) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void check(), options.quietMs ?? 50).unref();
  };
  const folders = watchFolders(options.file, soon);
  folders.arm();
  // What changed between the reading of lastText and this moment made no event.
  if (options.lastText !== undefined) soon();
  return {
    check,
    close: () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      folders.close();
    },
  };
}

/** One look at the file: tells what is new since the look before. Rejects when the file is there but cannot be read. */
function makeLook(options: WatchOptions): () => Promise<void> {
  let lastSeen = options.lastText === undefined ? null : hash(options.lastText);
  let isMissing = false;
  return async () => {
    const text = await textOrMissing(options.file);
    if (text === null) {
      if (!isMissing) options.onMissing?.();
      isMissing = true;
      return;
    }
    isMissing = false;
    const seen = hash(text);
    if (seen === lastSeen) return;
    lastSeen = seen;
    await options.onChange(text);
  };
}

async function textOrMissing(file: string): Promise<string | null> {
  try {
    return await loadText(file);
  } catch (error) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw error;
    return null;
  }
}

/** The watched folders: `arm` watches those that matter now, which after the swap of a link are others than before. */
function watchFolders(file: string, onEvent: () => void): { arm(): void; close(): void } {
  const watchers = new Map<string, FSWatcher>();
  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  return {
    arm: () => {
      const wanted = foldersOf(file);
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder);
      for (const folder of wanted) {
        const watcher = watchers.has(folder) ? null : tryWatch(folder, onEvent);
        // A folder that is removed ends its watch; the next look arms again.
        if (watcher !== null)
          watchers.set(
            folder,
            watcher.on('error', () => drop(folder)),
          );
      }
    },
    close: () => {
      for (const folder of watchers.keys()) drop(folder);
    },
  };
}

function foldersOf(file: string): Set<string> {
  const folders = new Set([dirname(file)]);
  try {
    folders.add(dirname(realpathSync(file)));
  } catch {
    // The file is gone; its folder will tell when it is back.
  }
  return folders;
}

function tryWatch(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, onEvent);
  } catch {
    return null;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
