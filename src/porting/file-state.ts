import { statSync } from 'node:fs';

/** What tells whether a file was changed: another one in its place, another time, another length. `none` where there is none. */
export function fileState(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return 'none';
  }
}
