import { pino, type Logger } from 'pino';
import type { ExchangeRecord } from '../record.ts';

/** The gateway's log: one JSON object a line, on standard output. */
export interface Log {
  /** The one line of an exchange. */
  exchange(record: ExchangeRecord): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Keys named in one line. */
const mostKeys = 20;

/** Up to so much no pipe mixes a write with another one (pipe(7)); workers write to one. */
const mostTogetherBytes = 4096;

/**
 * Makes the log. `level` is one of pino's: `silent`, `error`, `warn`, `info`, …; `worker` the number of this process among
 * those that write to the same output.
 */
export function makeLog(level: string, worker: number | null = null): Log {
  const write = inOneGo(pino.destination({ dest: 1, maxWrite: mostTogetherBytes }));
  const base = { pid: process.pid, ...(worker === null ? {} : { worker }) };
  const logger: Logger = pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  /** As pino writes it, which takes twice as long (measured: 4 us). */
  const writeExchange = (record: ExchangeRecord, as: 'info' | 'warn'): void => {
    if (!logger.isLevelEnabled(as)) return;
    const time = new Date().toISOString();
    const line = { level: as, time, ...base, ...exchangeLine(record), msg: 'exchange' };
    write(`${JSON.stringify(line)}\n`);
  };
  return {
    exchange: (record) => {
      const isUsual =
        record.problem === null &&
        (record.fallback === null || record.fallback.code === 'PORT_HANDED_OVER') &&
        record.nested?.by !== 'origin' &&
        record.turn?.lost !== true;
      writeExchange(record, isUsual ? 'info' : 'warn');
      const outside = outsideLine(record);
      if (outside !== null) logger.warn(outside, 'a session was changed by somebody who held no turn');
    },
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}

/** Gathers the lines of one turn of the event loop: each write is work for two threads. No line is torn. */
function inOneGo(destination: ReturnType<typeof pino.destination>): (line: string) => void {
  let lines = '';
  let gatheredBytes = 0;
  const flush = (): void => {
    if (lines !== '') destination.write(lines);
    lines = '';
    gatheredBytes = 0;
  };
  process.on('exit', () => {
    flush();
    destination.flushSync();
  });
  return (line) => {
    const bytes = Buffer.byteLength(line);
    if (gatheredBytes + bytes > mostTogetherBytes) flush();
    if (lines === '') setImmediate(flush);
    lines += line;
    gatheredBytes += bytes;
  };
}

/** An exchange in the words of the log: durations in whole tenths of a millisecond, no query, no session id. */
function exchangeLine(record: ExchangeRecord): Record<string, unknown> {
  const { turn, fallback, problem } = record;
  const line: Record<string, unknown> = {
    id: record.id,
    method: record.method,
    client: record.client,
    path: record.path,
    route: record.route,
    revision: record.revision,
    lane: record.lane,
    side: record.served,
    why: record.why,
    status: record.status,
    elapsedMs: tenths(record.elapsedMs),
    sides: record.sides.map(({ side, elapsedMs, result }) => ({
      side,
      elapsedMs: tenths(elapsedMs),
      result,
    })),
  };
  if (turn !== null) {
    line['session'] = turn.session;
    line['waitedMs'] = tenths(turn.waitedLocalMs + turn.waitedDatabaseMs);
    line['heldMs'] = tenths(turn.heldMs);
    line['overlapped'] = turn.overlapped;
    if (turn.lost) line['turnLost'] = true;
  }
  Object.assign(line, sessionFields(record));
  if (fallback !== null) Object.assign(line, { fallback: fallback.code, fallbackDetail: fallback.message });
  if (problem !== null) Object.assign(line, { problem: problem.code, detail: problem.message });
  if (record.tunnel !== undefined)
    line['tunnel'] = { ...record.tunnel, openMs: tenths(record.tunnel.openMs) };
  if (record.clientLeft) line['clientLeft'] = true;
  return line;
}

/** What there is to say of sessions besides the turn: requests within requests, and logins. */
function sessionFields({ nested, followed }: ExchangeRecord): Record<string, unknown> {
  return {
    ...(nested === null ? {} : { nestedBy: nested.by, within: nested.within }),
    ...(followed === null ? {} : { gaveSession: followed.session }),
    ...(followed?.notHad == null ? {} : { gaveSessionWithoutTurn: followed.notHad }),
  };
}

/** A conflict in the words of the log: which keys, never their values, never the id. */
function outsideLine({ id, route, turn }: ExchangeRecord): Record<string, unknown> | null {
  const outside = turn?.seen?.outside ?? null;
  if (turn === null || outside === null || outside.kind === 'other_gateway') return null;
  const named = (kind: string): string[] =>
    outside.changes.filter((change) => change.kind === kind).map(({ key }) => key);
  return {
    session: turn.session,
    conflict: outside.kind,
    added: named('added').slice(0, mostKeys),
    changed: named('changed').slice(0, mostKeys),
    removed: named('removed').slice(0, mostKeys),
    ...(outside.undone.length > 0 ? { undone: outside.undone.slice(0, mostKeys) } : {}),
    after: new Date(outside.leftAtMs).toISOString(),
    before: new Date(outside.foundAtMs).toISOString(),
    leftBy: outside.leftBy,
    foundBy: { exchange: id, route },
  };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
