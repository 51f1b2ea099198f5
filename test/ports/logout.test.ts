import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { clickAlike, essence, get, leftToLegacy, post, putInSession } from '../helpers/alike.ts';
import { sessionBytes, useGateway, useShop } from '../helpers/shop.ts';

const login = post('login.pl', { login: 'pete', password: 'vinyl' });

t.test('logout.ts passes for logout.pl', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  logout.pl: port\n  /**: legacy');
  const count = async (): Promise<number> => {
    const [rows] = await shop.db.query<RowDataPacket[]>('SELECT COUNT(*) AS sessions FROM sessions');
    return Number(rows[0]?.['sessions']);
  };

  for (const [what, before] of Object.entries({
    'who has a cart': [get('cart.pl?action=add;sku=1001')],
    'who is logged in': [login],
    'who has no session': [],
  })) {
    const sides = { shop, gateway };
    const [onPerl, onPort] = await clickAlike(t, sides, what, before);
    const ids = [onPerl.sessionId, onPort.sessionId];
    const others = (await count()) - ids.filter((id) => id !== null).length;
    for (const visitor of [onPerl, onPort])
      t.match(await visitor.get('logout.pl'), {
        status: 302,
        headers: { location: '/cgi-bin/index.pl', 'set-cookie': /^CGISESSID=; path=\/; expires=/ },
      });
    for (const id of ids)
      if (id !== null) t.equal(await sessionBytes(shop, id), null, `${what}: no row is left`);
    t.equal(await count(), others, `${what}: and none was made`);
    await clickAlike(t, sides, what, [
      ...before,
      get('logout.pl'),
      get('logout.pl'),
      get('cart.pl?action=show'),
    ]);
  }
  await t.test('a made-up id, one that has expired, and a POST', async (t) => {
    const seen: unknown[][] = [];
    for (const base of [shop.apache.url, gateway.url]) {
      const visitor = new Visitor(base);
      const pages = [];
      visitor.sessionId = '0123456789abcdef0123456789abcdef';
      pages.push(await visitor.get('logout.pl'));
      await visitor.get('cart.pl?action=add;sku=1001');
      const id = String(visitor.sessionId);
      await putInSession(shop, id, '_SESSION_ATIME', '1000000000');
      pages.push(await visitor.get('logout.pl'));
      t.equal(await sessionBytes(shop, id), null, 'what has expired is gone as well');
      await visitor.get('cart.pl?action=add;sku=1001');
      pages.push(await visitor.post('logout.pl', { next: 'search.pl' }));
      seen.push(pages.map(essence));
    }
    t.same(seen[1], seen[0]);
  });

  await t.test('a date of the cookie that is a day ago, as CGI.pm writes it', async (t) => {
    for (const base of [shop.apache.url, gateway.url]) {
      const asked = Date.now();
      const { headers } = await new Visitor(base).get('logout.pl');
      const [, date = ''] =
        /expires=(\w{3}, \d\d-\w{3}-\d{4} [\d:]{8} GMT)$/.exec(String(headers['set-cookie'])) ?? [];
      const ago = asked - Date.parse(date.replaceAll('-', ' '));
      t.ok(ago > 86_390_000 && ago <= 86_401_000, `${date} at ${base}`);
    }
  });
  t.same(leftToLegacy({ shop, gateway }), [], 'legacy never had to help out');
});
