import t from 'tap';
import { race } from '../../scripts/shop/race.ts';
import { useGatewayOn, useShop } from '../helpers/shop.ts';
import { writeRoutes } from '../../scripts/shop/gateway.ts';

const size = { rounds: 5, parallel: 8 };

t.test('eight clicks at once lose some of the cart, and through the gateway none', async (t) => {
  const shop = await useShop(t);
  const straight = await race([shop.apache.url], size);
  t.ok(straight.lost > 0, `the race is there: ${straight.lost} of ${straight.added} lost straight on Apache`);

  for (const target of ['legacy', 'port', 'port 50%']) {
    const file = writeRoutes(shop, `  cart.pl: ${target}\n  /**: legacy`);
    const one = await useGatewayOn(t, shop, file);
    const other = await useGatewayOn(t, shop, file);
    const alone = await race([one.url], size);
    t.match(alone, { added: 40, lost: 0, refused: 0 }, `one gateway, cart on ${target}: none lost`);
    const shared = await race([one.url, other.url], size);
    t.match(shared, { added: 40, lost: 0, refused: 0 }, `two gateways, cart on ${target}: none lost`);

    const lines = [...one.log(), ...other.log()].filter((line) => line['route'] === 'cart');
    t.ok(
      lines.some((line) => line['overlapped'] === true),
      'requests found their session busy, and waited',
    );
    if (target === 'port 50%') {
      t.same(
        [...new Set(lines.map((line) => String(line['side'])))].toSorted((a, b) => a.localeCompare(b)),
        ['legacy', 'port'],
        'both sides served',
      );
    }
    await one.stop();
    await other.stop();
  }
});
