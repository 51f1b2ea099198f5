import {
  basketKinds,
  installBaskets,
  startBasketGateway,
  writeBasketRoutes,
} from '../scripts/shop/baskets.ts';
import { writeRoutes } from '../scripts/shop/gateway.ts';
import { race } from '../scripts/shop/race.ts';
import { raceAgainstLogout, raceAgainstViews, raceForBaskets } from '../scripts/shop/races.ts';
import { startShop, type Shop } from '../scripts/shop/shop.ts';
import { reported, type Bench, type Goal, type Row } from './report.ts';

/** What came of a contest. */
interface Loss {
  readonly lost: number;
  /** Answers that were no acknowledgement. */
  readonly refused: number;
}

/** One line of the table: something that is done `of` times, and may get lost each time. */
interface Contest {
  readonly name: string;
  readonly of: number;
  /** A routes.yaml in which POST is served by this target. */
  readonly routes: (shop: Shop, target: string) => string;
  readonly run: (bases: readonly string[]) => Promise<Loss>;
}

const size = { rounds: 10, parallel: 8 };
const additions = size.rounds * size.parallel;

function baskets(name: keyof typeof basketKinds, workMs: number): Contest {
  const kind = basketKinds[name];
  return {
    name: `${name}, ${workMs} ms`,
    of: additions,
    routes: (shop, target) => writeBasketRoutes(shop, kind, target),
    run: async (bases) => {
      const { lost, refused, doubled } = await raceForBaskets(bases, kind, { ...size, workMs });
      return { lost: lost + doubled, refused };
    },
  };
}

const mysql = basketKinds['CGI::Session mysql'];

const between = (name: string, of: number, lost: (bases: readonly string[]) => Promise<number>): Contest => ({
  name,
  of,
  routes: (shop, target) => writeBasketRoutes(shop, mysql, target),
  run: async (bases) => ({ lost: await lost(bases), refused: 0 }),
});

/** The rows of the table in perl.md, and the shop's own cart. */
const contests: readonly Contest[] = [
  {
    name: 'the cart of the shop',
    of: additions,
    routes: (shop, target) => writeRoutes(shop, `  POST cart.pl: ${target}\n  /**: legacy`),
    run: (bases) => race(bases, size),
  },
  baskets('CGI::Session mysql', 0),
  baskets('CGI::Session mysql', 20),
  baskets('CGI::Session mysql', 100),
  baskets('CGI::Session mysql, storable', 20),
  baskets('CGI::Session file', 0),
  baskets('CGI::Session file', 20),
  baskets('Apache::Session MySQL', 20),
  baskets('Apache::Session MySQL store + Lock::Null', 20),
  baskets('Apache::Session File Transaction 0', 20),
  baskets('Apache::Session File Transaction 1', 20),
  baskets('Apache::Session Semaphore Transaction 0', 20),
  baskets('Apache::Session Semaphore Transaction 1', 20),
  between('1 addition (20 ms), 7 page views (50 ms)', 20, (bases) => raceAgainstViews(bases, mysql, 20)),
  between('logout during a page view (400 ms)', 10, (bases) =>
    raceAgainstLogout(bases, mysql, { runs: 10, workMs: 400 }),
  ),
];

/** The columns with gateways: how many, and who serves POST; Perl serves the rest. */
const ways = [
  { column: '1 gateway', gateways: 1, target: 'legacy' },
  { column: '2 gateways', gateways: 2, target: 'legacy' },
  { column: '2 and a port', gateways: 2, target: 'port' },
] as const;

/** The lost update, with and without us: the table of perl.md, straight on Apache and through gateways. */
export const bench: Bench = {
  run: async ({ say }) => {
    say('starting a private MariaDB and Apache with the Perl shop');
    const shop = await startShop('bench');
    const installed = await installBaskets(shop);
    try {
      const rows: Row[] = [];
      const columns = new Map<string, Loss[]>();
      const note = (column: string, loss: Loss): Record<string, number | string> => {
        columns.set(column, [...(columns.get(column) ?? []), loss]);
        return { [column]: loss.refused === 0 ? loss.lost : `${loss.lost}, ${loss.refused} refused` };
      };
      for (const contest of contests) {
        say(contest.name);
        let cells = note('Apache alone', await contest.run([shop.apache.url]));
        for (const way of ways) cells = { ...cells, ...note(way.column, await through(shop, contest, way)) };
        rows.push({ case: contest.name, of: contest.of, ...cells });
      }
      return { rows, goals: [...columns].map(([column, losses]) => goalOf(column, losses)) };
    } finally {
      installed.remove();
      await shop.stop();
    }
  },
};

async function through(shop: Shop, contest: Contest, way: (typeof ways)[number]): Promise<Loss> {
  const file = contest.routes(shop, way.target);
  const gateways = await Promise.all(
    Array.from({ length: way.gateways }, () => startBasketGateway(shop, file)),
  );
  try {
    const loss = await contest.run(gateways.map(({ url }) => url));
    const fallback = gateways.flatMap((gateway) => gateway.log()).find((line) => 'fallback' in line);
    if (fallback === undefined) return loss;
    throw new Error(`${contest.name}: legacy answered for the port: ${JSON.stringify(fallback)}`);
  } finally {
    for (const gateway of gateways) await gateway.stop();
  }
}

function goalOf(column: string, losses: readonly Loss[]): Goal {
  const lost = losses.reduce((sum, each) => sum + each.lost, 0);
  const refused = losses.reduce((sum, each) => sum + each.refused, 0);
  if (column === 'Apache alone') return reported('lost on Apache alone', lost);
  const measured = `${lost} lost, ${refused} refused`;
  return {
    goal: `${column}: nothing is lost in any row`,
    wanted: '0 lost, 0 refused',
    measured,
    held: lost + refused === 0,
  };
}
