import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type GatewayProcess, shopEnvironment, startGateway, writeRoutes } from '../shop/gateway.ts';
import { load, type LoadResult } from '../shop/load.ts';
import { race, type RaceResult } from '../shop/race.ts';
import { repository, startStock, type Stock } from '../shop/shop.ts';
import { walk, type Step } from '../shop/walk.ts';

const run = promisify(execFile);
const targets = ['legacy', 'port', 'port 50%'] as const;

/** The gateway runs the scripts itself: no Apache is needed. */
const legacy = '{ cgi: legacy/cgi-bin, root: legacy/htdocs, charset: iso-8859-1, env: [SHOP_CONF] }';

/** A gateway on these routes. */
const gatewayOn = (shop: Stock, routes: string): Promise<GatewayProcess> =>
  startGateway(shop, writeRoutes(shop, routes, { legacy }), { asServers: true });

/** Routes with `view` and `cart` on the same target. */
const routesWith = (target: string): string =>
  `  view.pl: ${target} # looks\n  cart.pl: ${target} # buys\n  giftlist.py: { to: legacy, session: none }\n  /**: legacy`;

/**
 * Runs a visitor's walk, the race and a live flip under load; prints one JSON document with what was seen. Returns the
 * exit code: 0 only if all held.
 */
export async function check(flipSeconds: number): Promise<number> {
  const tell = (line: string): void => void process.stderr.write(`demo: ${line}\n`);
  tell('starting a private MariaDB; banyan runs the Perl of the shop itself');
  const shop = await startStock('check');
  try {
    const walks = await walkAll(shop, tell);
    const races = await raceAll(shop, tell);
    const flip = await flipUnderLoad(shop, flipSeconds, tell);
    const held = {
      everyWalk: Object.values(walks).every((steps) => steps.every((step) => step.held)),
      raceLosesWithoutUs: races.straight.lost > 0,
      raceLosesNothingWithUs: races.through.every((one) => one.lost === 0 && one.refused === 0),
      flipCostsNobodyAnything: flip.failed === 0 && flip.sessionsLost === 0 && flip.flips >= 20,
    };
    const all = Object.values(held).every(Boolean);
    process.stdout.write(`${JSON.stringify({ held: all, claims: held, walks, races, flip }, null, 2)}\n`);
    return all ? 0 : 1;
  } finally {
    await shop.stop();
  }
}

async function walkAll(shop: Stock, tell: (line: string) => void): Promise<Record<string, Step[]>> {
  const walks: Record<string, Step[]> = {};
  for (const target of targets) {
    tell(`a visitor walks through the shop, view and cart on ${target}`);
    const gateway = await gatewayOn(shop, routesWith(target));
    walks[target] = await walk(gateway.url);
    await gateway.stop();
  }
  return walks;
}

interface Races {
  readonly straight: RaceResult;
  readonly through: readonly (RaceResult & { target: string; gateways: number })[];
}

async function raceAll(shop: Stock, tell: (line: string) => void): Promise<Races> {
  const size = { rounds: 10, parallel: 8 };
  tell('the race: 8 clicks at once, 10 times, on scripts that take no turns, as under any web server');
  const bare = await gatewayOn(shop, '  /**: { to: legacy, session: none }');
  const straight = await race([bare.url], size);
  await bare.stop();
  const through: (RaceResult & { target: string; gateways: number })[] = [];
  for (const target of targets) {
    tell(`the race through one gateway, then through two, cart on ${target}`);
    const routes = routesWith(target);
    const [one, other] = [await gatewayOn(shop, routes), await gatewayOn(shop, routes)];
    through.push({ target, gateways: 1, ...(await race([one.url], size)) });
    through.push({ target, gateways: 2, ...(await race([one.url, other.url], size)) });
    await one.stop();
    await other.stop();
  }
  return { straight, through };
}

type FlipResult = LoadResult & {
  readonly seconds: number;
  readonly flips: number;
  readonly servedBy: Record<string, number>;
};

/** Mixed load of six visitors while the cart's route goes to and fro, by the command people would use. */
async function flipUnderLoad(
  shop: Stock,
  seconds: number,
  tell: (line: string) => void,
): Promise<FlipResult> {
  tell(`${seconds} s of load while the cart's route is flipped 20 times`);
  const gateway = await gatewayOn(shop, routesWith('legacy'));
  const stop = new AbortController();
  const visitors = load([gateway.url], 6, stop.signal);
  const endsAt = Date.now() + seconds * 1000;
  let flips = 0;
  for (const pauseMs = (seconds * 1000) / 20; flips < 20; flips++) {
    const target = ['port', 'port 50%', 'legacy'][flips % 3] as string;
    const flipCart = [
      join(repository, 'src/cli/main.ts'),
      'flip',
      'cart.pl',
      target,
      '--yes',
      '--file',
      gateway.routesFile,
    ];
    await run(process.execPath, flipCart, { env: shopEnvironment(shop) });
    await wait(Math.max(0, endsAt - seconds * 1000 + (flips + 1) * pauseMs - Date.now()));
  }
  stop.abort();
  const result = await visitors;
  const servedBy: Record<string, number> = {};
  for (const line of gateway.log()) {
    if (line['route'] === 'cart') servedBy[String(line['side'])] = (servedBy[String(line['side'])] ?? 0) + 1;
  }
  await gateway.stop();
  return { ...result, seconds, flips, servedBy };
}
