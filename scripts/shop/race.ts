import { Visitor } from './visitor.ts';

/** What a race came to. */
export interface RaceResult {
  readonly added: number;
  /** Additions the shop acknowledged and that are not in the cart. */
  readonly lost: number;
  readonly lostPerRound: readonly number[];
  /** Answers that were no acknowledgement. */
  readonly refused: number;
}

/**
 * The bug of 2003: a visitor clicks "add to cart" several times at once. Each round has a visitor of its own, so that
 * with a route split by session some rounds are served by each side. Requests go to the given gateways (or to Apache)
 * in turn.
 */
export async function race(
  bases: readonly string[],
  options: { rounds: number; parallel: number },
): Promise<RaceResult> {
  const lostPerRound: number[] = [];
  let refused = 0;
  for (let round = 0; round < options.rounds; round++) {
    const visitor = new Visitor(bases[0] as string);
    await visitor.get('cart.pl?action=show');
    const clicks = Array.from({ length: options.parallel }, async (_, i) => {
      const tab = new Visitor(bases[i % bases.length] as string);
      tab.sessionId = visitor.sessionId;
      const { status, body } = await tab.post('cart.pl', { action: 'add', sku: String(1001 + i), qty: '1' });
      return status === 200 && body.includes('In your cart now');
    });
    const acknowledged = (await Promise.all(clicks)).filter(Boolean).length;
    refused += options.parallel - acknowledged;
    lostPerRound.push(acknowledged - (await visitor.items()));
  }
  const lost = lostPerRound.reduce((sum, one) => sum + one, 0);
  return { added: options.rounds * options.parallel - refused, lost, lostPerRound, refused };
}
