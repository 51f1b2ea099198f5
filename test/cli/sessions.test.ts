import { join, resolve } from 'node:path';
import t from 'tap';
import { printTimeline } from '../../src/cli/timeline.ts';
import type { TimelineEntry, TurnEntry } from '../../src/telemetry/timeline.ts';
import { banyan } from '../helpers/cli.ts';

const noon = Date.UTC(2003, 0, 1, 12);
const turn = (atMs: number, more: Partial<TurnEntry> = {}): TurnEntry => ({
  kind: 'turn',
  atMs: noon + atMs,
  exchange: `e${atMs}`,
  route: 'cart',
  method: 'POST',
  side: 'legacy',
  status: 200,
  waitedMs: 0,
  heldMs: 60,
  overlapped: false,
  lost: false,
  wrote: 'changed',
  changes: [{ key: 'cart', kind: 'changed', isTouch: false }],
  more: 0,
  ...more,
});

t.test('a timeline points at the races that were prevented, and at the update that is lost', async (t) => {
  const outside: TimelineEntry = {
    kind: 'outside',
    finding: 'lost_update',
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
    `5f3a9c0000  3 turns  ✖ 1 changed outside the turn
times are UTC; ╌ waited, █ held the turn, the bar is 114 ms
12:00:00.000  POST cart  legacy  200  █████████████             held 60 ms                    ~cart
12:00:00.006  GET view   port    200  ╌╌╌╌╌╌╌╌╌╌╌█████████████  waited 54 ms, held 60 ms      no change  ← would have lost cart of POST cart
12:00:00.900  found      outside       ✗✗                        LOST UPDATE                   ~cart, after 12:00:00.120
              └ "cart" is again what it was before POST cart at 12:00:00.000: that update is lost
12:00:00.900  POST cart  legacy  200  █████████████             held 60 ms                    not seen
`,
  );
});

t.test('where nobody looked, nobody says that all is well', async (t) => {
  t.match(printTimeline('s', [turn(0)]), '✔ 0 changed outside the turn');
  t.match(printTimeline('s', [turn(0, { wrote: null, changes: null })]), '? nobody looked');
});

t.test('keys of a visitor’s cannot play tricks with the terminal', async (t) => {
  const changes = [{ key: '\x1b[2Jx\n', kind: 'added' as const, isTouch: false }];
  t.match(printTimeline('s', [turn(0, { changes })]), '+?[2Jx?');
});

const fixture = resolve(import.meta.dirname, '../fixtures/perl/cart.cgisession-default.bin');

t.test('banyan sessions decode shows what is in a session', async (t) => {
  const { code, stdout } = await banyan('.', ['sessions', 'decode', fixture]);
  t.equal(code, 0);
  t.match(stdout, /^_SESSION_ID = "/m);
  const json = await banyan('.', ['sessions', 'decode', fixture, '--json']);
  t.match(JSON.parse(json.stdout), { schema: 1, data: { _SESSION_ID: String } });
});

t.test('what is no session is refused with the place', async (t) => {
  const folder = t.testdir({ bad: "$D = {'a' => system('ls')};;$D" });
  t.match(await banyan('.', ['sessions', 'decode', join(folder, 'bad')]), {
    code: 1,
    stdout: '',
    stderr: /byte/,
  });
  t.match(await banyan('.', ['sessions', 'decode', join(folder, 'none')]), {
    code: 2,
    stderr: /cannot be read/,
  });
});
