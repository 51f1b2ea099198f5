import { createHash } from 'node:crypto';
import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';
import type { Presence } from '../session/presence.ts';

/** So many gateways can be told apart; one more is not seen by the others. */
const slots = 16;
/** How often it is asked who is there: a gateway that came and went between is not seen. */
const everyMs = 2_000;

/**
 * Each gateway holds one of a few named locks for as long as it runs, and so the others see that it is there. One
 * connection, one question every two seconds and one for each finding.
 */
export async function presence(options: ConnectionOptions, scope: string, clock: Clock): Promise<Presence> {
  const suffix = createHash('sha256').update(scope).digest('hex').slice(0, 16);
  const names = Array.from({ length: slots }, (_, at) => `banyan:here:${at}:${suffix}`);
  const who = `SELECT CONNECTION_ID() AS me, ${names.map((_, at) => `IS_USED_LOCK(?) AS s${at}`).join(', ')}`;
  let connection: Connection | null = null;
  let notAloneAtMs = Infinity; // until it is known better
  let isClosed = false;
  let callOff = (): void => undefined;

  const announce = async (): Promise<Connection> => {
    const made = await mysql.createConnection({ ...options, connectTimeout: 3_000 });
    made.on('error', () => undefined); // the next question finds out
    for (const name of names) {
      const [rows] = await made.query<RowDataPacket[]>('SELECT GET_LOCK(?, 0) AS got', [name]);
      if (rows[0]?.['got'] === 1) return made;
    }
    made.destroy();
    throw new Error('every place is taken');
  };
  const ask = async (): Promise<void> => {
    const isNew = connection === null;
    try {
      connection ??= await announce();
      const [rows] = await connection.query<RowDataPacket[]>(who, names);
      const { me, ...held } = rows[0] as Record<string, number | null>;
      const others = Object.values(held).some((holder) => holder !== null && holder !== me);
      if (isNew || others) notAloneAtMs = clock.epochMs();
    } catch {
      connection?.destroy();
      connection = null;
      notAloneAtMs = Infinity;
    }
  };
  let asking: Promise<void> | null = null;
  const askOnce = (): Promise<void> => (asking ??= ask().finally(() => (asking = null)));
  const again = (): void => {
    callOff = clock.after(everyMs, () => {
      void askOnce().then(() => {
        if (!isClosed) again();
      });
    });
  };
  await askOnce();
  again();
  return {
    aloneSince: async (epochMs) => {
      await askOnce();
      return notAloneAtMs < epochMs;
    },
    close: async () => {
      isClosed = true;
      callOff();
      await asking;
      connection?.destroy();
    },
  };
}
