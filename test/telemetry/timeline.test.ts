import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { ExchangeRecord, TurnRecord } from '../../src/record.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import type { TimelineEntry, TimelineList, TimelineStore } from '../../src/session/timeline-entry.ts';
import { fleetTimeline } from '../../src/telemetry/fleet.ts';
import { makeTimeline, type Timeline } from '../../src/telemetry/timeline.ts';
import { fakeClock } from '../helpers/clock.ts';
import { exchangeRecord, turnRecord } from '../helpers/records.ts';

const label = sessionLabel('s');
const clock = fakeClock();

function timeline(mostSessions = 9, mostEntries = 9): Timeline {
  return makeTimeline({ mostSessions, mostEntries, gateway: 'here:1', clock });
}

function record(
  id: string,
  turn: Partial<TurnRecord> | null,
  more: Partial<ExchangeRecord> = {},
): ExchangeRecord {
  return exchangeRecord({
    id,
    session: { label, use: 'write' },
    turn: turn === null ? null : turnRecord(label, turn),
    sides: [{ side: 'port', elapsedMs: 1, result: 'ok' }],
    ...more,
  });
}

const exchanges = (entries: readonly TimelineEntry[]): string[] =>
  entries.map((entry) => (entry.kind === 'turn' ? entry.exchange : entry.kind));

t.test('so many entries of a session are kept, the last ones', async (t) => {
  const kept = timeline(2, 3);
  for (let at = 1; at <= 10; at++) kept.record(record(`e${at}`, { enteredAtMs: at, heldMs: at }));
  t.same(exchanges(kept.entries(label)), ['e8', 'e9', 'e10']);
  t.match(kept.list('last').sessions, [
    { session: label, requests: 10, longestHoldMs: 10, lastAtMs: 10, outside: 0 },
  ]);
});

t.test('so many sessions are kept, those used last; what was counted stays counted', async (t) => {
  const kept = timeline(2, 3);
  for (const [at, session] of ['a', 'b', 'a', 'c'].entries())
    kept.record(record('e', { session, enteredAtMs: at }));
  const { sessions, totals } = kept.list('last');
  t.same(
    sessions.map(({ session }) => session),
    ['c', 'a'],
  );
  t.same(kept.entries('b'), []);
  t.equal(totals.requests, 4);
});

t.test('turns stand in the order in which they were had, whenever their clients were done', async (t) => {
  const kept = timeline();
  kept.record(record('second', { enteredAtMs: 20, waitedLocalMs: 19, overlapped: true }));
  kept.record(record('first', { enteredAtMs: 10 }));
  t.match(kept.entries(label), [{ exchange: 'first' }, { exchange: 'second', atMs: 1, waitedMs: 19 }]);
  t.match(kept.list('last').sessions, [{ waits: 1, longestWaitMs: 19 }]);
});

t.test('the list can be ordered by what is looked for, and says how long the slow ones waited', async (t) => {
  const kept = timeline();
  for (let at = 1; at <= 200; at++)
    kept.record(record(`a${at}`, { session: 'a', waitedLocalMs: at, enteredAtMs: 2 * at, overlapped: true }));
  kept.record(record('b', { session: 'b', heldMs: 99 }));
  t.equal(kept.list('last').sessions[0]?.session, 'a');
  t.equal(kept.list('waits').sessions[0]?.session, 'a');
  t.equal(kept.list('held').sessions[0]?.session, 'b');
  t.match(kept.list('last').totals, { requests: 201, waits: 200, waitP99Ms: 198 });
});

t.test('a request without a session, or whose route leaves it alone, is not in it', async (t) => {
  const kept = timeline();
  kept.record(record('stranger', null, { session: null }));
  kept.record(record('image', null, { session: { label, use: 'none' } }));
  t.same(kept.list('last').sessions, []);
  const aside = { changes: [], wrote: 'changed' } as const;
  kept.record(record('liar', null, { session: { label, use: 'none' }, aside }));
  t.match(kept.entries(label), [{ exchange: 'liar', outcome: 'no-turn', wrote: 'changed' }]);
});

t.test('a request that reads has no turn, and one that was refused waited in vain', async (t) => {
  const kept = timeline();
  kept.record(record('reads', null, { session: { label, use: 'read' } }));
  const problem = new Problem('TURN_TIMEOUT', 'too long');
  kept.record(
    record('refused', null, { served: 'none', status: 503, sides: [], problem, elapsedMs: 10_000 }),
  );
  t.match(kept.entries(label), [
    { exchange: 'reads', outcome: 'no-turn', refusal: null },
    { exchange: 'refused', outcome: 'refused', refusal: 'TURN_TIMEOUT', waitedMs: 10_000, overlapped: true },
  ]);
  t.match(kept.list('last').totals, { requests: 2, waits: 1, timeouts: 1, seen: 0 });
});

