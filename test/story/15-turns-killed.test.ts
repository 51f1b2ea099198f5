import t from 'tap';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Basket } from '../../scripts/shop/basket.ts';
import { basketKinds, writeBasketRoutes } from '../../scripts/shop/baskets.ts';
import type { GatewayProcess } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { lockName } from '../../src/mysql/asker.ts';
import { useBasketGateway, useBaskets } from '../helpers/baskets.ts';
import { logged, metricsOf, until } from '../helpers/shop.ts';

/** Kinds whose turns are locks of a connection of MySQL's, and the table that is in the name of the lock. */
const onConnections = { 'CGI::Session mysql': 'sessions', 'Apache::Session MySQL': 'asessions' } as const;
type OnConnection = keyof typeof onConnections;

const methods = { legacy: 'GET', port: 'POST' } as const;
type Side = keyof typeof methods;

/** The connection that holds the turn of a session, as the server knows it; null where nobody does. */
async function turnHolder(db: Connection, name: OnConnection, basket: Basket) {
  const lock = lockName(`shop.${onConnections[name]}`, basket.sessionId as string);
  const [rows] = await db.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [lock]);
  return (rows[0]?.['holder'] ?? null) as number | null;
}

/** A basket with a request at work on `side` whose turn is lost: the connection was killed. `open` lets it go on. */
async function workWithoutTurn(gateway: GatewayProcess, shop: Shop, name: OnConnection, side: Side) {
  const basket = new Basket(gateway.url, basketKinds[name]);
  await basket.add('GET', 'first');
  const gate = await shop.mariadb.connect('shop');
  await gate.query("SELECT GET_LOCK('gate', 0)");
  const acknowledged = basket.add(methods[side], 'at work', { gate: 'gate' });
  await until('the request is at the gate', async () => {
    const [rows] = await gate.query<RowDataPacket[]>(
      "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'",
    );
    return rows.length === 1;
  });
  await gate.query('KILL ?', [await turnHolder(gate, name, basket)]);
  await until('the gateway knows that the turn is lost', async () =>
    /^banyan_session_locks_lost_total [1-9]/m.test(await metricsOf(gateway)),
  );
  const open = async (): Promise<boolean> => {
    await gate.end();
    return acknowledged;
  };
  return { basket, open };
}

t.test('the connection that keeps the turns is killed while a request is at work', async (t) => {
  const shop = await useBaskets(t);
  for (const name of Object.keys(onConnections) as OnConnection[]) {
    const file = writeBasketRoutes(shop, basketKinds[name], 'port');
    for (const side of Object.keys(methods) as Side[]) {
      await t.test(`${name} on ${side}: the next requests still wait, and nothing is lost`, async (t) => {
        const gateway = await useBasketGateway(t, shop, file);
        const { basket, open } = await workWithoutTurn(gateway, shop, name, side);
        const next = Promise.all([basket.add('GET', 'next'), basket.add('POST', 'the one after')]);
        await until('both wait for their turns', async () =>
          /^banyan_session_lock_waiters 2/m.test(await metricsOf(gateway)),
        );
        const acknowledged = await open();
        t.same(await next, [true, true], 'those that waited are served, on new turns');
        // A port asks the server in its UPDATE whether the turn is still its own; of a script nobody can.
        t.equal(acknowledged, side === 'legacy', 'a port that has lost its turn is not acknowledged');
        const expected = ['first', ...(acknowledged ? ['at work'] : []), 'next', 'the one after'];
        t.same(new Set(await basket.items()), new Set(expected), 'what was acknowledged is in the basket');
        t.match(
          await logged(gateway, (line) => line['turnLost'] === true),
          { method: methods[side], ...(side === 'port' ? { problem: 'LEASE_LOST' } : { status: 200 }) },
          'the log says whose turn was lost',
        );
      });

      await t.test(
        `${name} on ${side}, and somebody comes through another gateway: he waits, too`,
        async (t) => {
          const gateway = await useBasketGateway(t, shop, file);
          const other = await useBasketGateway(t, shop, file);
          const { basket, open } = await workWithoutTurn(gateway, shop, name, side);
          const taken = async () => (await turnHolder(shop.db, name, basket)) !== null;
          await until('the gateway has taken the lock again', taken);
          const meanwhile = Promise.all([
            basket.at(other.url).add('GET', 'meanwhile'),
            basket.at(other.url).add('POST', 'as well'),
          ]);
          await until('both wait for their turns', async () =>
            /^banyan_session_lock_waiters 2/m.test(await metricsOf(other)),
          );
          const acknowledged = await open();
          t.equal(acknowledged, side === 'legacy', 'a port that has lost its turn may not write any more');
          t.same(await meanwhile, [true, true], 'who waited is served');
          const expected = ['first', ...(acknowledged ? ['at work'] : []), 'meanwhile', 'as well'];
          t.same(
            new Set(await basket.items()),
            new Set(expected),
            'and what was acknowledged is in the basket',
          );
        },
      );
    }
  }
});
