import type { Body } from './body.ts';
import type { RawHeaders } from './headers.ts';
import type { Params } from './params.ts';
import type { RequestTarget } from './path.ts';

/** One request and all that is known about it before anybody serves it. Never written to. */
export interface Exchange {
  /** Unique, and sortable by time; in the log, in what a client is told, and what a support call asks for. */
  readonly id: string;
  readonly method: string;
  /** The address, read as Apache reads it. */
  readonly target: RequestTarget;
  /** The path as the log may show it: without the id of a session. */
  readonly shownPath: string;
  /** The client's fields, already cleaned of what a side must not see. */
  readonly headers: RawHeaders;
  readonly body: Body;
  /** The parameters, as CGI.pm reads them; null where the body is too large to be read for them. */
  readonly params: () => Params | null;
  /** The id of the visitor's session in its canonical form, or null. */
  readonly sessionId: string | null;
  /** The same as the request spells it. */
  readonly claimedSessionId: string | null;
  readonly clientAddress: string;
  /** What it shows of a turn it was made within: the value of its Banyan-Lease field, or null. */
  readonly leaseToken: string | null;
  /** Whether somebody passed it on to us, and said so: then the address is not that of who made it. */
  readonly wasForwarded: boolean;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** When the request came, on the clock that only grows; for durations. */
  readonly startedMs: number;
}
