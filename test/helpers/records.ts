import { type ExchangeRecord, type TurnRecord, untold } from '../../src/record.ts';
import type { TurnEntry } from '../../src/session/timeline-entry.ts';

/** The record of an exchange of which nothing is worth saying but what the test says. */
export function exchangeRecord(more: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    ...untold,
    id: 'e',
    method: 'GET',
    path: '/',
    route: 'r',
    revision: 1,
    upstream: 'legacy',
    lane: 'story',
    served: 'port',
    why: '',
    status: 200,
    elapsedMs: 1,
    problem: null,
    clientLeft: false,
    ...more,
  };
}

/** A turn that nobody had to wait for. */
export function turnRecord(session: string, more: Partial<TurnRecord> = {}): TurnRecord {
  return {
    session,
    enteredAtMs: 0,
    waitedLocalMs: 0,
    waitedDatabaseMs: 0,
    heldMs: 1,
    overlapped: false,
    lost: false,
    seen: null,
    ...more,
  };
}

/** A line of a timeline: a turn that nobody had to wait for. */
export function turnEntry(exchange: string, atMs: number, more: Partial<TurnEntry> = {}): TurnEntry {
  return {
    kind: 'turn',
    atMs,
    gateway: 'here:1',
    exchange,
    route: 'cart',
    method: 'POST',
    side: 'legacy',
    status: 200,
    outcome: 'turn',
    refusal: null,
    nested: null,
    within: null,
    waitedMs: 0,
    heldMs: 60,
    overlapped: false,
    lost: false,
    wrote: 'changed',
    changes: [],
    more: 0,
    ...more,
  };
}
