import type { Side } from '../exchange/outcome.ts';
import type { CgiSettings } from './cgi.ts';
import type { SessionUse } from '../session/session.ts';
import type { Effects } from '../session/store.ts';
import type { KeyParam } from './key-params.ts';
import type { Plan } from './plan.ts';
import type { Only, Sticky } from './who.ts';

/** How far a route has moved. */
export type Stage = 'legacy' | 'shadow' | 'split' | 'port' | 'retired';

/** The right-hand side of a route: who serves it. */
export interface Target {
  readonly stage: Stage;
  /** The share of sessions that the port serves: 0 for `legacy`, `shadow` and `retired`, 100 for `port`, N for `port N%`. */
  readonly portPercent: number;
  /** The side that is run beside the one that answers, and on what share of its requests; null for none. */
  readonly shadow: { readonly side: Side; readonly samplePercent: number } | null;
}

/** How the certificate of an https:// server is verified, where it is not as usual. */
export interface UpstreamTls {
  /** The absolute path of a PEM file with the authorities that are believed instead of the public ones; null for those. */
  readonly caFile: string | null;
  /** The name the certificate must hold; null for the host of the address. */
  readonly serverName: string | null;
  readonly isVerified: boolean;
}

/** How much an upstream is given to do. */
export interface UpstreamLimits {
  /** Requests that it works on at once. */
  readonly atOnce: number;
  /** How many more may wait, and how long each. */
  readonly queue: number;
  readonly waitMs: number;
}

/** A server that runs old scripts. */
export interface Upstream {
  /** `legacy` for the one at the top of the file, else its name among `upstreams`. */
  readonly name: string;
  /** Scheme, host and TCP port. */
  readonly origin: string;
  /** Left out where certificates are verified as usual. */
  readonly tls?: UpstreamTls;
  /** Where the gateway runs the scripts itself. */
  readonly cgi?: CgiSettings;
  readonly limits: UpstreamLimits;
}

/** One line of routes.yaml, as a request may see it. Frozen; a reload makes new ones. */
export interface Route {
  /** Unique and stable: label in metrics, word on the command line. */
  readonly name: string;
  /** The left-hand side as the user wrote it. */
  readonly key: string;
  /** Upper-case methods this route is limited to, or null for every method. */
  readonly methods: readonly string[] | null;
  /** The absolute path pattern: literals, `*` globs, `{name}` segments, and `**` as the last segment. */
  readonly path: string;
  /** The parameters a request must have; empty where the key names none. */
  readonly params: readonly KeyParam[];
  readonly target: Target;
  /** What the route may do to the session, and so whether it takes a turn. */
  readonly session: SessionUse;
  /** Absolute path of the TypeScript file that implements the route, or null where there is none. */
  readonly port: string | null;
  /** How long a side may take until its answer begins. */
  readonly timeoutMs: number;
  /** The server that runs the script. */
  readonly upstream: Upstream;
  /** By what a visitor is told apart where the target is a share. */
  readonly sticky: Sticky;
  /** Who may get the port at all: all of these must hold. Empty: everybody. */
  readonly only: readonly Only[];
  /** What a visitor gets when the port fails before it has committed. */
  readonly fallback: 'legacy' | 'error';
  /** Whether the port may write to tables that do not roll back. */
  readonly effects: Effects;
  /** How the route is to be moved, watched and compared. */
  readonly plan: Plan;
  /** Where in routes.yaml the route stands, counted from 1; 0 for the built-in route of everything not named. */
  readonly line: number;
}
