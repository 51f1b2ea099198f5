import { constants } from 'node:fs';
import { type FileHandle, open, readFile, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type JournalEntry, parseEntry, parseJournal } from './journal.ts';
import { likeFile, sameMode } from './write.ts';

/** Where the journal of a routes.yaml is: beside the file itself. */
export function journalPath(real: string): string {
  return join(dirname(real), `.${basename(real)}.journal`);
}

/** The journal of a routes.yaml, behind all symlinks; empty where there is none yet. */
export async function readJournal(real: string): Promise<JournalEntry[]> {
  try {
    return parseJournal(await readFile(journalPath(real), 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new Error(`the journal ${journalPath(real)} cannot be read: ${code ?? message}`, { cause: error });
  }
}

/**
 * Adds entries at the end, down to the disk, and gives back what takes them away again. Only who holds the write lock
 * may call it. A last line that was torn by a crash is removed first. It may hold secrets as routes.yaml may, and so it
 * gets the same owner and mode; a link in its place is refused, for this may run as root in somebody else's folder.
 */
export async function appendEntries(
  real: string,
  entries: readonly JournalEntry[],
): Promise<() => Promise<void>> {
  const path = journalPath(real);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const handle = await open(path, flags, 0o600);
  let end = 0;
  const undo = async (): Promise<void> => {
    await using again = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
    await again.truncate(end);
    if (end === 0) await unlink(path);
  };
  try {
    end = await endOfWhole(handle);
    await (end === 0 ? likeFile(handle, real) : sameMode(handle, real));
    await handle.truncate(end);
    await writeAll(handle, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), end);
    await handle.sync();
  } catch (error) {
    await undo().catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  return undo;
}

/** How much of the end is looked at first, and at most. */
const tailBytes = 64 * 1024;
const longestTailBytes = 4 * 1024 * 1024;

/**
 * Which revision a text is, by its hash; of several the latest. Reads only the end of the journal, and is null for what
 * is not there. `file` is routes.yaml as the user named it. Never rejects.
 */
export async function revisionOf(file: string, hash: string): Promise<number | null> {
  try {
    await using handle = await open(journalPath(await realpath(file)), 'r');
    const { size } = await handle.stat();
    for (let bytes = tailBytes; ; bytes *= 4) {
      const from = Math.max(0, size - bytes);
      const found = entriesIn(await read(handle, from, size)).findLast((entry) => entry.after === hash);
      if (found !== undefined) return found.rev;
      if (from === 0 || bytes > longestTailBytes) return null;
    }
  } catch {
    return null;
  }
}

/** The entries of a piece of the journal, whose first line is perhaps cut. */
function entriesIn(piece: Buffer): JournalEntry[] {
  return piece
    .toString('utf8')
    .split('\n')
    .flatMap((line) => parseEntry(line) ?? []);
}

/** Where the last whole line ends. */
async function endOfWhole(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  for (let bytes = tailBytes; ; bytes *= 4) {
    const from = Math.max(0, size - bytes);
    const end = (await read(handle, from, size)).lastIndexOf(0x0a);
    if (end >= 0 || from === 0) return from + end + 1;
  }
}

/** On a disk that is nearly full a write takes what there is room for, without a word; the next one then fails. */
async function writeAll(handle: FileHandle, text: string, from: number): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, from + done)).bytesWritten;
  }
}

async function read(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}
