import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { clickAlike, essence, get, leftToLegacy, post, type Click } from '../helpers/alike.ts';
import { perlReads, useGateway, useShop } from '../helpers/shop.ts';

const bug = join(repository, 'ports/cart-with-a-bug.ts');
const add = get('cart.pl?action=add;sku=1001;qty=2');
const update = (quantity: string): Click => post('cart.pl', { action: 'update', qty_1001: quantity });

t.test('cart-with-a-bug.ts is wrong where it means to be, and nowhere else', async (t) => {
  const shop = await useShop(t);
  const buggy = await useGateway(t, shop, `  cart.pl: { to: port, port: ${bug} }\n  /**: legacy`);
  const right = await useGateway(t, shop, '  cart.pl: port\n  /**: legacy');

  await t.test('a quantity of 0 takes the line out of the cart; with the bug it stays', async (t) => {
    const seen = [];
    for (const base of [shop.apache.url, right.url, buggy.url]) {
      const visitor = new Visitor(base);
      await add(visitor);
      const page = essence(await update('0')(visitor)) as { body: string };
      const { cart } = await perlReads(shop, String(visitor.sessionId));
      seen.push({ page, cart });
    }
    const [onPerl, onRight, onBuggy] = seen;
    t.same(onPerl?.cart, {}, 'Perl finds "0" false');
    t.match(onPerl?.page.body, /Cart updated\.<\/FONT>\n<P>Your cart is empty\./);
    t.same(onRight, onPerl, 'cart.ts does as Perl does');
    t.same(onBuggy?.cart, { 1001: '0' }, 'JavaScript finds it true');
    t.match(onBuggy?.page.body, /NAME="qty_1001" SIZE=3 VALUE="0"><TD ALIGN="right">\xa30\.00/);
    t.same({ ...onBuggy?.page, body: '' }, { ...onPerl?.page, body: '' }, 'nothing else tells');
  });

  const visits: Record<string, Click[]> = {
    'a cart filled, changed and emptied': [
      get('cart.pl'),
      add,
      get('cart.pl?action=add;sku=1002'),
      update('7'),
      get('cart.pl?action=remove;sku=1002'),
      update(''),
    ],
    'other quantities that are nothing': [
      add,
      update('00'),
      update('0.0'),
      update(' '),
      update('-0'),
      update(''),
    ],
    'actions that are none': [
      add,
      get('cart.pl?action=0'),
      get('cart.pl?action='),
      get('cart.pl?action=add;qty=0;sku=1001'),
    ],
  };
  for (const gateway of [right, buggy]) {
    const sides = { shop, gateway };
    for (const [what, clicks] of Object.entries(visits)) await clickAlike(t, sides, what, clicks);
    t.same(leftToLegacy(sides), [], 'legacy never had to help out');
  }
});

t.test('nothing routes to it unless it is named', async (t) => {
  t.notMatch(readFileSync(join(repository, 'routes.yaml'), 'utf8'), /with-a-bug/);
});
