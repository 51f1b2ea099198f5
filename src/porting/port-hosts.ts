import type { Dispatcher } from 'undici';

/** A place where ports run, as far as serving needs it. */
export interface Host {
  readonly pool: Dispatcher;
  /** Whether a connection to it breaks only with one of its ends, as a unix socket does. Else the host may work on. */
  readonly isLocal: boolean;
  /** Why we have ended it, or null. */
  readonly because: string | null;
  /** A request is sent to it, and is done with. */
  begin(): void;
  done(): void;
  /** Ends it, and resolves when it is gone. Resolves with false where that is not in our hands: it may commit yet. */
  kill(because: string): Promise<boolean>;
}

/** Where ports run. */
export interface Hosts {
  /** The one to ask next; null where none can be asked. */
  pick(): Host | null;
}
