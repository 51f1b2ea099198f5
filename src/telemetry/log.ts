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

/**
 * Makes the log. `level` is one of pino's: `silent`, `error`, `warn`, `info`, …; `worker` the number of this process among
 * those that write to the same output. Each line is one write: up to 4 kB no pipe mixes it with another one (pipe(7)).
 */
export function makeLog(level: string, worker: number | null = null): Log {
  const logger: Logger = pino({
    level,
    base: { pid: process.pid, ...(worker === null ? {} : { worker }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  return {
    exchange: (record) => {
      const line = exchangeLine(record);
      const isUsual =
        record.problem === null &&
        record.fallback === null &&
        record.nested?.by !== 'origin' &&
        record.turn?.lost !== true;
      if (isUsual) logger.info(line, 'exchange');
      else logger.warn(line, 'exchange');
      const outside = outsideLine(record);
      if (outside !== null) logger.warn(outside, 'a session was changed by somebody who held no turn');
    },
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}

/** An exchange in the words of the log: durations in whole tenths of a millisecond, no query, no session id. */
function exchangeLine(record: ExchangeRecord): Record<string, unknown> {
  const { turn, fallback, problem } = record;
  return {
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
    sides: record.sides.map((run) => ({ ...run, elapsedMs: tenths(run.elapsedMs) })),
    ...(turn === null
      ? {}
      : {
          session: turn.session,
          waitedMs: tenths(turn.waitedLocalMs + turn.waitedDatabaseMs),
          heldMs: tenths(turn.heldMs),
          overlapped: turn.overlapped,
          ...(turn.lost ? { turnLost: true } : {}),
        }),
    ...sessionFields(record),
    ...(fallback === null ? {} : { fallback: fallback.code, fallbackDetail: fallback.message }),
    ...(problem === null ? {} : { problem: problem.code, detail: problem.message }),
    ...(record.tunnel === undefined
      ? {}
      : { tunnel: { ...record.tunnel, openMs: tenths(record.tunnel.openMs) } }),
    ...(record.clientLeft ? { clientLeft: true } : {}),
  };
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
