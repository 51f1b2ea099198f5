import { stat } from 'node:fs/promises';
import process from 'node:process';

/** In a folder like /tmp everybody may make files, and only their owner may change them. */
const sticky = 0o1000;
const everybody = 0o0002;

/**
 * Root may write everywhere, and what it makes the scripts cannot write: their next page would be an error. Throws
 * RangeError where the folder belongs to another user; gives back a doubt where it is everybody's, else null.
 */
export async function whoseFolder(
  directory: string,
  userId = process.geteuid?.() ?? 0,
): Promise<string | null> {
  const folder = await stat(directory).catch(() => null); // one that is not there is told when a turn is wanted
  if (folder === null) return null;
  if (userId !== 0) {
    if ((folder.mode & everybody) === 0) return null;
    return `the session folder ${directory} is everybody's: any user of this machine can hold up its turns, or end them, by its .banyan-lock`;
  }
  if (folder.uid !== 0) {
    throw new RangeError(
      `banyan runs as root, and the session folder ${directory} belongs to user ${folder.uid}: ` +
        'run it as the user that the scripts run as, or they cannot write the sessions that a port begins',
    );
  }
  if ((folder.mode & sticky) === 0) return null;
  return `banyan runs as root, and the session folder ${directory} is everybody's: scripts of another user cannot write the sessions that a port begins`;
}
