import { statSync } from 'node:fs';
import type { Table } from '../routing/table.ts';
import { logLines, readLogLine } from './access-log.ts';
import { type Coverage, CoverageCount } from './coverage.ts';
import { sayCount } from './coverage-text.ts';
import { exitCodes, Failure } from './failure.ts';
import { harmless, tell } from './print.ts';
import { Progress } from './progress.ts';
import { terminal } from './terminal.ts';

/** What is in some logs, and what it says about the routes. */
export interface Against {
  readonly logs: readonly string[];
  /** Lines in which no request stands. */
  readonly unreadable: number;
  readonly coverage: Coverage;
}

/**
 * Reads logs and puts their requests to a table, and says how far it is on stderr. Ctrl-C ends it. Throws a Failure
 * [unreachable] where one of them cannot be read, or is no access log.
 */
export async function readAgainst(
  table: Table,
  logs: readonly string[],
  mostShown: number,
): Promise<Against> {
  const counted = new CoverageCount(table);
  const progress = new Progress(onStderr);
  let requests = 0;
  let unreadable = 0;
  const stop = (): never => {
    progress.end();
    tell(`banyan: stopped after ${sayCount(requests)} requests; nothing was changed\n`);
    process.exit(exitCodes.interrupted);
  };
  process.once('SIGINT', stop);
  for (const log of logs) {
    const before = { requests, unreadable };
    const share = new ShareRead(log);
    for await (const lines of logLines(log, (bytes) => share.add(bytes))) {
      for (const line of lines) {
        if (line === '' || line === '\r') continue;
        const request = readLogLine(line);
        if (request === null) unreadable++;
        else {
          requests++;
          counted.add(request);
        }
      }
      progress.at(() => `reading ${harmless(log)}${share.say()}: ${sayCount(requests)} requests`);
    }
    if (requests === before.requests && unreadable > before.unreadable) {
      progress.end();
      throw noLog(log);
    }
  }
  process.off('SIGINT', stop);
  progress.end();
  return { logs, unreadable, coverage: counted.coverage(mostShown) };
}

function noLog(log: string): Failure {
  const help = 'is it an access log, in the common or the combined format?';
  return new Failure(exitCodes.unreachable, `no request stands in any line of ${log}`, help);
}

const onStderr = {
  isTerminal: process.stderr.isTTY,
  nowMs: () => performance.now(),
  write: (text: string) => {
    if (!terminal.isQuiet) process.stderr.write(text);
  },
};

/** How much of a file has been read; of stdin nobody knows how much there is. */
class ShareRead {
  readonly #totalBytes: number;
  #readBytes = 0;

  constructor(file: string) {
    const stats = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false });
    this.#totalBytes = stats?.isFile() === true ? stats.size : 0;
  }

  add(bytes: number): void {
    this.#readBytes += bytes;
  }

  say(): string {
    if (this.#totalBytes === 0) return '';
    return ` ${Math.min(100, Math.floor((this.#readBytes / this.#totalBytes) * 100))}%`;
  }
}
