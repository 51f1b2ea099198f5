import type { Clock } from '../exchange/clock.ts';
import { noPatience, type Locker } from './locker.ts';
import { readWhole } from './session-file.ts';
import { placeOf, type SessionFolder } from './session-folder.ts';

/** So often a file that somebody is writing is read again; after that it is taken as it is. */
const mostReads = 10;
/** Longer than Perl takes from cutting a file to writing it. */
const pauseMs = 2;

/**
 * Reads a session as it is now and waits for nobody: under a shared lock where that is free. Where it is not, Perl is
 * just writing, or somebody keeps the session for as long as he works on it; then what two readings agree on is it.
 * Null where there is no session.
 */
export async function readSession(
  folder: SessionFolder,
  id: string,
  locker: Locker,
  clock: Clock,
): Promise<Buffer | null> {
  const place = placeOf(folder, id);
  if (place === null) return null;
  const hold = await locker.lockFile({ path: place.lockPath, exclusive: false, make: false }, noPatience);
  if (hold === 'missing' && place.locksItself) return null;
  if (hold === 'missing' || hold === 'busy') return readUntilItStays(place.path, clock);
  try {
    return contentOf(await readWhole(place.path));
  } finally {
    await hold.release();
  }
}

async function readUntilItStays(path: string, clock: Clock): Promise<Buffer | null> {
  let last = await readWhole(path);
  for (let reads = 1; reads < mostReads && last !== null; reads++) {
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    const now = await readWhole(path);
    const stays = last.stamp === now?.stamp && now.bytes.equals(last.bytes);
    if (stays && now.bytes.length > 0) return now.bytes;
    last = now;
  }
  return contentOf(last);
}

/** An empty file is one that Perl has made and not written yet: CGI::Session takes it for no session. */
export function contentOf(sight: { readonly bytes: Buffer } | null): Buffer | null {
  return sight === null || sight.bytes.length === 0 ? null : sight.bytes;
}
