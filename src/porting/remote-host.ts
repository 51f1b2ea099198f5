import type { Pool } from 'undici';
import { hostPool } from './host-pool.ts';
import type { Host, Hosts } from './port-hosts.ts';

/** A port host that somebody else has started: it is asked, and neither watched nor ended. See docs/port-hosts.md. */
export class RemoteHost implements Host, Hosts {
  readonly because = null;
  readonly pool: Pool;
  readonly isLocal: boolean;

  constructor(where: Parameters<typeof hostPool>[0]) {
    this.pool = hostPool(where);
    this.isLocal = 'socketPath' in where; // behind an address of the loopback interface may be a tunnel, too
  }

  pick(): Host {
    return this;
  }

  begin(): void {
    // Nobody counts what it has to do.
  }

  done(): void {
    // The same.
  }

  kill(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}
