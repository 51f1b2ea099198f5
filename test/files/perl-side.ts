import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

/** A real Perl, with CGI::Session and Apache::Session, that does what it is told and says when it is done. */
export interface PerlSide {
  /** One of the words of perl-side.pl; rejects with what Perl died of. */
  tell(what: string, ...words: unknown[]): Promise<unknown>;
}

const script = fileURLToPath(new URL('perl-side.pl', import.meta.url));

/** Starts a Perl for a test. */
export function startPerl(t: Test): PerlSide {
  const perl = spawn('perl', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => perl.kill('SIGKILL'));
  const waiting: PromiseWithResolvers<unknown>[] = [];
  createInterface({ input: perl.stdout }).on('line', (line) => {
    const { answer, error } = JSON.parse(line) as { answer?: unknown; error?: string };
    if (error === undefined) waiting.shift()?.resolve(answer);
    else waiting.shift()?.reject(new Error(error));
  });
  return {
    tell: (what, ...words) => {
      const answer = Promise.withResolvers<unknown>();
      waiting.push(answer);
      perl.stdin.write(`${JSON.stringify([what, ...words])}\n`);
      return answer.promise;
    },
  };
}

/** Resolves when so many wait in the kernel for a lock on a file. */
export async function untilWaitedFor(path: string, many = 1): Promise<void> {
  const { ino } = statSync(path);
  for (;;) {
    const locks = readFileSync('/proc/locks', 'utf8').split('\n');
    if (locks.filter((line) => line.includes('->') && line.includes(`:${ino} `)).length >= many) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
