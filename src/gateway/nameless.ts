import { randomBytes } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Opens a file that has no name any more, so that nothing is left of it however we end. `what` is to be kept in it. */
export async function openNameless(what: 'body' | 'answer'): Promise<FileHandle> {
  const name = join(tmpdir(), `banyan-${what}-${randomBytes(12).toString('hex')}`);
  const file = await open(name, 'wx+', 0o600);
  await unlink(name);
  return file;
}
