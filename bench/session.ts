import type { Connection } from 'mysql2/promise';
import { systemClock } from '../src/exchange/clock.ts';
import { LockTable } from '../src/mysql/lock-table.ts';
import { NamedLock } from '../src/mysql/named-lock.ts';
import { startMariaDb, type MariaDb } from '../scripts/shop/mariadb.ts';
import { makeScratch } from '../scripts/shop/process.ts';
import { everyFormat } from '../test/contract/codec-formats.ts';
import { measure } from './codec.ts';
import { atMost, reported, rounded, type Bench, type Goal, type Order, type Row } from './report.ts';
import { interleave, median, medianOf, ratio } from './rounds.ts';
import { contend, crowd, gatewayOn, herd, others, percentile, uncontended, type Gateway } from './turns.ts';

type Kind = 'named locks' | 'lock table';

interface Stage extends Order {
  readonly admin: Connection;
  /** A gateway of its own, with connections of its own. */
  readonly open: (kind: Kind, longestQueue?: number) => Promise<Gateway>;
}

interface Found {
  readonly rows: Row[];
  readonly goals: Goal[];
}

/** What a turn costs, and whether turns are fair: alone, in a herd, ten thousand at once, and between gateways. */
export const bench: Bench = {
  async run(order) {
    const { path: scratch, remove } = makeScratch('bench-session');
    process.once('exit', remove);
    const mariadb = await startMariaDb(scratch);
    const admin = await mariadb.connect('shop');
    const opened: Gateway[] = [];
    const open = async (kind: Kind, longestQueue = 50): Promise<Gateway> => {
      const gateway = gatewayOn(lockOf(kind, mariadb), longestQueue);
      opened.push(gateway);
      await gateway.lock.ping();
      return gateway;
    };
    const found: Found[] = [];
    try {
      for (const part of [aloneCost, herdCost, crowdCost, contention, cartCost]) {
        found.push(await part({ ...order, admin, open }));
        for (const { lock } of opened.splice(0)) await lock.close();
      }
      return { rows: found.flatMap(({ rows }) => rows), goals: found.flatMap(({ goals }) => goals) };
    } finally {
      for (const { lock } of opened) await lock.close();
      admin.destroy();
      await mariadb.stop();
    }
  },
};

function lockOf(kind: Kind, { tcpPort, user, password }: MariaDb): NamedLock | LockTable {
  const parts = {
    options: { host: '127.0.0.1', port: tcpPort, user, password, database: 'shop' },
    scope: 'shop.sessions',
    clock: systemClock,
    random: Math.random,
    onLost: (locks: number) => {
      throw new Error(`${locks} locks were lost`);
    },
  };
  return kind === 'named locks' ? new NamedLock(parts) : new LockTable(parts);
}

async function aloneCost({ open, admin, seconds, rounds, say }: Stage): Promise<Found> {
  say('one turn after the other');
  const kinds: Kind[] = ['named locks', 'lock table'];
  const contenders = [];
  for (const name of kinds) {
    const gateway = await open(name);
    contenders.push({ name, measure: () => uncontended(gateway, admin, seconds) });
  }
  const measured = await interleave(contenders, rounds, () => undefined);
  const rows = kinds.map((kind) => {
    const each = measured.get(kind) ?? [];
    const statements = each.reduce((sum, round) => sum + round.statements, 0);
    const turns = each.reduce((sum, round) => sum + round.turns, 0);
    return {
      case: `a turn, ${kind}`,
      'p50 ms': rounded(medianOf(each, ({ p50Ms }) => p50Ms)),
      'p99 ms': rounded(medianOf(each, ({ p99Ms }) => p99Ms)),
      'turns/s': rounded(medianOf(each, (round) => round.turns / seconds)),
      // Not rounded off: a heartbeat in 10 s is all there may be besides.
      'statements/turn': Number((statements / turns).toFixed(3)),
    };
  });
  const [names, table] = rows;
  return {
    rows,
    goals: [
      // 0.01 is one heartbeat in a hundred turns.
      atMost('round trips of a turn that nobody else wants', 2.01, names?.['statements/turn'] ?? NaN),
      atMost('a turn that nobody else wants (p50, ms)', 1, names?.['p50 ms'] ?? NaN),
      reported('the same with the lock table (p50, ms)', table?.['p50 ms'] ?? NaN),
    ],
  };
}

