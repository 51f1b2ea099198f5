import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { clickAlike, essence, get, leftToLegacy, post, putInSession, type Click } from '../helpers/alike.ts';
import { until, useGateway, useShop } from '../helpers/shop.ts';

const list = get('giftlist.py');
const add = (sku: number, quantity = '1'): Click => get(`cart.pl?action=add;sku=${sku};qty=${quantity}`);
const update = (form: Record<string, string>): Click => post('cart.pl', { action: 'update', ...form });

const visits: Record<string, Click[]> = {
  'a cart with one record': [add(1001, '2'), list, get('giftlist.py?print=1')],
  'an empty cart': [get('cart.pl?action=show'), list],
  'umlauts, apostrophes, quotes and tags': [
    ...[1005, 1011, 1028, 1030, 1031, 1037].map((sku) => add(sku)),
    list,
  ],
  'forty records, in the order of their numbers': [
    ...Array.from({ length: 40 }, (_, i) => add(1040 - i)),
    list,
  ],
  'more than there is': [add(1012, '5'), list],
  'quantities nobody should type': [
    ...[1001, 1002, 1003, 1004, 1005, 1006].map((sku) => add(sku)),
    update({ qty_1001: '10 pcs', qty_1002: '-3', qty_1003: `<5>"&'` }),
    update({ qty_1004: ' 3 ', qty_1005: '00', qty_1006: 'two\nlines' }),
    list,
  ],
  'only its head': [add(1001, '2'), (visitor) => visitor.ask('HEAD', 'giftlist.py')],
};

t.test('giftlist.ts passes for giftlist.py', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  giftlist.py: { to: port, session: read }\n  /**: legacy');
  const sides = { shop, gateway };
  const three = [add(1001), add(1012, '2'), add(1030, '3')];

  for (const [what, clicks] of Object.entries(visits)) await clickAlike(t, sides, what, clicks);

  await t.test('a record that is gone is not on it', async (t) => {
    const [onPerl, onPort] = await clickAlike(t, sides, 'three', three);
    await shop.db.query('UPDATE records SET sku = 4012 WHERE sku = 1012');
    const expected = await onPerl.get('giftlist.py');
    t.same(essence(await onPort.get('giftlist.py')), essence(expected));
    t.equal(expected.body.match(/<LI>/g)?.length, 2);
    await shop.db.query('UPDATE records SET sku = 1012 WHERE sku = 4012');
  });

  await t.test('an id in the address is nobody, and so is one that is made up or has expired', async (t) => {
    const [onPerl, onPort] = await clickAlike(t, sides, 'somebody', three);
    const same = async (what: string): Promise<void> => {
      const expected = await onPerl.get('giftlist.py');
      t.match(expected.body, /Nothing yet/);
      t.same(essence(await onPort.get('giftlist.py')), essence(expected), what);
    };
    for (const { sessionId } of [onPerl, onPort]) {
      await clickAlike(t, sides, 'an id in the address', [get(`giftlist.py?CGISESSID=${sessionId}`)]);
      await putInSession(shop, String(sessionId), '_SESSION_ATIME', '1000000000');
    }
    await same('it has expired');
    onPerl.sessionId = onPort.sessionId = '0123456789abcdef0123456789abcdef';
    await same('it is made up');
  });
  t.same(leftToLegacy(sides), [], 'legacy never had to help out');

  await t.test(
    'a cart that is none is left to legacy, and so is a session that cannot be read',
    async (t) => {
      const odd: [perl: string, status: number, says: RegExp][] = [
        ["'none'", 200, /Nothing yet/], // cart.pl has begun its page when it dies of this one
        ['[1001]', 200, /Nothing yet/],
        ['{', 502, /does not answer/],
      ];
      for (const [perl, status, says] of odd) {
        const seen = [];
        for (const base of [shop.apache.url, gateway.url]) {
          const visitor = new Visitor(base);
          await visitor.get('cart.pl?action=add;sku=1001');
          await visitor.get('cart.pl?action=remove;sku=1001');
          await putInSession(shop, String(visitor.sessionId), 'cart', perl);
          seen.push(essence(await visitor.get('giftlist.py')));
        }
        t.same(seen[1], seen[0], perl);
        t.match(seen[0], { status, body: says });
      }
      await until('it is logged', () => leftToLegacy(sides).length >= odd.length);
      t.same(leftToLegacy(sides), Array(odd.length).fill('SESSION_UNREADABLE'));
    },
  );

  await t.test('what is better: who has no session does not leave a row that nobody knows of', async (t) => {
    const sessions = async (): Promise<number> => {
      const [rows] = await shop.db.query<RowDataPacket[]>('SELECT COUNT(*) AS sessions FROM sessions');
      return Number(rows[0]?.['sessions']);
    };
    const before = await sessions();
    const expected = await new Visitor(shop.apache.url).get('giftlist.py');
    t.equal(await sessions(), before + 1, 'the script has cart.pl make one');
    t.same(essence(await new Visitor(gateway.url).get('giftlist.py')), essence(expected));
    t.equal(await sessions(), before + 1, 'the port has none made');
  });

  await t.test('what is better: nobody else is asked, and nobody else can fail', async (t) => {
    const visitor = new Visitor(gateway.url);
    await visitor.get('cart.pl?action=add;sku=1001;qty=2');
    await shop.apache.stop();
    t.match(await visitor.get('giftlist.py'), { status: 200, body: /<LI>2 x Bj\xf6rk: Debut\n/ });
  });
});
