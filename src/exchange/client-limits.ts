/** How much a client may do, and how long it may take. */
export interface ClientLimits {
  /** The largest head of a request. */
  readonly headBytes: number;
  /** All cookies of a request together. */
  readonly cookieBytes: number;
  /** The largest body of a request; null where the disk is the limit. */
  readonly uploadBytes: number | null;
  /** How many connections may be open at once. */
  readonly connections: number;
  /** Until the head of a request is whole. */
  readonly headMs: number;
  /** A body of which next to nothing comes in this time is not waited for. */
  readonly stallMs: number;
  /** How long a connection is kept on which nothing is asked. */
  readonly idleMs: number;
}
