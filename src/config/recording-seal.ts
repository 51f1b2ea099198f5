import { type Seal, sealOf } from '../exchange/seal.ts';
import type { Settings } from './settings.ts';

/**
 * What a gateway closes the secrets of a recording with, for who records: whoever knows the password of the sessions'
 * database, or of the ports', could read them there as well, and nobody else who reaches the admin listener learns any.
 * Null where there is no password.
 */
export function recordingSeal({ session, ports }: Pick<Settings, 'session' | 'ports'>): Seal | null {
  const address = session?.store.kind === 'mysql' ? session.store : ports.database;
  return address === null || address.password === '' ? null : sealOf(address.password, 'recording');
}
