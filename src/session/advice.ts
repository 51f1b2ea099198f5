import type { SessionUse } from './session.ts';

/** What a route was seen to do to sessions since the gateway runs. */
export interface Habit {
  readonly route: string;
  readonly use: SessionUse;
  /** Requests of legacy's that were looked at. */
  readonly seen: number;
  /** Of those: wrote the session back with nothing but the time of its last use changed. */
  readonly touched: number;
  /** Of those: changed or removed it. */
  readonly changed: number;
  /** Some of the keys that were changed. */
  readonly keys: readonly string[];
}

/** What somebody should know of a route's `session:` setting. */
export interface Advice {
  /** `writes-without-turn`: it writes although it takes no turn. `could-be-lighter`: it takes turns it does not need. */
  readonly code: 'writes-without-turn' | 'could-be-lighter';
  readonly habit: Habit;
  /** What was seen, and what to do. */
  readonly message: string;
  readonly help: string;
}
