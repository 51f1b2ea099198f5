import { startGateway, writeRoutes } from '../scripts/shop/gateway.ts';
import { race, type RaceResult } from '../scripts/shop/race.ts';
import { startShop } from '../scripts/shop/shop.ts';
import type { Bench, Goal, Row } from './report.ts';

const targets = ['legacy', 'port', 'port 50%'] as const;
const size = { rounds: 10, parallel: 8 };

const asRow = (name: string, result: RaceResult): Row => ({
  case: name,
  added: result.added,
  lost: result.lost,
  refused: result.refused,
  'lost per round': result.lostPerRound.join(' '),
});

/** The lost update, with and without us: 8 parallel additions to one cart, 10 rounds, every case on the same shop. */
export const bench: Bench = {
  run: async ({ say }) => {
    say('starting a private MariaDB and Apache with the Perl shop');
    const shop = await startShop('bench');
    try {
      say('straight to Apache');
      const straight = await race([shop.apache.url], size);
      const rows = [asRow('straight to Apache', straight)];
      const goals: Goal[] = [
        {
          goal: 'the race is there without the gateway',
          wanted: '> 0 lost',
          measured: straight.lost,
          held: straight.lost > 0,
        },
      ];
      for (const target of targets) {
        const file = writeRoutes(shop, `  cart.pl: ${target}\n  /**: legacy`);
        const gateways = [await startGateway(shop, file), await startGateway(shop, file)];
        for (const count of [1, 2]) {
          const name = `cart on ${target}, ${count === 1 ? 'one gateway' : 'two gateways'}`;
          say(name);
          const result = await race(
            gateways.slice(0, count).map((gateway) => gateway.url),
            size,
          );
          rows.push(asRow(name, result));
          const held = result.lost === 0 && result.refused === 0;
          goals.push({ goal: name, wanted: '0 of 80 lost', measured: result.lost, held });
        }
        for (const gateway of gateways) await gateway.stop();
      }
      return { rows, goals };
    } finally {
      await shop.stop();
    }
  },
};
