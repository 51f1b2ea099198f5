import { constants, fstatSync } from 'node:fs';
import { access, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem } from '../errors.ts';
import { codeOf, keepPlace, makeFile, openIfThere, overwrite } from './session-file.ts';
import type { SessionPlace } from './session-folder.ts';

/**
 * One change to the folder, in the three moments of a transaction. What can be known to go wrong goes wrong when it is
 * prepared; between that and its end nobody is let in.
 */
export interface FolderWrite {
  /** Throws a Problem where it cannot be done any more. */
  check(): void;
  /** Does it, after the database has committed. */
  carryOut(): Promise<void>;
  /** Lets go of what it kept; after `carryOut`, or instead of it. Never rejects. */
  end(isDone: boolean): Promise<void>;
}

/**
 * Writes a session that is there. It is never made: one that was deleted meanwhile, as by a logout, stays deleted.
 * Rejects with SESSION_STALE where the file does not hold `known` any more: somebody wrote without asking for the lock.
 */
export async function overwriting(place: SessionPlace, known: Buffer, bytes: Buffer): Promise<FolderWrite> {
  const handle = await openUnchanged(place, known);
  let givePlaceBack = await keepPlace(place.path, handle, bytes).catch(async (thrown: unknown) => {
    await handle.close();
    return unwritable(thrown);
  });
  return {
    check: () => mustBeThere(handle),
    carryOut: async () => {
      await givePlaceBack();
      givePlaceBack = () => Promise.resolve();
      await overwrite(handle, bytes);
    },
    end: async () => {
      await givePlaceBack().catch(() => undefined);
      await handle.close().catch(() => undefined);
    },
  };
}

/**
 * Adds a session. It is written at once, before the database commits: nobody knows its id yet, and so nothing is left
 * that could go wrong later.
 */
export async function adding(place: SessionPlace, bytes: Buffer): Promise<FolderWrite> {
  const remove = (): Promise<void> => unlink(place.path).catch(() => undefined);
  try {
    await makeFile(place.path, bytes, place.mode);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') await remove();
    return unwritable(thrown);
  }
  return {
    check: () => undefined,
    carryOut: () => Promise.resolve(),
    end: (isDone) => (isDone ? Promise.resolve() : remove()),
  };
}

/** Removes a session that was read. Rejects as overwriting does. */
export async function removing(place: SessionPlace, known: Buffer): Promise<FolderWrite> {
  await access(dirname(place.path), constants.W_OK).catch(unwritable);
  const handle = await openUnchanged(place, known);
  return {
    check: () => mustBeThere(handle),
    carryOut: async () => {
      if ((await handle.stat()).nlink > 0) await unlink(place.path);
    },
    end: () => handle.close().catch(() => undefined),
  };
}

/** Opens a session that still holds what was read. */
async function openUnchanged(place: SessionPlace, known: Buffer): Promise<FileHandle> {
  const handle = await openIfThere(place.path, constants.O_RDWR).catch(unwritable);
  if (handle === null) throw deleted();
  try {
    const now = Buffer.alloc(known.length + 1); // one more, to see that it has not grown
    const { bytesRead } = await handle.read(now, 0, now.length, 0);
    if (now.subarray(0, bytesRead).equals(known)) return handle;
    throw new Problem('SESSION_STALE', 'the session file was changed while the port worked on it');
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

function mustBeThere(handle: FileHandle): void {
  if (fstatSync(handle.fd).nlink === 0) throw deleted();
}

function deleted(): Problem {
  return new Problem('SESSION_STALE', 'the session file was deleted while the port worked on it');
}

function unwritable(thrown: unknown): never {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  throw new Problem('SESSION_UNWRITABLE', `the session file cannot be written: ${reason}`, thrown);
}
