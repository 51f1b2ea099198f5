import t from 'tap';
import { printSessions } from '../../src/cli/session-list.ts';
import { printTimeline } from '../../src/cli/timeline.ts';
import type { TimelineEntry, TurnEntry } from '../../src/session/timeline-entry.ts';
import { turnEntry } from '../helpers/records.ts';

const noon = Date.UTC(2003, 0, 1, 12);
const cart = { key: 'cart', kind: 'changed', isTouch: false } as const;
const turn = (atMs: number, more: Partial<TurnEntry> = {}): TurnEntry =>
  turnEntry(`e${atMs}`, noon + atMs, { changes: [cart], ...more });

t.test('a timeline points at the races that were prevented, and at the update that is lost', async (t) => {
  const outside: TimelineEntry = {
    kind: 'outside',
    finding: 'lost_update',
    gateway: 'here:1',
    atMs: noon + 900,
    sinceMs: noon + 120,
    changes: [{ key: 'cart', kind: 'changed', isTouch: false }],
    more: 0,
    undone: [{ key: 'cart', exchange: 'e0', route: 'cart' }],
    leftBy: { exchange: 'e6', route: 'view' },
    foundBy: { exchange: 'e900', route: 'cart' },
  };
  const text = printTimeline('5f3a9c0000', [
    turn(0),
    turn(6, { method: 'GET', route: 'view', side: 'port', waitedMs: 54, overlapped: true, changes: [] }),
    outside,
    turn(900, { changes: null }),
  ]);
  t.equal(
    text,
    `5f3a9c0000  3 requests  ✖ 1 changed outside the turn
times are UTC; ╌ waited, █ held the turn, the bar is 114 ms
12:00:00.000  POST cart  legacy  200  █████████████             held 60 ms                    ~cart
12:00:00.006  GET view   port    200  ╌╌╌╌╌╌╌╌╌╌╌█████████████  waited 54 ms, held 60 ms      no change  ← would have lost cart of POST cart
12:00:00.900  found      outside       ✗✗                        LOST UPDATE                   ~cart, after 12:00:00.120
              └ "cart" is again what it was before POST cart at 12:00:00.000: that update is lost
12:00:00.900  POST cart  legacy  200  █████████████             held 60 ms                    not seen
`,
  );
});

t.test('requests without a turn say why they have none', async (t) => {
  const text = printTimeline('5f3a9c0000', [
    turn(0, { heldMs: 10_000 }),
    turn(5, { method: 'GET', route: 'view', outcome: 'no-turn', wrote: 'unchanged', changes: [] }),
    turn(9, {
      side: 'none',
      status: 503,
      outcome: 'refused',
      refusal: 'TURN_TIMEOUT',
      waitedMs: 10_000,
      heldMs: 0,
      overlapped: true,
      wrote: null,
      changes: null,
    }),
  ]);
  t.equal(
    text.split('\n').slice(2).join('\n'),
    `12:00:00.000  POST cart  legacy  200  ████████████████████████  held 10 s                     ~cart
12:00:00.005  GET view   legacy  200                            takes no turn                 no change
12:00:00.009  POST cart  none    503  ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  ✖ 503 waited 10 s, no turn    (TURN_TIMEOUT)
`,
  );
});

t.test('nested requests, logins and other gateways are told apart', async (t) => {
  const within = { exchange: 'e0', route: 'cart' };
  const text = printTimeline('5f3a9c0000', [
    turn(0),
    turn(9, { nested: 'token', within, overlapped: true }),
    turn(20, { outcome: 'followed', refusal: 'it did not come', gateway: 'there:2' }),
  ]);
  const [, , first, second, third] = text.split('\n');
  t.match(first, /~cart {2}@ here:1$/);
  t.match(second, /← within cart \(by token\) {2}@ here:1$/, 'and it raced nobody');
  t.match(third, /gave the visitor this session .*← without its turn: it did not come {2}@ there:2$/);
});

t.test('the list fits a terminal of 80 columns', async (t) => {
  const sessions = Array.from({ length: 40 }, (_, at) => ({
    session: `c7a6e3ceb${at % 10}`,
    requests: 182_401,
    waits: 12_840,
    timeouts: 3,
    seen: 182_000,
    outside: 17,
    longestWaitMs: 123_456,
    longestHoldMs: 123_456,
    lastAtMs: noon,
  }));
  const totals = {
    requests: 182_401,
    waits: 12_840,
    timeouts: 31,
    seen: 1,
    outside: 0,
    sinceMs: noon,
    waitP99Ms: 61,
  };
  const text = printSessions({ from: 'table', totals, sessions }, 30);
  t.equal(Math.max(...text.split('\n').map((line) => line.length)) <= 80, true, text);
  t.match(text, 'since 2003-01-01 12:00 UTC, all gateways: 182,401 requests with a session,\n');
  t.match(text, '12,840 waited for another request of the same session (p99 61 ms), 31 timeouts\n');
  t.match(text, '✔ 0 changed outside the turn\nlongest holders: c7a6e3 123.5 s,');
  t.match(text, /and 10 more; --json has them all\n$/);
});

t.test('where nobody looked, nobody says that all is well', async (t) => {
  t.match(printTimeline('s', [turn(0)]), '✔ 0 changed outside the turn');
  t.match(printTimeline('s', [turn(0, { wrote: null, changes: null })]), '? nobody looked');
});

t.test('keys of a visitor’s cannot play tricks with the terminal', async (t) => {
  const changes = [{ key: '\x1b[2Jx\n', kind: 'added' as const, isTouch: false }];
  t.match(printTimeline('s', [turn(0, { changes })]), '+?[2Jx?');
});
