import { request } from 'node:http';
import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { metricsOf, turnsHeld, until, useGateway, useShop } from '../helpers/shop.ts';

/** Mulberry32: the same numbers in every run. */
function dice(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sends a request and breaks it off after some milliseconds, or when it is answered. */
function breakOff(visitor: Visitor, page: string, form: string | null, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const sent = request(`${visitor.base}/cgi-bin/${page}`, {
      method: form === null ? 'GET' : 'POST',
      headers: {
        cookie: `CGISESSID=${visitor.sessionId}`,
        ...(form === null
          ? {}
          : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': form.length }),
      },
      agent: false,
    });
    sent.on('close', resolve).on('error', () => undefined);
    sent.on('response', (response) => response.on('error', () => undefined).resume());
    if (form === null) sent.end();
    else if (afterMs % 3 < 1)
      sent.write(form.slice(0, 5)); // a third leave in the middle of their form
    else sent.end(form);
    setTimeout(() => sent.destroy(), afterMs);
  });
}

t.test('after a thousand clients that broke off at random moments', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  view.pl: port\n  cart.pl: port 50%\n  /**: legacy');
  const random = dice(20031123);
  const visitors = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const visitor = new Visitor(gateway.url);
      await visitor.get('cart.pl?action=show');
      return visitor;
    }),
  );
  const connections = async (): Promise<number> => {
    const [rows] = await shop.db.query<RowDataPacket[]>(
      "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = 'shop'",
    );
    return Number(rows[0]?.['n']);
  };
  const openFiles = async (): Promise<number> =>
    Number(/^process_open_fds (\d+)/m.exec(await metricsOf(gateway))?.[1]);
  const filesBefore = await openFiles();

  let left = 1000;
  const breakOffSome = async (): Promise<void> => {
    while (left-- > 0) {
      const visitor = visitors[Math.floor(random() * visitors.length)] as Visitor;
      const [page, form] = (
        [
          ['view.pl?sku=1001', null],
          ['view.pl?sku=1002', null],
          ['cart.pl', 'action=add&sku=1003&qty=1'],
          ['index.pl', null],
        ] as const
      )[Math.floor(random() * 4)] as readonly [string, string | null];
      await breakOff(visitor, page, form, random() * 40);
    }
  };
  await Promise.all(Array.from({ length: 16 }, breakOffSome));

  // On a busy machine scripts that nobody waits for any more take their time.
  await until('no turn is held', async () => (await turnsHeld(gateway)) === 0, 60_000);
  t.match(await metricsOf(gateway), /banyan_session_lock_waiters 0/, 'nobody waits for one');
  await until('every database connection is one of a pool', async () => (await connections()) <= 66);
  await until('the open files are as many as before, give or take idle connections', async () => {
    return (await openFiles()) <= filesBefore + 40;
  });
  const pages = await Promise.all(visitors.map((visitor) => visitor.get('cart.pl?action=show')));
  t.ok(
    pages.every((page) => page.status === 200),
    'every session is served as if nothing had been',
  );
  const lost = gateway.log().filter((line) => line['turnLost'] === true);
  t.same(lost, [], 'no turn was lost on the way');
});
