import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import type { Shop } from '../../scripts/shop/shop.ts';
import type { MysqlRelay, Place } from '../helpers/mysql-relay.ts';
import { until } from '../helpers/shop.ts';
import type { Disaster, Moment } from './port-transaction-table.ts';

/** A request that is stopped at a moment. */
export interface Stop {
  /** What the port is told. */
  readonly fields: Readonly<Record<string, string>>;
  /** Resolves when the request is there. */
  readonly there: Promise<unknown>;
  goOn(): unknown;
}

/** A way to stop a request at a moment, and for which disasters it is one. */
export interface Way {
  readonly name: string;
  readonly stop: () => Stop | Promise<Stop>;
  readonly only?: readonly Disaster[];
}

let fifos = 0;

/** The port waits until a FIFO is opened for writing and closed. */
export function stopAtFifo(shop: Shop, at: string, deed: string): Stop {
  const fifo = join(shop.scratch, `fifo-${++fifos}`);
  execFileSync('mkfifo', [fifo]);
  const writer = open(fifo, 'w'); // waits for the reader
  return { fields: { at, deed, fifo }, there: writer, goOn: async () => (await writer).close() };
}

function stopOnTheLine(relay: MysqlRelay, sql: RegExp, place: Place, then: 'release' | 'cut'): Stop {
  const stopped = relay.stop(sql, place);
  return { fields: {}, there: stopped.there, goOn: () => stopped[then]() };
}

/** The server itself holds up every COMMIT. */
async function stopAtTheServer(shop: Shop, relay: MysqlRelay): Promise<Stop> {
  const holder = await shop.mariadb.connect('shop');
  holder.on('error', () => undefined); // its server may be killed
  const before = relay.stop(/^COMMIT/, 'statement'); // what comes before the COMMIT would wait as well
  const isThere = async (): Promise<void> => {
    await before.there;
    await holder.query('FLUSH TABLES WITH READ LOCK');
    before.release();
    await until('the server is at the COMMIT', async () => {
      const [rows] = await holder.query<RowDataPacket[]>(
        "SELECT 1 FROM information_schema.processlist WHERE info = 'COMMIT'",
      );
      return rows.length === 1;
    });
  };
  return { fields: {}, there: isThere(), goOn: () => holder.destroy() };
}

/** Every way to stop a request at each moment. */
export function waysToStop(shop: Shop, relay: MysqlRelay): Readonly<Record<Moment, readonly Way[]>> {
  const onTheLine = (sql: RegExp, place: Place, then: 'release' | 'cut') => () =>
    stopOnTheLine(relay, sql, place, then);
  const atFifo = (at: string, deed: string) => () => stopAtFifo(shop, at, deed);
  return {
    'before BEGIN': [
      {
        name: 'it has not reached the server',
        stop: onTheLine(/^START TRANSACTION/, 'statement', 'release'),
      },
    ],
    'in the handler': [{ name: 'all is written', stop: atFifo('done', 'waits') }],
    'during COMMIT': [
      { name: 'it has not reached the server', stop: onTheLine(/^COMMIT/, 'statement', 'release') },
      {
        name: 'it never will',
        stop: onTheLine(/^COMMIT/, 'statement', 'cut'),
        only: ['port host killed', 'connection to it killed'],
      },
      { name: 'the server is at it', stop: () => stopAtTheServer(shop, relay) },
      {
        name: 'it is done, and nobody will hear of it',
        stop: onTheLine(/^COMMIT/, 'answer', 'cut'),
        only: ['port host killed', 'database killed', 'connection to it killed'],
      },
      {
        name: 'it is done, and nobody has heard of it',
        stop: onTheLine(/^COMMIT/, 'answer', 'release'),
        only: ['turn lost', 'client gone'],
      },
    ],
    'after COMMIT, before the answer': [
      { name: 'the host stands still', stop: atFifo('committed', 'stands still') },
    ],
    'in the middle of the answer': [{ name: 'half is sent', stop: atFifo('answering', 'waits') }],
  };
}
