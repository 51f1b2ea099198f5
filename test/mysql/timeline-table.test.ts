import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { TimelineTable } from '../../src/mysql/timeline-table.ts';
import type { TimelineEntry, TurnEntry } from '../../src/session/timeline-entry.ts';
import { fakeClock, settle, type FakeClock } from '../helpers/clock.ts';
import { turnEntry } from '../helpers/records.ts';
import { until } from '../helpers/shop.ts';
import { optionsFor, useMariaDb } from './use-mariadb.ts';

const label = (digit: string): string => digit.repeat(10);

function turn(clock: FakeClock, exchange: string, more: Partial<TurnEntry> = {}): TurnEntry {
  return turnEntry(exchange, clock.epochMs(), more);
}

t.test('the timeline of all gateways, in a real MariaDB', async (t) => {
  const mariadb = await useMariaDb(t);
  const options = optionsFor(mariadb);
  const db = await mariadb.connect('shop');
  t.teardown(() => db.destroy());
  const count = async (where: string): Promise<number> => {
    const [rows] = await db.query<RowDataPacket[]>(
      `SELECT COUNT(*) AS n FROM banyan_timeline WHERE ${where}`,
    );
    return Number(rows[0]?.['n']);
  };

  interface Gateway {
    readonly table: TimelineTable;
    readonly clock: FakeClock;
    readonly lost: [number, string][];
    /** Lets what waits be written. */
    write(): Promise<void>;
  }
  function gateway(name: string, more: { keepMs?: number; port?: number; isToTell?: boolean } = {}): Gateway {
    const { keepMs = 3_600_000, isToTell = false, ...other } = more;
    const still = fakeClock();
    // What gateways tell each other goes by the server's clock, which runs.
    const clock: FakeClock = isToTell ? { ...still, epochMs: () => Date.now() } : still;
    const lost: [number, string][] = [];
    const table = new TimelineTable({
      options: { ...options, ...other },
      gateway: name,
      keepMs,
      clock,
      onLost: (...what) => lost.push(what),
    });
    t.teardown(() => table.close());
    const write = async (): Promise<void> => {
      await settle();
      clock.advance(250);
      await table.labels('ffff').catch(() => undefined); // on the same connection: whatever was written before is there
      await settle();
    };
    return { table, clock, lost, write };
  }

  /** Lets a gateway ask the others, as often as it does. */
  async function asked<T>({ clock, table }: Gateway, answer: Promise<T>, times = 3): Promise<T> {
    for (let time = 0; time < times; time++) {
      await settle();
      clock.advance(500);
      await settle(); // it is asked now, and on the same connection answered before what is asked next
      await table.labels('ffff').catch(() => undefined);
    }
    return answer;
  }

  await t.test(
    'entries come back in their order, whichever gateway wrote them, and survive it',
    async (t) => {
      const [one, two] = [gateway('one:1'), gateway('two:1')];
      one.table.add(label('a'), turn(one.clock, 'e1', { gateway: 'one:1' }));
      await one.write();
      two.clock.advance(500);
      const odd = [{ key: "it's \\ \u{1f4bf} \0", kind: 'added' as const, isTouch: false }];
      two.table.add(label('a'), turn(two.clock, 'e2', { gateway: 'two:1', changes: odd }));
      await two.write();
      await one.table.close();
      const third = gateway('three:1');
      t.match(await third.table.entries(label('a')), [
        { exchange: 'e1', gateway: 'one:1' },
        { exchange: 'e2', gateway: 'two:1', changes: odd },
      ]);
      t.same(await third.table.entries(label('b')), []);
      t.same(await third.table.labels('aaaa'), [label('a')]);
      await two.table.close();
      await third.table.close();
    },
  );

  await t.test(
    'what was taken is read, and written when the gateway ends, without waiting for its time',
    async (t) => {
      const one = gateway('one:1');
      one.table.add(label('b'), turn(one.clock, 'e1'));
      t.equal(
        (await one.table.list('last')).sessions.filter(({ session }) => session === label('b')).length,
        1,
      );
      one.table.add(label('b'), turn(one.clock, 'e2'));
      await one.table.close();
      t.equal(await count(`session = '${label('b')}'`), 2);
    },
  );

  await t.test('the list adds up what all of them wrote, in any order', async (t) => {
    await db.query('DELETE FROM banyan_timeline');
    const one = gateway('one:1');
    const add = (session: string, exchange: string, more: Partial<TurnEntry>): void => {
      one.clock.advance(1);
      one.table.add(session, turn(one.clock, exchange, more));
    };
    const outside: TimelineEntry = {
      kind: 'outside',
      finding: 'lost_update',
      atMs: one.clock.epochMs(),
      gateway: 'one:1',
      sinceMs: 0,
      changes: [],
      more: 0,
      undone: [],
      leftBy: { exchange: 'e', route: 'r' },
      foundBy: { exchange: 'e', route: 'r' },
    };
    add(label('a'), 'a1', { overlapped: true, waitedMs: 40 });
    add(label('a'), 'a2', {
      overlapped: true,
      waitedMs: 20,
      outcome: 'refused',
      refusal: 'TURN_TIMEOUT',
      wrote: null,
    });
    add(label('b'), 'b1', { heldMs: 900 });
    one.table.add(label('b'), outside);
    add(label('c'), 'c1', {});
    one.table.left(label('c'), { digest: 'x' }, one.clock.epochMs());
    const { from, totals, sessions } = await one.table.list('last');
    t.equal(from, 'table');
    t.match(totals, { requests: 4, waits: 2, timeouts: 1, seen: 3, outside: 1, waitP99Ms: 40 });
    t.same(
      sessions.map(({ session }) => session[0]),
      ['c', 'b', 'a'],
    );
    t.match(sessions[2], {
      requests: 2,
      waits: 2,
      timeouts: 1,
      longestWaitMs: 40,
      longestHoldMs: 60,
      outside: 0,
    });
    for (const [by, first] of [
      ['waits', 'a'],
      ['held', 'b'],
      ['outside', 'b'],
    ] as const)
      t.equal((await one.table.list(by)).sessions[0]?.session, label(first), by);
    await one.table.close();
  });

  await t.test('rows that are old are deleted', async (t) => {
    await db.query('DELETE FROM banyan_timeline');
    const one = gateway('one:1', { keepMs: 60_000 });
    one.table.add(label('a'), turn(one.clock, 'old'));
    await one.write();
    one.clock.advance(45_000);
    await settle();
    one.table.add(label('a'), turn(one.clock, 'new'));
    await one.write();
    t.equal(await count("session <> ''"), 2);
    await until('the old one is gone', async () => {
      one.clock.advance(15_000);
      await one.write();
      return (await count("session <> ''")) < 2;
    });
    t.match(await one.table.entries(label('a')), [{ exchange: 'new' }]);
    await one.table.close();
  });

  await t.test(
    'another gateway’s turn explains how a session was found, an outsider’s write does not',
    async (t) => {
      await db.query('DELETE FROM banyan_timeline');
      const [one, two] = [gateway('one:1', { isToTell: true }), gateway('one:1', { isToTell: true })];
      const sinceMs = one.clock.epochMs();
      const explained = (digest: string | null, of = 'a'): Promise<boolean> =>
        asked(one, one.table.explainedByOthers(label(of), digest, sinceMs, sinceMs + 1_000));
      one.table.left(label('a'), { digest: 'ours' }, sinceMs);
      two.table.left(label('a'), { digest: 'theirs' }, sinceMs + 100);
      two.table.left(label('b'), { digest: null }, sinceMs + 100);
      two.table.left(label('c'), null, sinceMs + 100);
      await one.write();
      await two.write();
      t.equal(await explained('theirs'), true);
      t.equal(await explained('ours'), false, 'our own turn is no other gateway’s');
      t.equal(await explained('another'), false);
      t.equal(await explained(null, 'b'), true, 'it removed the row');
      t.equal(await explained('x', 'b'), false);
      t.equal(await explained('x', 'c'), true, 'how that turn left it nobody saw');
      const later = one.table.explainedByOthers(label('a'), 'theirs', sinceMs + 60_000, sinceMs + 61_000);
      t.equal(await asked(one, later), false, 'long ago');
      await one.table.close();
      await two.table.close();
    },
  );

  await t.test('a row that is on its way is waited for', async (t) => {
    const [one, two] = [gateway('one:1', { isToTell: true }), gateway('two:1', { isToTell: true })];
    const atMs = one.clock.epochMs();
    const answer = one.table.explainedByOthers(label('e'), 'soon', atMs, atMs);
    await asked(one, Promise.resolve(), 1);
    two.table.left(label('e'), { digest: 'soon' }, atMs);
    await two.write();
    t.equal(await asked(one, answer, 1), true);
    await one.table.close();
    await two.table.close();
  });

  await t.test(
    'a database that is away costs nothing but its rows, which are counted and said once a minute',
    async (t) => {
      const one = gateway('one:1', { port: 1 });
      for (let row = 0; row < 5_003; row++) one.table.left(label('a'), null, 0);
      const tick = async (milliseconds: number): Promise<void> => {
        one.clock.advance(milliseconds);
        await one.table.labels('ffff').catch(() => undefined);
        await settle();
      };
      await tick(250);
      t.same(one.lost, [[3, 'the database does not take them']]);
      one.table.left(label('a'), null, 0);
      await tick(250);
      t.equal(one.lost.length, 1);
      await until('it is said again', async () => {
        await tick(30_000);
        return one.lost.length === 2;
      });
      t.match(one.lost[1], [1]);
      await t.rejects(one.table.entries(label('a')));
      const answer = one.table.explainedByOthers(label('a'), 'x', 0, 0);
      t.equal(await asked(one, answer, 1), true, 'nobody can tell');
      await one.table.close();
    },
  );

  await t.test(
    'after a restart of the server it goes on, and others know that rows are missing',
    async (t) => {
      const one = gateway('one:1');
      one.table.add(label('f'), turn(one.clock, 'before'));
      await one.write();
      await mariadb.restart();
      const again = await mariadb.connect('shop');
      t.teardown(() => again.destroy());
      for (let row = 0; row < 5_001; row++) one.table.left(label('f'), { digest: 'x' }, one.clock.epochMs());
      await until('the rows are written', async () => {
        one.clock.advance(5_000);
        await one.table.labels('ffff').catch(() => undefined);
        const [rows] = await again.query<RowDataPacket[]>(
          "SELECT SUM(kind = 'gap') AS gaps, SUM(digest = 'x') AS kept FROM banyan_timeline",
        );
        return Number(rows[0]?.['gaps']) === 1 && Number(rows[0]?.['kept']) === 5_000;
      });
      t.match(await one.table.entries(label('f')), [{ exchange: 'before' }]);
      await one.table.close();
    },
  );
});
