import { spawn } from 'node:child_process';
import { statSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import process from 'node:process';
import { styleText } from 'node:util';
import { repository } from '../shop/shop.ts';

type Line = Record<string, string | number | undefined>;

/** What follows the log of a gateway and the compiler, for who writes a port. */
export interface Follower {
  end(): void;
}

/**
 * Tells what concerns ports: that a saved one has taken over or why it has not, what they answer and why legacy answered
 * in their place, what they say themselves, and what the compiler has to say of their types.
 */
export function follow(logFile: string): Follower {
  let at = statSync(logFile).size;
  let isReading = false;
  const read = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    const file = await open(logFile);
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(size - at), 0, size - at, at);
      const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1); // the last line may still be on its way
      at += whole.length;
      for (const line of whole.toString().split('\n'))
        if (line.startsWith('{')) tell(JSON.parse(line) as Line);
    } finally {
      await file.close();
      isReading = false;
    }
  };
  const watcher = watch(dirname(logFile), () => void read());
  const compiler = spawn('tsc', ['-p', repository, '--watch', '--preserveWatchOutput', '--pretty', 'false'], {
    cwd: repository,
  });
  compiler.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n'))
      if (/^(?:test\/)?ports\/.*error TS/.test(line)) say('red', `✖ ${line}`);
  });
  return {
    end: () => {
      watcher.close();
      compiler.kill();
    },
  };
}

function tell(line: Line): void {
  const detail = String(line['detail'] ?? '').replaceAll(`${repository}/`, '');
  if (line['msg'] === 'port host swapped') say('green', '✔ the ports have been read again, and serve');
  else if (line['msg'] === 'port host refused')
    say('red', `✖ not taken, the one before serves on: ${detail}`);
  else if (line['msg'] === 'port host stuck') say('red', `✖ a port is in a loop: ${detail}`);
  else if (line['from'] === 'port') say('cyan', `  ${String(line['route'])}: ${String(line['msg'])}`);
  else if (line['msg'] === 'exchange') tellExchange(line);
}

function tellExchange(line: Line): void {
  const what = `${String(line['method'])} ${String(line['path'])} ${String(line['status'])} ${String(line['elapsedMs'])} ms`;
  if (line['fallback'] !== undefined) {
    const why = String(line['fallbackDetail']).split('\n', 6).join('\n    ');
    say('yellow', `▲ ${what}: legacy instead of the port: ${String(line['fallback'])}\n    ${shown(why)}`);
  } else if (line['side'] === 'port') say('green', `  ${what} port`);
}

function say(style: 'red' | 'green' | 'yellow' | 'cyan', text: string): void {
  process.stdout.write(`${styleText(style, text, { stream: process.stdout })}\n`);
}

function shown(text: string): string {
  return text.replaceAll(`file://${repository}/`, '').replaceAll(repository, relative('', repository) || '.');
}
