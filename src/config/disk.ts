import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What the reader of routes.yaml may ask about files; a test hands in its own. Both never throw. */
export interface Disk {
  /** Whether the path is a file (not a folder). */
  fileExists(path: string): boolean;
  /** The names in a folder, empty where there is none. */
  listDirectory(path: string): string[];
}

/** The real disk. */
export const realDisk: Disk = {
  fileExists: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
  listDirectory: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return [];
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
  if (bytes.length > largestBytes) throw new Error(`${file} is larger than 1 MB: is it the right file?`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${file} is not UTF-8: save it as UTF-8 in your editor`, { cause });
  }
}

function readingProblem(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EISDIR') return 'it is a folder; name the file in it';
  if (error.code === 'EACCES') return 'this user may not read it';
  return error.code ?? error.message;
}
