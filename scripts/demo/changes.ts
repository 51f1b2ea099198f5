import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * How to make a file again what it was, or null where it is that. Git is asked for it only where it has that very text:
 * a checkout would take away what somebody had written before and not committed. Otherwise the text is put aside.
 */
export function undoOf(file: string, before: string): string | null {
  if (textOf(file) === before) return null;
  if (textInGit(file) === before) return `git checkout ${file}`;
  const aside = join(mkdtempSync(join(tmpdir(), 'banyan-undo-')), basename(file));
  writeFileSync(aside, before);
  return `cp ${aside} ${file}`;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function textInGit(file: string): string | null {
  try {
    return execFileSync('git', ['show', `:./${basename(file)}`], {
      cwd: dirname(file),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
}
