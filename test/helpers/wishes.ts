import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type GatewayProcess, writeRoutes } from '../../scripts/shop/gateway.ts';
import { giveToServers } from '../../scripts/shop/process.ts';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { get, type Click } from './alike.ts';
import { socketOf, useHostElsewhere, type HostElsewhere } from './port-host.ts';
import { pythonHost } from './python.ts';
import { until, useGatewayOn, useShop } from './shop.ts';

/** The shop with a wish list: the old script of which docs/python-host/shop.py has a port, and its table. */
export async function useWishes(t: Test): Promise<Shop> {
  const shop = await useShop(t);
  await shop.db.query(
    'CREATE TABLE wishes (id INT AUTO_INCREMENT PRIMARY KEY, sku INT NOT NULL, wished DATETIME NOT NULL) ENGINE=InnoDB',
  );
  const script = join(shop.root, 'cgi-bin/wish.pl');
  cpSync(join(repository, 'test/fixtures/cgi/wish.pl'), script);
  chmodSync(script, 0o755);
  giveToServers(script);
  return shop;
}

/** A gateway whose ports are in a host in Python, and somebody who visits it. */
export interface PythonSide {
  readonly shop: Shop;
  readonly host: HostElsewhere;
  readonly socketPath: string;
  readonly gateway: GatewayProcess;
  readonly visitor: Visitor;
}

/** Starts both; they end with the test. `wait` is how long a request waits for its turn. */
export async function usePython(t: Test, shop: Shop, routes: string, wait = '10s'): Promise<PythonSide> {
  const socketPath = socketOf(shop);
  const host = await startPython(t, shop, socketPath);
  const ports = `{ url: 'unix:${socketPath}' }`;
  const gateway = await useGatewayOn(t, shop, writeRoutes(shop, `${routes}\n  /**: legacy`, { ports, wait }));
  return { shop, socketPath, host, gateway, visitor: new Visitor(gateway.url) };
}

/** Starts the host alone. */
export function startPython(t: Test, shop: Shop, socketPath: string): Promise<HostElsewhere> {
  const command = ['/usr/bin/python3', '-B', join(pythonHost, 'shop.py'), socketPath];
  return useHostElsewhere(t, shop, command, socketPath);
}

/** Wishes for a record. */
export function wish(sku: number | string): Click {
  return get(`wish.pl?sku=${sku}`);
}

/** How many wishes the table has. */
export async function wishesInTable({ db }: Shop): Promise<number> {
  const [rows] = await db.query<RowDataPacket[]>('SELECT COUNT(*) AS wishes FROM wishes');
  return Number(rows[0]?.['wishes']);
}

/** The id of a connection that waits in this state, or runs this statement; null where there is none. */
export async function connectionIn({ db }: Shop, state: string): Promise<number | null> {
  const [rows] = await db.query<RowDataPacket[]>(
    'SELECT id FROM information_schema.processlist WHERE (state = ? OR info = ?) AND id <> CONNECTION_ID()',
    [state, state],
  );
  return (rows[0]?.['id'] ?? null) as number | null;
}

/** Has a wish get as far as its INSERT, which waits there until the gate is ended. */
export async function askAndHold(
  shop: Shop,
  click: () => ReturnType<Click>,
): Promise<{ asked: ReturnType<Click>; gate: Connection }> {
  const gate = await shop.mariadb.connect('shop');
  await gate.query('LOCK TABLES wishes WRITE');
  const asked = click();
  await until(
    'the page is at its INSERT',
    async () => (await connectionIn(shop, 'Waiting for table metadata lock')) !== null,
  );
  return { asked, gate };
}
