import { constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

/** What the reader of routes.yaml may ask about files; a test hands in its own. Both never throw. */
export interface Disk {
  /** Whether the path is a file (not a folder). */
  fileExists(path: string): boolean;
  isFolder(path: string): boolean;
  /** The names in a folder, empty where there is none. */
  listDirectory(path: string): string[];
  /** The text of a file; null where it cannot be read. */
  readText(path: string): string | null;
}

/** The real disk. */
export const realDisk: Disk = {
  fileExists: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  listDirectory: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  readText: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
};

/** Larger files are not read at all. */
export const largestBytes = 1024 * 1024;

/** Reads routes.yaml so that its bytes can be written back: UTF-8 or nothing, a byte order mark is kept. Throws in plain words. */
export async function loadText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read: ${readingProblem(error)}`, { cause: error });
  });
  if (bytes.length > largestBytes) throw tooLarge(file);
  return decode(file, bytes);
}

/**
 * The same for a running gateway, in whose file's place anything may be put: a FIFO is not waited for, and of a large
 * file nothing is read. Null where there is no file.
 */
export async function loadTextNow(file: string): Promise<string | null> {
  try {
    // Without O_NONBLOCK opening a FIFO would wait for its writer, on one of four threads, for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (!found.isFile()) throw new Error('it is no regular file');
    if (found.size > largestBytes) throw tooLarge(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(found.size + 1), 0, found.size + 1, 0);
    if (bytesRead !== found.size) throw new Error('it is being written at this moment');
    return decode(file, buffer.subarray(0, bytesRead));
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException;
    if (error.code === 'ENOENT') return null;
    if (error instanceof UnfitText) throw error;
    throw new Error(`${file} cannot be read: ${readingProblem(error)}`, { cause: error });
  }
}

/** The file was read, or could have been, and is not what it should be. */
class UnfitText extends Error {}

function tooLarge(file: string): UnfitText {
  return new UnfitText(`${file} is larger than 1 MB: is it the right file?`);
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UnfitText(`${file} is not UTF-8: save it as UTF-8 in your editor`, { cause });
  }
}

function readingProblem(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EISDIR') return 'it is a folder; name the file in it';
  if (error.code === 'EACCES') return 'this user may not read it';
  return error.code ?? error.message;
}
