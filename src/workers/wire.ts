import type { Occasion } from '../config/complete.ts';
import type { Offered } from '../config/reload.ts';
import type { Insight } from './insight.ts';

/** What a worker is told when it starts. */
export interface Job {
  /** Its number, from 1; that of the one it replaces. */
  readonly worker: number;
  readonly file: string;
  /** The routes.yaml it starts with: what runs, also where something else is in the file by now. */
  readonly text: string;
  readonly revision: number;
  /** The server of old scripts that the command line names instead of the file. */
  readonly legacy: string | null;
  readonly logLevel: string;
  readonly version: string;
}

/** All that a worker can be asked: what it tells of itself, and to take over another routes.yaml. */
export interface Answers extends Insight {
  readonly offer: (text: string, occasion: Occasion) => Promise<{ offered: Offered; drainMs: number }>;
  readonly lose: (code: 'missing' | 'unreadable', reason: string) => Promise<void>;
}

/** From the primary to a worker. */
export type Order =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'ask'; readonly id: number; readonly question: keyof Answers; readonly words: unknown[] }
  /** Finish what is under way and exit; `now`: cut it off. */
  | { readonly kind: 'end'; readonly now: boolean };

/** From a worker to the primary. */
export type Report =
  | { readonly kind: 'serving'; readonly url: string }
  /** It cannot start, and ends. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'unanswered'; readonly id: number; readonly reason: string };

/** The descriptor on which a worker finds the visitors' socket. */
export const socketFd = 3;
