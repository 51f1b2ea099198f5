import t from 'tap';
import { walk } from '../../scripts/shop/walk.ts';
import { useGateway, useShop } from '../helpers/shop.ts';

t.test('a visitor walks through the whole shop', async (t) => {
  const shop = await useShop(t);
  const amiss = async (base: string) => (await walk(base)).filter((step) => !step.held);

  t.same(await amiss(shop.apache.url), [], 'straight on Apache, as in 2003');
  for (const target of ['legacy', 'port', 'port 50%']) {
    const routes = `  view.pl: ${target}\n  cart.pl: ${target}\n  giftlist.py: { to: legacy, session: none }\n  /**: legacy`;
    const gateway = await useGateway(t, shop, routes);
    t.same(await amiss(gateway.url), [], `through the gateway, view and cart on ${target}`);
    const served = gateway.log().filter((line) => line['route'] === 'view');
    t.same(
      served.filter((line) => 'fallback' in line || 'problem' in line),
      [],
      `nothing fell back or failed on ${target}`,
    );
    if (target !== 'port 50%') {
      t.ok(
        served.every((line) => line['side'] === target),
        `${target} is who served`,
      );
    }
  }
});