async function herdCost({ open, rounds, say }: Stage): Promise<Found> {
  say('1,000 requests of one session at once, and 50 other sessions beside them');
  const gateway = await open('named locks', 10_000);
  let served = 0;
  let inOrder = true;
  const beside = async (work: () => Promise<unknown>): Promise<{ p50Ms: number; p99Ms: number }> => {
    let isOver = false;
    const times = others(gateway, () => isOver);
    await work();
    isOver = true;
    const all = await times;
    return { p50Ms: median(all), p99Ms: percentile(all, 99) };
  };
  const withHerd = async () => {
    const found = await herd(gateway, 1000, 1);
    served += found.served;
    inOrder &&= found.inOrder;
  };
  const without = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2_000));
  const measured = await interleave(
    [
      { name: 'without', measure: () => beside(without) },
      { name: 'with', measure: () => beside(withHerd) },
    ],
    rounds,
    () => undefined,
  );
  const refusing = await herd(await open('named locks', 50), 1000, 1);
  const row = (name: string): Row => {
    const each = measured.get(name) ?? [];
    const figures = {
      'p50 ms': rounded(medianOf(each, ({ p50Ms }) => p50Ms)),
      'p99 ms': rounded(medianOf(each, ({ p99Ms }) => p99Ms)),
    };
    return { case: `a turn of 50 others, ${name} the herd`, ...figures };
  };
  const refusals = `${refusing.served} served, ${refusing.refused} refused`;
  return {
    rows: [row('without'), row('with')],
    goals: [
      exactly('1,000 requests of one session, queue 10,000: all served in order', 'yes', {
        measured: inOrder && served === 1000 * (rounds + 1) ? 'yes' : 'no',
      }),
      exactly('1,000 requests of one session, queue 50', '51 served, 949 refused', { measured: refusals }),
      atMost(
        'the others with the herd, of without (p50)',
        2,
        ratio(measured, ['with', 'without'], (of) => of.p50Ms),
      ),
      reported(
        'the others with the herd, of without (p99)',
        ratio(measured, ['with', 'without'], (of) => of.p99Ms),
      ),
    ],
  };
}

function exactly(goal: string, wanted: string, { measured }: { measured: string }): Goal {
  return { goal, wanted, measured, held: measured === wanted };
}

async function crowdCost({ open, admin, say }: Stage): Promise<Found> {
  const rows: Row[] = [];
  const goals: Goal[] = [];
  for (const kind of ['named locks', 'lock table'] as const) {
    say(`10,000 turns at once, ${kind}`);
    const gateway = await open(kind);
    await crowd(gateway, admin, 1000); // warms up
    const { takenMs, leftMs, bytesPerTurn, connections } = await crowd(gateway, admin, 10_000);
    rows.push({
      case: `10,000 turns at once, ${kind}`,
      'all taken ms': rounded(takenMs),
      'all left ms': rounded(leftMs),
      'bytes/turn': rounded(bytesPerTurn),
      connections,
    });
    goals.push(atMost(`connections for 10,000 turns, ${kind}`, 8, connections));
    await gateway.lock.close();
  }
  return { rows, goals };
}

async function contention({ open, admin, seconds, say }: Stage): Promise<Found> {
  const rows: Row[] = [];
  const goals: Goal[] = [];
  for (const kind of ['named locks', 'lock table'] as const) {
    for (const count of [2, 4]) {
      say(`${count} gateways that want one session, ${kind}`);
      const gateways = await Promise.all(Array.from({ length: count }, () => open(kind)));
      const found = await contend(gateways, admin, seconds * 2, 10);
      rows.push({
        case: `${count} gateways, turns of 10 ms, ${kind}`,
        'turns of each': found.turns.join(' '),
        'longest wait': found.longestWait,
        'statements/s': rounded(found.statementsPerSecond),
      });
      const goal = `${count} gateways, ${kind}: turns of others between two of one`;
      goals.push(atMost(goal, count - 1, found.longestWait));
      for (const { lock } of gateways) await lock.close();
    }
  }
  return { rows, goals };
}

async function cartCost({ seconds, say }: Stage): Promise<Found> {
  say('a cart of 14 kB');
  const dumper = everyFormat().find(({ name }) => name === 'dumper');
  if (dumper === undefined) throw new Error('there is no format dumper');
  const { changed } = measure(dumper, (seconds * 1000) / 3);
  return {
    rows: [],
    goals: [atMost('a cart of 14 kB in dumper: decode, change, encode (p50, ms)', 1, changed)],
  };
}
