import t from 'tap';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { clickAlike, get, leftToLegacy, post, type Click } from '../helpers/alike.ts';
import { perlReads, useGateway, useShop } from '../helpers/shop.ts';

const visits: Record<string, Click[]> = {
  'a record': [get('view.pl?sku=1001')],
  'every record, so that the five last ones move along': Array.from({ length: 8 }, (_, i) =>
    get(`view.pl?sku=${1001 + i}`),
  ),
  'the same record twice': [get('view.pl?sku=1004'), get('view.pl?sku=1005'), get('view.pl?sku=1004')],
  'records with umlauts, all forty': Array.from({ length: 40 }, (_, i) => get(`view.pl?sku=${1001 + i}`)),
  'no number, no record, and a number with a tail': [
    get('view.pl'),
    get('view.pl?sku='),
    get('view.pl?sku=abc'),
    get('view.pl?sku=99999'),
    get('view.pl?sku=1001%0A'),
    get('view.pl?sku=1001x'),
    get('view.pl?sku=<b>'),
    get('view.pl?sku=1002;sku=1003'),
  ],
  'a cart filled, changed and emptied': [
    get('cart.pl'),
    get('cart.pl?action=show'),
    post('cart.pl', { action: 'add', sku: '1001', qty: '2' }),
    get('cart.pl?action=add;sku=1002'),
    get('cart.pl?action=add&sku=1001&qty=3'),
    post('cart.pl', { action: 'update', qty_1001: '7', qty_1002: '1', qty_1003: '9' }),
    get('cart.pl?action=remove;sku=1002'),
    get('cart.pl?action=remove;sku=1002'),
    post('cart.pl', { action: 'update', qty_1001: '0' }),
  ],
  'quantities nobody should type': [
    get('cart.pl?action=add;sku=1001;qty=0'),
    get('cart.pl?action=add;sku=1002;qty=10+pcs'),
    get('cart.pl?action=add;sku=1003;qty=-2'),
    get('cart.pl?action=add;sku=1003;qty=2'),
    get('cart.pl?action=add;sku=1004;qty=1.5'),
    get('cart.pl?action=add;sku=1005;qty=abc'),
    get('cart.pl?action=add;sku=1006;qty=100000'),
    post('cart.pl', { action: 'update', qty_1002: ' 3 ', qty_1004: '0.0', qty_1006: '00' }),
    post('cart.pl', { action: 'update', qty_1002: '<5>"&', qty_1006: '1e2' }),
    get('cart.pl?action=show'),
  ],
  'actions that are none': [
    get('cart.pl?action='),
    get('cart.pl?action=0'),
    get('cart.pl?action=ADD;sku=1001'),
    get('cart.pl?action=add'),
    get('cart.pl?action=add;sku=99999'),
    get('cart.pl?action=add;sku=01001'),
    get('cart.pl?add'),
    get('cart.pl?action=show'),
  ],
};

t.test('the ports pass for the Perl pages', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  view.pl: port\n  cart.pl: port\n  /**: legacy');

  const sides = { shop, gateway };
  for (const [what, clicks] of Object.entries(visits)) await clickAlike(t, sides, what, clicks);
  t.same(leftToLegacy(sides), [], 'legacy never had to help out');
});

t.test('a visitor changes sides from click to click and notices nothing', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  view.pl: port\n  cart.pl: port\n  /**: legacy');
  const visitor = new Visitor(gateway.url);
  await visitor.get('view.pl?sku=1001');
  const own = visitor.sessionId as string;
  let expected = 0;
  for (let i = 0; i < 12; i++) {
    visitor.base = i % 2 === 0 ? gateway.url : shop.apache.url;
    await visitor.post('cart.pl', { action: 'add', sku: String(1001 + (i % 5)), qty: '1' });
    expected++;
    visitor.base = i % 3 === 0 ? gateway.url : shop.apache.url;
    t.equal(await visitor.items(), expected, `after click ${i + 1} the other side counts ${expected}`);
  }
  t.equal(visitor.sessionId, own, 'it was one session all the way');
  const read = await perlReads(shop, own);
  t.same(read['cart'], { 1001: 3, 1002: 3, 1003: 2, 1004: 2, 1005: 2 }, 'and Perl reads every key back');
});
