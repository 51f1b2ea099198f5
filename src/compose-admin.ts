import { placeOf, urlOf } from './compose-listen.ts';
import type { Address } from './config/address.ts';
import { type AdminParts, makeAdmin } from './control/api.ts';
import { makeVisits } from './gateway/visits.ts';

/** How long who asks the admin listener may take, once the visitors are gone. */
const drainMs = 2_000;

/** The admin listener, at an address or on a socket that listens already; `close` lets those finish who ask. */
export async function openAdmin(
  at: Address,
  fd: number | null,
  parts: Omit<AdminParts, 'hosts'>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const admin = makeAdmin({ ...parts, hosts: [at.host] });
  const visits = makeVisits(admin.server, () => undefined);
  await admin.listen(placeOf(at, fd));
  return {
    url: urlOf(admin, 'http'),
    close: async () => {
      await visits.drain(AbortSignal.timeout(drainMs));
      await admin.close();
    },
  };
}
