import t from 'tap';
import type { ConfigStatus } from '../../src/control/api.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import type { Habit } from '../../src/session/advice.ts';
import type { TimelineEntry, TimelineList } from '../../src/session/timeline-entry.ts';
import { asOne, configTogether, listsTogether, oneSession } from '../../src/workers/as-one.ts';

function configOf(revision: number, hash: string, refusedHash: string | null = null): ConfigStatus {
  const refused = refusedHash === null ? null : { hash: refusedHash, at: '', findings: [] };
  return { revision, hash, rev: null, takenOverAt: '', routes: 1, refused };
}

function listOf(session: string, lastAtMs: number, waits: readonly number[]) {
  const counts = { requests: 2, waits: waits.length, timeouts: 0, seen: 1, outside: 0 };
  const summary = { session, ...counts, longestWaitMs: Math.max(...waits), longestHoldMs: 5, lastAtMs };
  const totals = { ...counts, sinceMs: lastAtMs - 100, waitP99Ms: Math.max(...waits) };
  const list: TimelineList = { from: 'memory', totals, sessions: [summary] };
  return { list, waits };
}

function entryOf(exchange: string, atMs: number): TimelineEntry {
  return { kind: 'turn', outcome: 'turn', exchange, atMs, waitedMs: 0 } as TimelineEntry;
}

t.test('a text runs once all run it, and is refused as soon as one refuses it', async (t) => {
  const told = (...configs: ConfigStatus[]) =>
    configTogether(configs.map((config, at) => ({ worker: at + 1, pid: 100 + at, config })));
  t.match(told(configOf(2, 'new'), configOf(1, 'old')), { hash: 'old', revision: 1, differ: true });
  t.match(told(configOf(2, 'new'), configOf(2, 'new')), {
    hash: 'new',
    differ: false,
    workers: [
      { worker: 1, pid: 100, hash: 'new' },
      { worker: 2, pid: 101, hash: 'new' },
    ],
  });
  t.match(told(configOf(2, 'new'), configOf(2, 'new', 'bad')), {
    refused: { hash: 'bad' },
    differ: true,
    workers: [{ refused: null }, { refused: 'bad' }],
  });
});

t.test('sessions that went through several workers are one, and waits are not averaged', async (t) => {
  const list = listsTogether([listOf('abc', 1000, [10, 20]), listOf('abc', 2000, [400])], 'last');
  t.match(list, {
    from: 'memory',
    totals: { requests: 4, waits: 3, sinceMs: 900, waitP99Ms: 400 },
    sessions: [{ session: 'abc', requests: 4, waits: 3, longestWaitMs: 400, lastAtMs: 2000 }],
  });
  const both = listsTogether([listOf('abc', 1000, [1]), listOf('def', 2000, [1])], 'last');
  t.same(
    both.sessions.map(({ session }) => session),
    ['def', 'abc'],
  );
  const table = { list: { ...list, from: 'table' as const }, waits: [1] };
  t.equal(listsTogether([table, table], 'last').totals.requests, 4, 'a table is of all of them already');
});

t.test('one session is put together in the order of its turns, each once', async (t) => {
  const [one, two, three] = [entryOf('x-1', 1), entryOf('y-1', 2), entryOf('x-2', 3)];
  const found = oneSession('abc', [
    { session: 'abcdef', entries: [one, three] },
    { session: 'abcdef', entries: [two, three] },
  ]);
  t.same(found, { session: 'abcdef', entries: [one, two, three] });
  t.equal(oneSession('abc', []), null);
  const [mine, other] = [sessionLabel('abc'), 'abc1234567'];
  const ambiguous = [mine, other].map((session) => ({ session, entries: [one] }));
  t.equal(oneSession('abc', ambiguous)?.session, mine, 'two beginnings are an id');
  t.equal(oneSession('ab', ambiguous), null);
});

t.test('the advice is of what all have seen, and who is silent holds nobody up', async (t) => {
  const habit: Habit = { route: 'view', use: 'write', seen: 300, touched: 0, changed: 0, keys: [] };
  const worker = (habits: Habit[]) => ({
    worker: 1,
    pid: 1,
    habits: async () => habits,
    notReady: async () => 'The database is gone.',
  });
  const silent = { worker: 2, pid: 2, habits: () => Promise.reject(new Error('silent')) };
  const ask = (...workers: object[]) => asOne(() => workers as ReturnType<Parameters<typeof asOne>[0]>, 3);
  t.match(await ask(worker([habit]), worker([habit]), silent).advice(), [{ habit: { seen: 600 } }]);
  t.same(await ask(worker([habit]), silent).advice(), [], 'too few');
  t.same(
    await ask(worker([habit]), worker([{ ...habit, changed: 1 }])).advice(),
    [],
    'one of them saw a change',
  );
  await t.rejects(ask(silent).advice(), { message: 'No worker answers at the moment.' });
  t.equal(await ask().notReady(), 'No worker serves.');
  t.equal(await ask(worker([])).notReady(), 'The database is gone.');
  t.equal(
    await ask(worker([]), { ...worker([]), notReady: async () => null }).notReady(),
    null,
    'one is enough',
  );
  t.same(ask(worker([])).workers?.(), { wanted: 3, serving: 1 });
});
