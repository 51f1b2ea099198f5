import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The file is not what it was when it was read. Nothing was written; read it again and decide again. */
export class ChangedMeanwhile extends Error {
  constructor(file: string) {
    super(`${file} was not written: it was changed by somebody else meanwhile; read it again and repeat`);
    this.name = 'ChangedMeanwhile';
  }
}

/** The system did not let the file be written. The old one is as it was. */
export class NotWritten extends Error {
  constructor(file: string, cause: unknown) {
    super(`${file} was not written: ${reasonOf(cause)}; the old file is as it was`, { cause });
    this.name = 'NotWritten';
  }
}

/** A text to put in the place of another. */
export interface Replacement {
  /** As the user named it, for messages. */
  readonly file: string;
  /** The file itself, behind all symlinks. */
  readonly real: string;
  readonly expected: string;
  readonly text: string;
  /** Done when the new file is ready and not yet in its place; what it gives back undoes it, should that fail. */
  readonly record: () => Promise<() => Promise<void>>;
  /** Asked last of all: may it still be done? */
  readonly mayStill: () => Promise<boolean>;
}

/**
 * Replaces a file in one step: a reader sees the old text or the new one, also after a power cut. Mode and owner stay.
 * Throws ChangedMeanwhile when its text is no longer `expected`.
 */
export async function replaceFile(replacement: Replacement): Promise<void> {
  const { file, real, text } = replacement;
  const temporary = join(
    dirname(real),
    `.${basename(real)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  await expectText(replacement);
  try {
    await fill(temporary, real, text);
    const undo = await replacement.record();
    try {
      // Once more: an editor knows nothing of our lock, and filling the new file took a while.
      await expectText(replacement);
      if (!(await replacement.mayStill())) throw new ChangedMeanwhile(file);
      await rename(temporary, real);
    } catch (error) {
      await undo();
      throw error;
    }
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(real));
}

async function expectText({ real, file, expected }: Replacement): Promise<void> {
  const now = await readFile(real);
  if (!now.equals(Buffer.from(expected, 'utf8'))) throw new ChangedMeanwhile(file);
}

async function fill(temporary: string, real: string, text: string): Promise<void> {
  await using handle = await open(temporary, 'wx', 0o600);
  await handle.writeFile(text, 'utf8');
  await likeFile(handle, real);
  await handle.sync();
}

/** Gives a file that was just made the owner and the mode of another one. */
export async function likeFile(handle: FileHandle, real: string): Promise<void> {
  const { uid, gid } = await stat(real);
  const now = await handle.stat();
  if (now.uid !== uid || now.gid !== gid) await handle.chown(uid, gid);
  await sameMode(handle, real);
}

/** Gives a file the mode of another one. */
export async function sameMode(handle: FileHandle, real: string): Promise<void> {
  const [{ mode }, now] = await Promise.all([stat(real), handle.stat()]);
  if ((now.mode & 0o7777) !== (mode & 0o7777)) await handle.chmod(mode & 0o7777);
}

/** Without this the new name could be lost in a power cut although the new bytes are there. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

function reasonOf(cause: unknown): string {
  const { code, message, path, dest = path } = cause as NodeJS.ErrnoException & { readonly dest?: string };
  switch (code ?? '') {
    case 'ENOSPC':
      return 'the disk is full';
    case 'EDQUOT':
      return 'the disk quota is used up';
    case 'EROFS':
      return 'the disk is read-only';
    case 'EACCES':
      return `this user may not write ${dest ?? 'in its folder'}`;
    case 'EPERM':
      return 'this user may not give the new file the owner and mode of the old one';
    case 'ENOENT':
      return 'there is no such file';
    case 'ELOOP':
      return `${path ?? 'the journal'} is a symlink`;
    default:
      return message;
  }
}
