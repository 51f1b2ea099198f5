import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Problem } from '../errors.ts';

/** How long a port waits for somebody who has the session without having taken a turn. */
const patienceSeconds = 5;
/** MySQL: a name of a lock that is too long; MariaDB: the same. */
const tooLong = new Set([3057, 1059]);

/**
 * Takes the lock that the session module itself takes in Perl, on this connection; so who comes past the gateway waits,
 * too. Always inside our own turn (perl.md 2.1). It is given back with all else that is the connection's, by its reset,
 * which is after COMMIT or ROLLBACK. Throws Problem SESSION_LOCKED where it is not had, and SESSION_UNREADABLE
 * where it cannot be: nothing was done.
 */
export async function takeOwnLock(connection: Connection, name: string): Promise<void> {
  const [rows] = await connection
    .query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS had', [name, patienceSeconds])
    .catch((thrown: unknown) => {
      if (!tooLong.has(Number((thrown as { errno?: unknown }).errno))) throw thrown;
      const message = `the module's own lock has a name of ${name.length} characters: MySQL takes 64, MariaDB 192`;
      throw new Problem('SESSION_UNREADABLE', message, thrown);
    });
  if (rows[0]?.['had'] === 1) return;
  const message = `somebody without a turn has had the module's own lock of the session for ${patienceSeconds} s`;
  throw new Problem('SESSION_LOCKED', message);
}
