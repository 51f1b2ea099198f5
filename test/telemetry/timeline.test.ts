import t from 'tap';
import type { ExchangeRecord, TurnRecord } from '../../src/record.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import { makeTimeline } from '../../src/telemetry/timeline.ts';

function record(id: string, turn: Partial<TurnRecord> | null): ExchangeRecord {
  const whole = {
    session: sessionLabel('s'),
    enteredAtMs: 0,
    waitedLocalMs: 0,
    waitedDatabaseMs: 0,
    heldMs: 1,
    overlapped: false,
    lost: false,
    seen: null,
  };
  return {
    id,
    method: 'GET',
    path: '/',
    route: 'r',
    revision: 1,
    lane: 'story',
    served: 'port',
    why: '',
    status: 200,
    elapsedMs: 1,
    turn: turn === null ? null : { ...whole, ...turn },
    sides: [],
    fallback: null,
    problem: null,
    clientLeft: false,
  };
}

t.test('so many entries of a session are kept, the last ones', async (t) => {
  const timeline = makeTimeline({ mostSessions: 2, mostEntries: 3 });
  for (let at = 1; at <= 10; at++) timeline.record(record(`e${at}`, { enteredAtMs: at, heldMs: at }));
  const kept = timeline
    .find(sessionLabel('s'))
    ?.entries.map((entry) => (entry.kind === 'turn' ? entry.exchange : ''));
  t.same(kept, ['e8', 'e9', 'e10']);
  t.match(timeline.sessions(), [
    { session: sessionLabel('s'), requests: 10, longestHoldMs: 10, lastAtMs: 10, outside: 0 },
  ]);
});

t.test('so many sessions are kept, those used last', async (t) => {
  const timeline = makeTimeline({ mostSessions: 2, mostEntries: 3 });
  for (const session of ['a', 'b', 'a', 'c']) timeline.record(record('e', { session }));
  t.same(
    timeline.sessions().map(({ session }) => session),
    ['c', 'a'],
  );
  t.equal(timeline.find('b'), null);
});

t.test('turns stand in the order in which they were had, whenever their clients were done', async (t) => {
  const timeline = makeTimeline({ mostSessions: 2, mostEntries: 9 });
  timeline.record(record('second', { enteredAtMs: 20, waitedLocalMs: 19, overlapped: true }));
  timeline.record(record('first', { enteredAtMs: 10 }));
  t.match(timeline.find('s')?.entries, [
    { exchange: 'first' },
    { exchange: 'second', atMs: 1, waitedMs: 19 },
  ]);
  t.match(timeline.sessions(), [{ waits: 1, longestWaitMs: 19 }]);
});

t.test('an exchange without a turn is not in it', async (t) => {
  const timeline = makeTimeline({ mostSessions: 2, mostEntries: 9 });
  timeline.record(record('e', null));
  t.same(timeline.sessions(), []);
});

t.test('at most twenty keys of an entry are named', async (t) => {
  const timeline = makeTimeline({ mostSessions: 2, mostEntries: 9 });
  const changes = Array.from({ length: 25 }, (_, at) => ({
    key: `k${at}`,
    kind: 'added' as const,
    isTouch: false,
  }));
  timeline.record(record('e', { seen: { changes, wrote: 'changed', outside: null } }));
  const [entry] = timeline.find('s')?.entries ?? [];
  t.equal(entry?.changes?.length, 20);
  t.equal(entry?.more, 5);
});

t.test('a session is found by its id in any spelling, its label, or the beginning of that', async (t) => {
  const timeline = makeTimeline({ mostSessions: 9, mostEntries: 9 });
  const label = sessionLabel('abc123');
  timeline.record(record('e', { session: label }));
  for (const word of ['abc123', 'ABC123 ', label, label.slice(0, 4), `${label.slice(0, 6)}…`]) {
    t.equal(timeline.find(word)?.session, label, word);
  }
  for (const word of ['', 'abc', label.slice(0, 3), `${label}0`])
    t.equal(timeline.find(word), null, `"${word}"`);
});
