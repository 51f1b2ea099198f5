// Of a COMMIT that nobody has heard of it is not known when the database gets to it. Until then the turn is not over, or the
// next script of the session would read what was before, and write over what the COMMIT has brought.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { hostsOf, orderPort, ordersIn, useOrderShop } from '../helpers/orders.ts';
import { metricsOf, perlReads, until } from '../helpers/shop.ts';

const orderShop = await useOrderShop(t);
const { shop, relay } = orderShop;
cpSync(join(shop.root, 'cgi-bin/orders.pl'), join(shop.root, 'cgi-bin/old-orders.pl'));
const routes = `  orders.pl: { to: port, port: ${orderPort} }\n  /**: legacy`;
const gateway = await orderShop.startGateway(t, `{ dir: ${repository}/ports }`, routes);

t.test('a turn whose COMMIT is uncertain lasts until the database is done with it', async (t) => {
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const commit = relay.stop(/^COMMIT/, 'statement');
  const first = visitor.get('orders.pl?number=1;sku=1001');
  await commit.there;
  process.kill((await hostsOf(gateway))[0]?.pid as number, 'SIGKILL');
  t.match(await first, { status: 502, body: /COMMIT_UNCERTAIN/ }, 'who asked is told at once');
  const second = visitor.get('old-orders.pl?number=2;sku=1002');
  const waiting = /^banyan_session_lock_waiters 1$/m;
  await until('the next one waits for the turn', async () => waiting.test(await metricsOf(gateway)));
  commit.release();
  t.match(await second, { status: 200 });
  const numbers = (await ordersIn(shop.db)).map(({ number }) => number);
  t.same(numbers, ['1', '2']);
  t.same((await perlReads(shop, visitor.sessionId as string))['numbers'], ['1', '2']);
});
