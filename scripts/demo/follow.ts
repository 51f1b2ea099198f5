import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { styleText } from 'node:util';
import { repository } from '../shop/shop.ts';
import { CompilerWords, shown, wordsOf, type Line, type Said } from './words.ts';

/** What follows the log of a gateway and the compiler, for who writes a port. */
export interface Follower {
  end(): void;
}

/**
 * Tells what concerns ports: that a saved one has taken over or why it has not, what they answer and why legacy answered
 * in their place, what they say themselves, and what the compiler has to say of their types.
 */
export function follow(logFile: string): Follower {
  let at = 0;
  let isReading = false;
  let hasGrown = false;
  const read = async (): Promise<void> => {
    hasGrown = true;
    if (isReading) return;
    isReading = true;
    const file = await open(logFile);
    try {
      while (hasGrown) {
        hasGrown = false;
        const { size } = await file.stat();
        const { buffer } = await file.read(Buffer.alloc(size - at), 0, size - at, at);
        const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1); // the last line may still be on its way
        at += whole.length;
        for (const line of whole.toString().split('\n')) if (line.startsWith('{')) tell(line);
      }
    } finally {
      await file.close();
      isReading = false;
    }
  };
  const watcher = watch(dirname(logFile), () => void read());
  void read();
  const compiler = spawn('tsc', ['-p', repository, '--watch', '--preserveWatchOutput', '--pretty', 'false'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const words = new CompilerWords();
  createInterface(compiler.stdout).on('line', (line) => words.take(line).forEach(say));
  return {
    end: () => {
      watcher.close();
      compiler.kill();
    },
  };
}

function tell(line: string): void {
  const said = wordsOf(JSON.parse(line) as Line);
  if (said !== null) say(said);
}

/** Tells what the gateway writes on standard error. The stack of what has crashed a port host stands nowhere else. */
export function tellStderr(line: string): void {
  if (/^banyan: (?:.*: \d+ routes: |serving )/.test(line)) return; // so it begins each time
  say({ style: 'red', text: `  ${shown(line)}` });
}

function say({ style, text }: Said): void {
  process.stdout.write(`${styleText(style, text, { stream: process.stdout })}\n`);
}
