import type { ExchangeRecord } from '../record.ts';
import type { Outside, SessionWork } from '../session/lost-update.ts';
import type { OutsideEntry, TimelineEntry, TurnEntry } from '../session/timeline-entry.ts';

/** An entry, and the session it is of, by its label. */
export interface OwnEntry {
  readonly session: string;
  readonly entry: TimelineEntry;
}

const mostNamed = 20;

/** What the timelines are told of an exchange that is over now. */
export function entriesOf(record: ExchangeRecord, gateway: string, nowMs: number): OwnEntry[] {
  const { turn, session, followed } = record;
  const found: OwnEntry[] = [];
  if (turn !== null) {
    const outside = turn.seen?.outside ?? null;
    if (outside !== null)
      found.push({ session: turn.session, entry: outsideEntry(outside, record, gateway) });
    found.push({ session: turn.session, entry: turnEntry(record, gateway) });
  } else if (session !== null && isWorthIt(record)) {
    found.push({ session: session.label, entry: asideEntry(record, gateway, nowMs) });
  }
  if (followed !== null)
    found.push({ session: followed.session, entry: followedEntry(record, gateway, nowMs) });
  return found;
}

/** A route with `session: none` has nothing to do with the session, unless it was seen to have: else it is noise. */
function isWorthIt({ session, aside }: ExchangeRecord): boolean {
  return session?.use !== 'none' || aside?.wrote === 'changed' || aside?.wrote === 'removed';
}

/** What every entry of an exchange has. */
function common(record: ExchangeRecord, gateway: string) {
  const { id: exchange, route, method, served: side, status, nested } = record;
  return {
    kind: 'turn' as const,
    gateway,
    exchange,
    route,
    method,
    side,
    status,
    refusal: null,
    nested: nested?.by ?? null,
    within: nested?.within ?? null,
    waitedMs: 0,
    heldMs: 0,
    overlapped: false,
    lost: false,
  };
}

function turnEntry(record: ExchangeRecord, gateway: string): TurnEntry {
  const turn = record.turn as NonNullable<ExchangeRecord['turn']>;
  const waitedMs = turn.waitedLocalMs + turn.waitedDatabaseMs;
  return {
    ...common(record, gateway),
    outcome: 'turn',
    atMs: turn.enteredAtMs - waitedMs,
    waitedMs,
    heldMs: turn.heldMs,
    overlapped: turn.overlapped,
    lost: turn.lost,
    ...workOf(turn.seen),
  };
}

/** Of a request without a turn. Where its route takes one it was refused: no side was asked to serve it. */
function asideEntry(record: ExchangeRecord, gateway: string, nowMs: number): TurnEntry {
  const atMs = nowMs - record.elapsedMs;
  const bare = { ...common(record, gateway), atMs, ...workOf(record.aside) };
  if (record.session?.use !== 'write' || record.sides.length > 0 || record.problem === null)
    return { ...bare, outcome: 'no-turn' };
  const refusal = record.problem.code;
  const waited = refusal === 'TURN_TIMEOUT' || refusal === 'CLIENT_GONE';
  return {
    ...bare,
    outcome: 'refused',
    refusal,
    waitedMs: waited ? record.elapsedMs : 0,
    overlapped: waited || refusal === 'TURN_QUEUE_FULL',
  };
}

function followedEntry(record: ExchangeRecord, gateway: string, nowMs: number): TurnEntry {
  const followed = record.followed as NonNullable<ExchangeRecord['followed']>;
  return {
    ...common(record, gateway),
    outcome: 'followed',
    refusal: followed.notHad,
    atMs: nowMs - record.elapsedMs,
    ...workOf(followed.seen),
  };
}

function workOf(work: SessionWork | null): Pick<TurnEntry, 'wrote' | 'changes' | 'more'> {
  return {
    wrote: work?.wrote ?? null,
    changes: work?.changes?.slice(0, mostNamed) ?? null,
    more: Math.max(0, (work?.changes?.length ?? 0) - mostNamed),
  };
}

function outsideEntry(outside: Outside, { id, route }: ExchangeRecord, gateway: string): OutsideEntry {
  return {
    kind: 'outside',
    finding: outside.kind,
    atMs: outside.foundAtMs,
    gateway,
    sinceMs: outside.leftAtMs,
    changes: outside.changes.slice(0, mostNamed),
    more: Math.max(0, outside.changes.length - mostNamed),
    undone: outside.undone.slice(0, mostNamed),
    leftBy: outside.leftBy,
    foundBy: { exchange: id, route },
  };
}
