import type { Duplex } from 'node:stream';
import type { Problem } from '../errors.ts';
import type { Answer } from '../exchange/outcome.ts';
import type { Upstream } from './route.ts';

/** A request to change the connection to WebSocket. It has no body. */
export interface UpgradeOrder {
  readonly target: string;
  readonly upstream: Upstream;
  /** The client's fields and ours, without Connection and Upgrade. */
  readonly headers: readonly string[];
  readonly timeoutMs: number;
}

/** A connection that has been changed. */
export interface Switched {
  readonly kind: 'switched';
  readonly reason: string;
  /** Every field of the 101, as it came. */
  readonly headers: readonly string[];
  /** From here on it is nobody's but the two ends'. */
  readonly socket: Duplex;
  /** What came behind the 101 in one piece with it. */
  readonly first: Buffer;
}

/** What legacy says to it: yes, another answer, or nothing. */
export type UpgradeReply =
  | Switched
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Asks legacy for a WebSocket. Never rejects; `gone` breaks it off while nothing has been answered. */
export type UpgradeTo = (order: UpgradeOrder, gone: AbortSignal) => Promise<UpgradeReply>;
