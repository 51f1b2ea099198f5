import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Test } from 'tap';
import { startGateway, writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { giveToServers } from '../../scripts/shop/process.ts';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { MysqlRelay } from './mysql-relay.ts';
import { useShop } from './shop.ts';

/** The port that places orders, and fails as it is told to. */
export const orderPort = join(repository, 'test/fixtures/ports/orders.ts');

/** The shop with orders.pl in it, and a relay on the way from the gateway to its database. */
export interface OrderShop {
  readonly shop: Shop;
  readonly relay: MysqlRelay;
  /** The store of the sessions, past the relay. */
  readonly relayedStoreUrl: string;
  /** A gateway, and port hosts, that reach the database through the relay. */
  readonly startGateway: (t: Test, ports: string, routes: string) => Promise<GatewayProcess>;
}

/** How many of each record there are at first: enough. */
export const stockAtFirst = 1_000_000;

/** Starts the shop, and ends it with the test. */
export async function useOrderShop(t: Test): Promise<OrderShop> {
  const shop = await useShop(t);
  shop.db.on('error', () => undefined); // its server may be killed
  const script = join(shop.root, 'cgi-bin/orders.pl');
  cpSync(join(repository, 'test/fixtures/cgi/orders.pl'), script);
  chmodSync(script, 0o755);
  giveToServers(script);
  await shop.db.query('UPDATE records SET stock = ?', [stockAtFirst]);
  const relay = await MysqlRelay.use(t, shop.mariadb.tcpPort);
  const relayedStoreUrl = shop.storeUrl.replace(`:${shop.mariadb.tcpPort}/`, `:${relay.tcpPort}/`);
  return {
    shop,
    relay,
    relayedStoreUrl,
    startGateway: async (t, ports, routes) => {
      const file = writeRoutes(shop, routes, { ports });
      const gateway = await startGateway(shop, file, { env: { BANYAN_SESSIONS: relayedStoreUrl } });
      t.teardown(() => gateway.stop('SIGKILL'));
      return gateway;
    },
  };
}

/** The bytes of a request that places an order in a session. */
export function orderBytes(
  method: 'GET' | 'POST',
  sessionId: string,
  fields: Readonly<Record<string, string>>,
): string {
  const form = new URLSearchParams(fields).toString();
  const head = (target: string): string =>
    `${method} ${target} HTTP/1.1\r\nHost: shop\r\nCookie: CGISESSID=${sessionId}\r\n`;
  if (method === 'GET') return `${head(`/cgi-bin/orders.pl?${form}`)}\r\n`;
  const type = 'Content-Type: application/x-www-form-urlencoded';
  return `${head('/cgi-bin/orders.pl')}${type}\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
}

/** Every order there is: its number, and the side that has placed it. */
export async function ordersIn(db: Connection): Promise<{ number: string; by: string }[]> {
  const [rows] = await db.query<RowDataPacket[]>(
    "SELECT SUBSTRING(name, 7) AS number, address AS 'by' FROM orders WHERE name LIKE 'order %'",
  );
  return rows.map(({ number, by }) => ({ number: String(number), by: String(by) }));
}

/** How many of all records were taken out of the stock. */
export async function takenFrom(db: Connection): Promise<number> {
  const [rows] = await db.query<RowDataPacket[]>('SELECT SUM(? - stock) AS taken FROM records', [
    stockAtFirst,
  ]);
  return Number(rows[0]?.['taken']);
}

/** A port host, as /ports shows it. */
export interface ShownHost {
  readonly pid: number;
  /** How many requests it has in hand. */
  readonly inFlight: number;
}

/** A gateway's port hosts. */
export async function hostsOf({ adminUrl }: Pick<GatewayProcess, 'adminUrl'>): Promise<ShownHost[]> {
  return ((await (await fetch(`${adminUrl}/ports`)).json()) as { hosts: ShownHost[] }).hosts;
}
