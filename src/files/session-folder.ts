import { join } from 'node:path';
import type { SessionFormat } from '../session/module.ts';

/** A folder of sessions, as the settings name it. */
export interface SessionFolder {
  readonly format: SessionFormat;
  readonly directory: string;
  /** The name of a session's file, with %s for its id; null for the one that the format is known to use. */
  readonly fileName: string | null;
  /** Where Apache::Session::Lock::File keeps its locks. */
  readonly lockDirectory: string;
}

/** Where a session is, and which lock the module that wrote it takes before it reads or writes. */
export interface SessionPlace {
  readonly path: string;
  readonly lockPath: string;
  /** Whether the lock is on the session's own file: then there is none where there is no session. */
  readonly locksItself: boolean;
  /** The mode of a new file, before the umask: what the module gives to sysopen. */
  readonly mode: number;
}

/**
 * What an id may be. CGI::Session's file driver refuses / and \, Apache::Session all that is not a hexadecimal digit;
 * an id that begins with a dot could name our lock file, and anything but plain characters is no id that either makes.
 */
const plainId = /^(?!\.)[\x21-\x7e]{1,200}$/;

/** Where a session is; null for an id that no file could have: to Perl, too, there is no such session. */
export function placeOf(folder: SessionFolder, id: string): SessionPlace | null {
  if (!plainId.test(id) || /[/\\]/.test(id)) return null;
  const [before = '', after = ''] = patternOf(folder).split('%s');
  const path = join(folder.directory, before + id + after);
  if (folder.format === 'apache-session') {
    // Store::File and Lock::File 1.94: sysopen without a mode, and a lock file for each id that is never removed.
    const lockPath = join(folder.lockDirectory, `Apache-Session-${id}.lock`);
    return { path, lockPath, locksItself: false, mode: 0o666 };
  }
  return { path, lockPath: path, locksItself: true, mode: 0o660 }; // $CGI::Session::Driver::file::UMask
}

/** The name of a session's file, with %s for the id. */
export function patternOf(folder: SessionFolder): string {
  return folder.fileName ?? (folder.format === 'apache-session' ? '%s' : 'cgisess_%s');
}
