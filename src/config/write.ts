import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The file is not what it was when it was read. Nothing was written; read it again and decide again. */
export class ChangedMeanwhile extends Error {
  constructor(file: string, detail = 'it was changed by somebody else') {
    super(`${file} was not written: ${detail}; read it again and repeat`);
    this.name = 'ChangedMeanwhile';
  }
}

/**
 * Replaces a file in one step: a reader sees the old text or the new one, also after a power cut.
 * Refused with ChangedMeanwhile when its text is no longer `expected`. Mode and owner stay; a symlink stays a symlink.
 */
export async function writeAtomically(file: string, expected: string, text: string): Promise<void> {
  const real = await realpath(file);
  const release = await lock(real, file);
  try {
    await expectText(file, real, expected);
    const temporary = join(
      dirname(real),
      `.${basename(real)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
    );
    try {
      await fill(temporary, real, text);
      // Once more: an editor knows nothing of our lock, and filling the new file took a while.
      await expectText(file, real, expected);
      await rename(temporary, real);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await syncFolder(dirname(real));
  } finally {
    await release();
  }
}

/** A lock older than this was left behind by a process that died. */
const staleLockMs = 30_000;

/** Between the last look and the rename two writers of our own could still cross: a lock file keeps them apart. */
async function lock(real: string, file: string): Promise<() => Promise<void>> {
  const path = join(dirname(real), `.${basename(real)}.lock`);
  for (const attempt of [1, 2]) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.close();
      return () => unlink(path).catch(() => undefined);
    } catch (error) {
      if (!isExists(error)) throw error;
      const made = await stat(path).catch(() => null);
      const isStale = made === null || Date.now() - made.mtimeMs > staleLockMs;
      if (!isStale || attempt === 2)
        throw new ChangedMeanwhile(file, 'another change is being written at this moment');
      await unlink(path).catch(() => undefined);
    }
  }
  throw new ChangedMeanwhile(file);
}

async function expectText(file: string, real: string, expected: string): Promise<void> {
  const now = await readFile(real);
  if (!now.equals(Buffer.from(expected, 'utf8'))) throw new ChangedMeanwhile(file);
}

async function fill(temporary: string, real: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(real);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text, 'utf8');
    await keepOwner(handle, uid, gid);
    await handle.chmod(mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function keepOwner(handle: FileHandle, uid: number, gid: number): Promise<void> {
  const now = await handle.stat();
  if (now.uid !== uid || now.gid !== gid) await handle.chown(uid, gid);
}

/** Without this the new name could be lost in a power cut although the new bytes are there. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
