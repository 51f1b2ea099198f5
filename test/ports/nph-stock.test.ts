import t from 'tap';
import { clickAlike, get, leftToLegacy } from '../helpers/alike.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { useGateway, useShop } from '../helpers/shop.ts';

t.test('nph-stock.ts passes for nph-stock.pl', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  nph-stock.pl: { to: port, session: none }\n  /**: legacy');
  const sides = { shop, gateway };
  const list = get('nph-stock.pl');
  await clickAlike(t, sides, 'the list', [list, get('nph-stock.pl?sku=1001')]);

  await shop.db.query('UPDATE records SET stock = -6, price = 99999.5 WHERE sku = 1005');
  await clickAlike(t, sides, 'a stock below nothing, and a high price', [list]);

  await t.test('the till, which speaks HTTP/1.0, gets the same lines and the name it knows', async (t) => {
    const asked = 'GET /cgi-bin/nph-stock.pl HTTP/1.0\r\n\r\n';
    const answers = [];
    for (const base of [shop.apache.url, gateway.url]) {
      const till = await RawClient.to(base);
      await till.write(asked);
      await till.over();
      const [head = '', lines = ''] = till.unread.split(/\r\n\r\n(.*)/s);
      t.match(head, /^HTTP\/1\.[01] 200 OK\r\n/);
      t.match(head, /^server: till\/1\.0\r?$/im);
      t.notMatch(head, /^transfer-encoding:/im, 'in one piece, and then the connection ends');
      answers.push(lines);
    }
    t.equal(answers[1], answers[0]);
    t.match(answers[0], /^1001\t14\t12\.99\r\n/);
  });

  await shop.db.query('DELETE FROM records');
  await clickAlike(t, sides, 'nothing at all', [list]);
  t.same(leftToLegacy(sides), [], 'legacy never had to help out');
});
