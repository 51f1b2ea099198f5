import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from 'mysql2/promise';
import { startApache, type Apache } from './apache.ts';
import { startMariaDb, type MariaDb } from './mariadb.ts';
import { giveToServers, makeScratch } from './process.ts';

/** The checkout this file belongs to. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The record shop without anybody who serves it: its scripts, and a real MariaDB. */
export interface Stock {
  readonly scratch: string;
  readonly mariadb: MariaDb;
  /** The copy of legacy-stub/ that is served. */
  readonly root: string;
  /** The shop's configuration file, which scripts are told of as SHOP_CONF. */
  readonly confFile: string;
  /** The value of `session.store` for this shop. It holds a password that lives as long as the shop. */
  readonly storeUrl: string;
  /** A connection to the shop's database as administrator, for looking. Ended with the shop. */
  readonly db: Connection;
  stop(): Promise<void>;
}

/** The record shop as it was before anybody put a gateway in front: real Perl, real Apache, real MariaDB. */
export interface Shop extends Stock {
  readonly apache: Apache;
}

/** Starts the shop in a scratch folder, on free TCP ports of the loopback interface. Everything ends with `stop`. */
export async function startShop(name = 'shop'): Promise<Shop> {
  const stock = await startStock(name);
  const apache = await startApache(stock.scratch, stock.root);
  return {
    ...stock,
    apache,
    stop: async () => {
      await apache.stop();
      await stock.stop();
    },
  };
}

/** The same without Apache, for a gateway that runs the scripts itself. */
export async function startStock(name: string): Promise<Stock> {
  const { path: scratch, remove } = makeScratch(name);
  const mariadb = await startMariaDb(scratch);
  const db = await mariadb.connect('shop');
  for (const part of ['schema.sql', 'seed.sql']) {
    await db.query(readFileSync(join(repository, 'legacy-stub/sql', part), 'latin1'));
  }
  const root = join(scratch, 'legacy');
  cpSync(join(repository, 'legacy-stub'), root, { recursive: true });
  mkdirSync(join(scratch, 'uploads'));
  const database = `dbi:mysql:database=shop;host=127.0.0.1;port=${mariadb.tcpPort}`;
  const confFile = join(root, 'conf/shop.conf');
  writeFileSync(
    confFile,
    [
      `db_dsn = ${database}`,
      `db_user = ${mariadb.user}`,
      `db_password = ${mariadb.password}`,
      `upload_dir = ${join(scratch, 'uploads')}`,
      'shop_name = Black Plastic Records',
    ].join('\n') + '\n',
    { mode: 0o600 },
  );
  giveToServers(root);
  giveToServers(join(scratch, 'uploads'));
  return {
    scratch,
    mariadb,
    root,
    confFile,
    storeUrl: `mysql://shop:${mariadb.password}@127.0.0.1:${mariadb.tcpPort}/shop?table=sessions`,
    db,
    stop: async () => {
      db.destroy();
      await mariadb.stop();
      remove();
    },
  };
}
