import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rounded, type Row } from './report.ts';
import { medianOf, type Rounds } from './rounds.ts';

/** What a load run found. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  /** Answers outside 2xx and 3xx or without the text of the page, and requests that got none: refused, cut or late (2 s). */
  readonly failed: number;
  /** Processor time of the server under test for one request: what is left of the noise when others use the machine. */
  readonly cpuMicros: number;
  /** Share of the time in which the server could have run, but somebody else had its core. */
  readonly heldUp: number;
}

/** What visitors get of it, whoever it is that asks. */
export type Service = Pick<Load, 'requestsPerSecond' | 'p50Ms' | 'p99Ms' | 'failed'>;

/** What one connection asks with and gets. */
export interface Visit {
  readonly sessionId: string;
  /** Stands in the page; an answer without it has failed. */
  readonly text: string;
}

export interface LoadOrder {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Whose the requests are. A number: of so many sessions, in rotation; 0: they carry no cookie. Else one a connection. */
  readonly sessions: number | readonly Visit[];
  /** The server under test. */
  readonly pid: number;
}

const script = join(import.meta.dirname, 'load.lua');
/** wrk ends by itself; this is for a wrk that does not. */
const graceMs = 15_000;

/** Puts a server under load with wrk, on one thread, or one a visitor: it shares its core with the upstream. */
export async function load(order: LoadOrder): Promise<Load> {
  const { url, connections, seconds, sessions, pid } = order;
  const whose =
    typeof sessions === 'number'
      ? [String(sessions)]
      : ['visitors', ...sessions.flatMap(({ sessionId, text }) => [sessionId, text])];
  const threads = typeof sessions === 'number' ? 1 : sessions.length;
  if (typeof sessions !== 'number' && threads !== connections)
    throw new Error(`${threads} visitors do not fit ${connections} connections`);
  const args = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '-s', script, url, ...whose];
  const [cpuBefore, waitBefore] = [cpuSeconds(pid), queuedSeconds(pid)];
  const { stdout } = await promisify(execFile)('wrk', args, {
    timeout: seconds * 1000 + graceMs,
    killSignal: 'SIGKILL',
  });
  const figures = parseWrk(stdout);
  return {
    ...figures,
    cpuMicros: ((cpuSeconds(pid) - cpuBefore) * 1e6) / figures.requests,
    heldUp: (queuedSeconds(pid) - waitBefore) / figures.seconds,
  };
}

/** The row of a report for who was put under load: the middle of its rounds, and all that failed. */
export function loadRow(name: string, measured: Rounds<Service>): Row {
  const rounds = measured.get(name) ?? [];
  return {
    case: name,
    'requests/s': rounded(medianOf(rounds, (round) => round.requestsPerSecond)),
    'p50 ms': rounded(medianOf(rounds, (round) => round.p50Ms)),
    'p99 ms': rounded(medianOf(rounds, (round) => round.p99Ms)),
    failed: rounds.reduce((sum, round) => sum + round.failed, 0),
  };
}

/** Reads the line that load.lua prints at the end. */
export function parseWrk(printed: string): Omit<Load, 'cpuMicros' | 'heldUp'> & { seconds: number } {
  const line = printed.split('\n').find((each) => each.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk printed no figures:\n${printed}`);
  const raw = JSON.parse(line) as Record<'requests' | 'micros' | 'p50' | 'p99' | 'failed', number>;
  if (raw.requests === 0) throw new Error(`wrk got no answer at all:\n${printed}`);
  return {
    seconds: raw.micros / 1e6,
    requestsPerSecond: raw.requests / (raw.micros / 1e6),
    p50Ms: raw.p50 / 1000,
    p99Ms: raw.p99 / 1000,
    requests: raw.requests,
    failed: raw.failed,
  };
}

/** Time a process has spent on processors, in user and kernel mode (proc(5), fields 14 and 15, in hundredths). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Time the main thread of a process was ready to run and did not (schedstat, second field, in nanoseconds). */
function queuedSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e9;
}
