import t from 'tap';
import { basketKinds, writeBasketRoutes } from '../../scripts/shop/baskets.ts';
import { raceAgainstLogout, raceAgainstViews, raceForBaskets } from '../../scripts/shop/races.ts';
import { useBasketGateway, useBaskets } from '../helpers/baskets.ts';

const nothingLost = { added: 16, lost: 0, refused: 0, doubled: 0 };

t.test('the race table: Perl and a port at once in one session, and nothing is lost', async (t) => {
  const shop = await useBaskets(t);
  t.setTimeout(580_000);
  for (const [name, kind] of Object.entries(basketKinds)) {
    await t.test(name, async (t) => {
      const file = writeBasketRoutes(shop, kind, 'port');
      const one = await useBasketGateway(t, shop, file);
      const other = await useBasketGateway(t, shop, file);
      for (const bases of [[one.url], [one.url, other.url]]) {
        const gateways = bases.length === 1 ? 'one gateway' : 'two gateways';
        const race = await raceForBaskets(bases, kind, { rounds: 2, parallel: 8, workMs: 10 });
        t.match(race, nothingLost, `${gateways}: what was acknowledged is in the basket, once`);
        t.equal(await raceAgainstViews(bases, kind, 1), 0, `${gateways}: page views lose nothing`);
        const back = await raceAgainstLogout(bases, kind, { runs: 2, workMs: 300 });
        t.equal(back, 0, `${gateways}: who has logged out during a page view stays logged out`);
      }
      const lines = [...one.log(), ...other.log()];
      const posts = lines.filter((line) => line['method'] === 'POST');
      t.same(new Set(posts.map((line) => line['side'])), new Set(['port']), 'the port served every POST');
      t.ok(
        posts.some((line) => line['overlapped'] === true),
        'requests found their session busy, and waited',
      );
      t.same(
        lines.filter((line) => 'conflict' in line || 'turnLost' in line),
        [],
        'nobody wrote without a turn',
      );
    });
  }
});
