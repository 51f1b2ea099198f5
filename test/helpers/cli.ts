import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a command printed, and its exit code. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** Runs `banyan` in a folder and a UTF-8 locale, without the variables of whoever runs the tests. */
export async function banyan(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const { BANYAN_ROUTES: _, BANYAN_DEBUG: __, FORCE_COLOR: ___, ...rest } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...rest, NO_COLOR: '1', LC_ALL: 'C.UTF-8', ...env },
  });
  child.stdin.end();
  const closed = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { stdout, stderr, code };
}
