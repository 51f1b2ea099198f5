import type { SessionUse } from '../session/session.ts';

/** How far a route has moved. */
export type Stage = 'legacy' | 'split' | 'port';

/** The right-hand side of a route: who serves it. */
export interface Target {
  readonly stage: Stage;
  /** The share of sessions that the port serves: 0 for `legacy`, 100 for `port`, N for `port N%`. */
  readonly portPercent: number;
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
  readonly target: Target;
  /** What the route may do to the session, and so whether it takes a turn. */
  readonly session: SessionUse;
  /** Absolute path of the TypeScript file that implements the route, or null where there is none. */
  readonly port: string | null;
  /** How long a side may take until its answer begins. */
  readonly timeoutMs: number;
  /** Where in routes.yaml the route stands, counted from 1; 0 for the built-in route of everything not named. */
  readonly line: number;
}