t.test('a login is in the timeline of the session that it gave, too', async (t) => {
  const kept = timeline();
  const followed = {
    session: sessionLabel('new'),
    notHad: null,
    seen: { changes: [], wrote: 'changed' as const, outside: null },
  };
  kept.record(record('login', {}, { followed }));
  t.match(kept.entries(label), [{ exchange: 'login', outcome: 'turn' }]);
  t.match(kept.entries(sessionLabel('new')), [{ exchange: 'login', outcome: 'followed', wrote: 'changed' }]);
  t.equal(kept.list('last').totals.requests, 1, 'it was one request');
});

t.test('what was made within another request says so', async (t) => {
  const kept = timeline();
  const nested = { by: 'origin' as const, within: { exchange: 'outer', route: 'cart' } };
  kept.record(record('inner', {}, { nested }));
  t.match(kept.entries(label), [{ nested: 'origin', within: { exchange: 'outer' } }]);
});

t.test('at most twenty keys of an entry are named', async (t) => {
  const kept = timeline();
  const changes = Array.from({ length: 25 }, (_, at) => ({
    key: `k${at}`,
    kind: 'added' as const,
    isTouch: false,
  }));
  kept.record(record('e', { seen: { changes, wrote: 'changed', outside: null } }));
  const [entry] = kept.entries(label);
  t.equal(entry?.changes?.length, 20);
  t.equal(entry?.more, 5);
});

t.test('a session is found by its id in any spelling, its label, or the beginning of that', async (t) => {
  const kept = timeline();
  const fleet = fleetTimeline(kept, null);
  const abc = sessionLabel('abc123');
  fleet.record(record('e', { session: abc }));
  fleet.record(record('e', { session: sessionLabel('File-Id') }));
  for (const word of ['abc123', 'ABC123 ', abc, abc.slice(0, 4), `${abc.slice(0, 6)}…`]) {
    t.equal((await fleet.find(word))?.session, abc, word);
  }
  t.equal((await fleet.find('File-Id'))?.session, sessionLabel('File-Id'), 'of a file, capitals count');
  for (const word of ['', 'abc', abc.slice(0, 3), `${abc}0`, '%'])
    t.equal(await fleet.find(word), null, `"${word}"`);
});

/** A store that has some entries already, and takes none. */
function storeWith(entries: TimelineEntry[], of: string): TimelineStore {
  const list: TimelineList = {
    from: 'table',
    totals: { requests: 7, waits: 0, timeouts: 0, seen: 0, outside: 0, sinceMs: 0, waitP99Ms: null },
    sessions: [],
  };
  return {
    add: () => undefined,
    left: () => undefined,
    explainedByOthers: () => Promise.resolve(true),
    labels: (beginning) => Promise.resolve(of.startsWith(beginning) ? [of] : []),
    entries: (session) => Promise.resolve(session === of ? entries : []),
    list: () => Promise.resolve(list),
    close: () => Promise.resolve(),
  };
}

t.test('what all gateways wrote, and what is only in memory here, are one timeline', async (t) => {
  const other = timeline();
  other.record(record('theirs', { enteredAtMs: 5 }));
  other.record(record('ours', { enteredAtMs: 10 }));
  const fleet = fleetTimeline(timeline(), storeWith(other.entries(label), label));
  fleet.record(record('ours', { enteredAtMs: 10 }));
  fleet.record(record('not written yet', { enteredAtMs: 7 }));
  const found = await fleet.find(label.slice(0, 5));
  t.same(exchanges(found?.entries ?? []), ['theirs', 'not written yet', 'ours']);
  t.match(await fleet.list('last'), { from: 'table', totals: { requests: 7 } });
});

t.test('where the store cannot be asked, memory answers', async (t) => {
  const no = (): Promise<never> => Promise.reject(new Error('away'));
  const fleet = fleetTimeline(timeline(), { ...storeWith([], label), labels: no, entries: no, list: no });
  fleet.record(record('e', {}));
  t.match(await fleet.list('last'), { from: 'memory', totals: { requests: 1 } });
  t.same(exchanges((await fleet.find(label))?.entries ?? []), ['e']);
});
