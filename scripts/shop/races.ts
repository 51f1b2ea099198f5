import { Basket } from './basket.ts';
import type { BasketKind } from './baskets.ts';
import type { RaceResult } from './race.ts';

/** What a race for a basket came to. */
export interface BasketRace extends RaceResult {
  /** Things that are in a basket twice: a request was carried out by both sides. */
  readonly doubled: number;
}

/**
 * Several additions to one basket at once, to the given gateways (or to Apache) in turn, half of them GET and half
 * POST. Each round has a session of its own. Whether a thing is in, Perl says.
 */
export async function raceForBaskets(
  bases: readonly string[],
  kind: BasketKind,
  options: { rounds: number; parallel: number; workMs: number },
): Promise<BasketRace> {
  const lostPerRound: number[] = [];
  let [added, refused, doubled] = [0, 0, 0];
  const work = String(options.workMs);
  for (let round = 0; round < options.rounds; round++) {
    const basket = await newBasket(bases[0] as string, kind);
    const clicks = Array.from({ length: options.parallel }, async (_, i) => {
      const base = bases[i % bases.length] as string;
      const method = Math.floor(i / bases.length) % 2 === 0 ? 'POST' : 'GET'; // both, at each of the bases
      return (await basket.at(base).add(method, `thing ${i}`, { work })) ? [`thing ${i}`] : [];
    });
    const acknowledged = (await Promise.all(clicks)).flat();
    const items = await basket.items();
    added += acknowledged.length;
    refused += options.parallel - acknowledged.length;
    doubled += items.length - new Set(items).size;
    lostPerRound.push(['first', ...acknowledged].filter((item) => !items.includes(item)).length);
  }
  const lost = lostPerRound.reduce((sum, one) => sum + one, 0);
  return { added, lost, lostPerRound, refused, doubled };
}

/** One addition (20 ms of work) and seven page views (50 ms) at once; how many additions were lost. */
export async function raceAgainstViews(
  bases: readonly string[],
  kind: BasketKind,
  runs: number,
): Promise<number> {
  let lost = 0;
  for (let run = 0; run < runs; run++) {
    const basket = await newBasket(bases[0] as string, kind);
    const views = Array.from({ length: 7 }, async (_, i) => {
      const page = basket.at(bases[i % bases.length] as string);
      await page.ask('GET', { action: 'view', work: '50' });
    });
    const addition = basket.at(bases.at(-1) as string).add('POST', 'thing', { work: '20' });
    const [isIn] = await Promise.all([addition, ...views]);
    if (!isIn) throw new Error('the addition was refused');
    if (!(await basket.items()).includes('thing')) lost++;
  }
  return lost;
}

/** Logs out while a page view of the same session is at work; how many sessions were there again afterwards. */
export async function raceAgainstLogout(
  bases: readonly string[],
  kind: BasketKind,
  options: { runs: number; workMs: number },
): Promise<number> {
  let resurrected = 0;
  for (let run = 0; run < options.runs; run++) {
    const basket = await newBasket(bases[0] as string, kind);
    const view = await basket.begin('GET', { action: 'view', work: String(options.workMs) });
    await Promise.all([basket.at(bases.at(-1) as string).ask('GET', { action: 'logout' }), view.ended]);
    if ((await basket.items()).length > 0) resurrected++; // under the old id, which nobody else has
  }
  return resurrected;
}

/** A basket with one thing in it, in a session that the side of POST has begun. */
async function newBasket(base: string, kind: BasketKind): Promise<Basket> {
  const basket = new Basket(base, kind);
  if (await basket.add('POST', 'first')) return basket;
  throw new Error(`no basket could be begun at ${base}`);
}
