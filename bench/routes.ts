import { makeScratch } from '../scripts/shop/process.ts';
import { atMost, reported, rounded, type Bench, type Goal, type Measured, type Row } from './report.ts';
import { mixedKey, routesFile, shapes, tableOf } from './routes-files.ts';
import { contenderName, ourLookup, theirLookup, type LookupFigures } from './routes-match.ts';
import { reloadUnderLoad } from './routes-reload.ts';
import { interleave, median, medianOf, ratio, type Rounds } from './rounds.ts';

const counts = [10, 100, 1_000, 10_000];
const [fewest, most] = [10, 10_000];

const goals = {
  loadMs: 2_000,
  matchMicros: 20,
  /** A table of 10,000 does not fit into the processor's caches as one of 10 does: that is all it may cost. */
  growth: 10,
  pauseMs: 50,
};

/** Whether it is felt how many routes there are: when they are read, at each request, and when they are replaced. */
export const bench: Bench = {
  run: async ({ rounds, seconds, say }) => {
    const parts = [
      measureLoading(rounds, say),
      await measureMatching(rounds, seconds, say),
      await measureReloading(rounds, say),
    ];
    return { rows: parts.flatMap(({ rows }) => rows), goals: parts.flatMap((part) => part.goals) };
  },
};

/** Read and validated from the text to the table, in one go, as at the start of the gateway. */
function measureLoading(rounds: number, say: (text: string) => void): Measured {
  const rows: Row[] = [];
  let atMostRoutes = NaN;
  for (const count of counts) {
    say(`reading ${count} routes`);
    const text = routesFile(count, mixedKey);
    const times = Array.from({ length: rounds }, () => {
      const started = performance.now();
      tableOf(text);
      return performance.now() - started;
    });
    rows.push({
      case: 'load and validate',
      routes: count,
      ms: rounded(median(times)),
      'slowest ms': rounded(Math.max(...times)),
    });
    if (count === most) atMostRoutes = Math.max(...times);
  }
  return {
    rows,
    goals: [atMost(`${most} routes: load and validate, slowest (ms)`, goals.loadMs, atMostRoutes)],
  };
}

async function measureMatching(
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<Measured> {
  const budgetMs = (seconds * 1_000) / 20;
  const contenders = shapes.flatMap((shape) =>
    counts.flatMap((count) =>
      [ourLookup(shape, count, budgetMs), theirLookup(shape, count, budgetMs) ?? []].flat(),
    ),
  );
  const measured = await interleave(contenders, rounds, (round) =>
    say(`matching, round ${round} of ${rounds}`),
  );
  const rows = shapes.flatMap((shape) =>
    counts.map((count): Row => ({
      case: `match: ${shape.name}`,
      routes: count,
      us: rounded(micros(measured, contenderName(shape, count))),
      'find-my-way us': orNull(micros(measured, contenderName(shape, count, 'find-my-way'))),
    })),
  );
  return {
    rows,
    goals: shapes.flatMap((shape) =>
      goalsOfMatching(measured, contenderName(shape, most), contenderName(shape, fewest), shape.name),
    ),
  };
}

function goalsOfMatching(measured: Rounds<LookupFigures>, many: string, few: string, name: string): Goal[] {
  return [
    atMost(`match: ${name}, ${most} routes (us)`, goals.matchMicros, micros(measured, many)),
    atMost(
      `match: ${name}, ${most} routes as against ${fewest}`,
      goals.growth,
      ratio(measured, [many, few], (each) => each.micros),
    ),
  ];
}

async function measureReloading(rounds: number, say: (text: string) => void): Promise<Measured> {
  const { path: scratch, remove } = makeScratch('bench-routes');
  process.once('exit', remove);
  const kinds = await reloadUnderLoad(scratch, rounds, (text) => say(`under load: ${text}`));
  const rows = kinds.map((kind): Row => ({
    case: `reload: ${kind.name}`,
    routes: most,
    reloads: kind.reloads,
    ms: orNull(kind.tookMs),
    requests: kind.requests,
    failed: kind.failed,
    'longest request ms': rounded(kind.longestRequestMs),
    'longest pause ms': rounded(kind.longestPauseMs),
  }));
  const worst = (figure: (kind: (typeof kinds)[number]) => number): number => Math.max(...kinds.map(figure));
  return {
    rows,
    goals: [
      atMost(
        'reload under load: failed requests',
        0,
        worst(({ failed }) => failed),
      ),
      atMost(
        'reload under load: longest pause (ms)',
        goals.pauseMs,
        worst(({ longestPauseMs }) => longestPauseMs),
      ),
      reported(
        'reload under load: longest request (ms)',
        worst(({ longestRequestMs }) => longestRequestMs),
      ),
    ],
  };
}

function micros(measured: Rounds<LookupFigures>, name: string): number {
  return medianOf(measured.get(name) ?? [], (each) => each.micros);
}

function orNull(figure: number): number | null {
  return Number.isNaN(figure) ? null : rounded(figure);
}
