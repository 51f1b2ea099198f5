import { createHash } from 'node:crypto';
import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';
import { keepPresence, type Presence } from '../session/presence.ts';

/** So many gateways can be told apart; one more is not seen by the others. */
const slots = 16;
/** A server that is silent for so long is taken for lost. */
const patienceMs = 2_000;

/** Each gateway holds one of a few named locks for as long as it runs, on a connection of its own. */
export function presence(options: ConnectionOptions, scope: string, clock: Clock): Promise<Presence> {
  const suffix = createHash('sha256').update(scope).digest('hex').slice(0, 16);
  const names = Array.from({ length: slots }, (_, at) => `banyan:here:${at}:${suffix}`);
  const who = `SELECT CONNECTION_ID() AS me, ${names.map((_, at) => `IS_USED_LOCK(?) AS s${at}`).join(', ')}`;
  let connection: Connection | null = null;

  const announce = async (): Promise<Connection> => {
    const made = await mysql.createConnection({ ...options, connectTimeout: 3_000 });
    made.on('error', () => undefined); // the next question finds out
    try {
      const sql = 'SELECT GET_LOCK(?, 0) AS got';
      for (const name of names) {
        const [rows] = await made.query<RowDataPacket[]>({ sql, timeout: patienceMs }, [name]);
        if (rows[0]?.['got'] === 1) return made;
      }
      throw new Error('every place is taken');
    } catch (thrown) {
      made.destroy(); // Galera refuses the lock, every time
      throw thrown;
    }
  };
  return keepPresence(
    {
      announce: async () => {
        const isNew = connection === null;
        connection ??= await announce();
        return isNew;
      },
      areOthers: async () => {
        const [rows] = await (connection as Connection).query<RowDataPacket[]>(
          { sql: who, timeout: patienceMs },
          names,
        );
        const { me, ...held } = rows[0] as Record<string, number | null>;
        return Object.values(held).some((holder) => holder !== null && holder !== me);
      },
      leave: async () => {
        connection?.destroy();
        connection = null;
      },
    },
    clock,
  );
}
