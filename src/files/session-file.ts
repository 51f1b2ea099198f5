import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem } from '../errors.ts';

/** No session is nearly so large; a file that is would fill the memory. */
const largestBytes = 64 * 1024 * 1024;

/** Links are not followed: in a folder that others may write to, one could point anywhere. A pipe would never answer. */
const carefully = constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A file without a name, open(2): it is gone with whoever made it. Node does not name the flag. */
const nameless = 0o20000000 | constants.O_DIRECTORY | constants.O_RDWR;

/** What a file held, which it was, and when it was written. */
export interface FileSight {
  readonly bytes: Buffer;
  readonly inode: number;
  /** Size and time of the last write, as one word that can be compared. */
  readonly stamp: string;
}

/** What is in a file now; null where there is none. */
export async function readWhole(path: string): Promise<FileSight | null> {
  const handle = await openIfThere(path, constants.O_RDONLY);
  if (handle === null) return null;
  try {
    const stat = await handle.stat({ bigint: true });
    if (stat.size > largestBytes)
      throw new Problem('SESSION_UNREADABLE', `the file of the session has ${stat.size} bytes`);
    return { bytes: await handle.readFile(), inode: Number(stat.ino), stamp: `${stat.size} ${stat.mtimeNs}` };
  } finally {
    await handle.close();
  }
}

/** Opens a plain file; null where there is none. */
export async function openIfThere(path: string, flags: number): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, flags | carefully);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error(`${path} is no plain file`);
}

/** Makes a file that was not there, with its bytes. What goes wrong leaves the name there. */
export async function makeFile(path: string, bytes: Buffer, mode: number): Promise<void> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | carefully;
  const handle = await open(path, flags, mode);
  try {
    await writeFully(handle, bytes);
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file anew, in place. Not into another that is then given its name: a Perl that waits for the lock has the
 * old one open, and would read from it what is no longer so and write into it what nobody ever reads. A machine that
 * fails in the middle leaves half a session, as it does with Perl, which cuts the file before it writes.
 */
export async function overwrite(handle: FileHandle, bytes: Buffer): Promise<void> {
  await writeFully(handle, bytes);
  await handle.truncate(bytes.length);
}

async function writeFully(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
  }
}

/**
 * Finds out whether the disk has place for a file that is to grow, without touching it: the same bytes are written into
 * a nameless file beside it. Resolves to what keeps the place until it is needed; rejects with ENOSPC or EDQUOT.
 */
export async function keepPlace(
  path: string,
  handle: FileHandle,
  bytes: Buffer,
): Promise<() => Promise<void>> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (bytes.length <= (await handle.stat()).blocks * 512) return nothing;
  let place: FileHandle;
  try {
    place = await open(dirname(path), nameless, 0o600);
  } catch {
    return nothing; // not every file system has nameless files, nor has every user the right to make one
  }
  try {
    await writeFully(place, bytes);
  } catch (thrown) {
    await place.close();
    throw thrown;
  }
  return () => place.close();
}

/** The code of what the system said, such as ENOENT. */
export function codeOf(thrown: unknown): string {
  return String((thrown as { code?: unknown } | null)?.code);
}
