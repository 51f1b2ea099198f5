import mysql, { type PoolOptions } from 'mysql2/promise';
import type { Fence } from '../session/lock.ts';
import { mustHold } from './fence.ts';

/** Asks the database whether turns of other gateways are still held. */
export interface HeldElsewhere {
  /** Rejects never: what cannot be asked is not held. */
  isHeld(fence: Fence): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens a connection when it is first asked: that is when a nested request came through another gateway. */
export function heldElsewhere(options: PoolOptions): HeldElsewhere {
  const pool = mysql.createPool({ ...options, connectionLimit: 2, queueLimit: 100, connectTimeout: 3_000 });
  return {
    isHeld: async (fence) => {
      try {
        const connection = await pool.getConnection();
        try {
          await mustHold(connection, fence);
        } finally {
          connection.release();
        }
        return true;
      } catch {
        return false;
      }
    },
    close: () => pool.end(),
  };
}
