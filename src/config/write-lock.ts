import { readlinkSync } from 'node:fs';
import { lstat, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a writer waits for another one. */
const patienceMs = 5_000;
/** A lock older than this was left behind by a process of another machine that died. */
const staleMs = 30_000;
/** A write takes some milliseconds; so does the wait for it. */
const pollMs = 20;

/** Somebody else holds the lock, and goes on holding it. */
export class LockHeld extends Error {
  constructor(file: string, path: string, holder: string) {
    super(`${file} was not written: another change is being written at this moment (${holder}, ${path})`);
    this.name = 'LockHeld';
  }
}

/** The right to write one file, held. */
export interface WriteLock {
  /** Whether it is still ours: one that looked dead may have been taken away. */
  isOurs(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Keeps the writers of a file apart by a second file beside it. Waits up to 5 s; the lock of a process of this machine
 * that is dead is taken at once. Editors know nothing of it: their changes are noticed by the text. Throws LockHeld.
 */
export async function takeWriteLock(real: string, file: string): Promise<WriteLock> {
  const path = join(dirname(real), `.${basename(real)}.lock`);
  const own = `${process.pid} ${host()} ${randomBytes(8).toString('hex')}`;
  const until = performance.now() + patienceMs;
  for (;;) {
    if (await create(path, own)) break;
    const seen = await look(path);
    if (seen === null) continue; // released between the two
    if (isDead(seen)) await takeAway(path, seen.content);
    else if (performance.now() > until) throw new LockHeld(file, path, holderOf(seen));
    else await pause(pollMs + Math.random() * pollMs);
  }
  const isOurs = async (): Promise<boolean> => (await look(path))?.content === own;
  return {
    isOurs,
    release: async () => {
      if (await isOurs()) await unlink(path).catch(() => undefined);
    },
  };
}

/** A symlink that leads nowhere: it is there with all it says, or not at all, also for who is killed meanwhile. */
async function create(path: string, content: string): Promise<boolean> {
  try {
    await symlink(content, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

interface Seen {
  /** Empty for a lock that is none of ours. */
  readonly content: string;
  readonly ageMs: number;
}

async function look(path: string): Promise<Seen | null> {
  try {
    const { mtimeMs } = await lstat(path);
    return { content: await contentOf(path), ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function contentOf(path: string): Promise<string> {
  return readlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EINVAL') return ''; // no symlink
    throw error;
  });
}

function isDead({ content, ageMs }: Seen): boolean {
  if (ageMs > staleMs) return true;
  const [pid = '', where] = content.split(' ');
  if (where !== host() || !/^\d+$/.test(pid)) return false; // another machine's, or none of ours
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Of several who take the same dead lock away one could catch the fresh lock of another. So it is moved aside and looked
 * at; a fresh one is put back, and whoever could not see his own lock meanwhile writes nothing and begins again.
 */
async function takeAway(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // somebody was quicker
    throw error;
  }
  const moved = await contentOf(aside).catch(() => content);
  if (moved !== content) await symlink(moved, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

function holderOf({ content }: Seen): string {
  const [pid = '', where = ''] = content.split(' ');
  return /^\d+$/.test(pid) ? `process ${pid} on ${where.split(':')[0]}` : 'an unknown process';
}

/** Where a process number means something: this machine, and in it this container. */
function host(): string {
  return `${hostname().replace(/\s/g, '-')}:${pidNamespace}`;
}

const pidNamespace = ((): string => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'pid';
  }
})();
