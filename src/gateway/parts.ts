import type { ServerResponse } from 'node:http';
import type { Problem } from '../errors.ts';
import type { ClientLimits } from '../exchange/client-limits.ts';
import type { Clock } from '../exchange/clock.ts';
import type { ExchangeRecord } from '../record.ts';
import type { Backend } from '../routing/backend.ts';
import type { Network } from '../routing/network.ts';
import type { Upstream } from '../routing/route.ts';
import type { Table } from '../routing/table.ts';
import type { UpgradeTo } from '../routing/upgrade.ts';
import type { IdPlaces } from '../session/identity.ts';
import type { Nesting } from '../session/nesting.ts';
import type { NowAndThen } from '../session/now-and-then.ts';
import type { Turnstile } from '../session/turnstile.ts';
import type { SessionWatch } from '../session/watch.ts';
import type { OutletTo } from './outlet.ts';
import type { Recorder } from './recorder.ts';

/** Sessions, where the site has any. */
export interface SessionParts {
  readonly turnstile: Turnstile;
  readonly idPlaces: IdPlaces;
  readonly patienceMs: number;
  readonly nesting: Nesting;
  /** Whose requests are taken for nested ones, and what becomes of them. */
  readonly nestedBy: { readonly byOrigin: 'allow' | 'refuse'; readonly hosts: readonly string[] };
  /** When a route without a turn was looked at last. */
  readonly witnessed: NowAndThen;
  /** Null where `trace: off`. */
  readonly watch: SessionWatch | null;
}

/** What a reload may change besides the routes. */
export interface Limits {
  /** Bodies up to this are kept in memory, and their parameters can choose a route. */
  readonly maxBodyBytes: number;
  /** How much of one answer may wait in a file for its client; 0 where none may. */
  readonly mostSpooledBytes: number;
  /** Who shows it may choose a side; null where nobody may. */
  readonly adminToken: string | null;
  /** Whose word is taken for where a request comes from. */
  readonly trust: readonly Network[];
  readonly clients: ClientLimits;
  /** How many WebSockets may be open at once, in all processes together. */
  readonly mostSockets: number;
  /** How many processes there are. */
  readonly workers: number;
}

/** Everything the gateway works with, handed to it by compose.ts. */
export interface Parts {
  /** The table of now. A request asks once and uses that one to its end. */
  readonly table: () => Table;
  /** What the settings of now say besides the table. */
  readonly limits: () => Limits;
  readonly sessions: SessionParts | null;
  readonly legacy: Backend;
  readonly port: Backend;
  /** Passes on a request without a body, and its answer as it flows; see legacy/pass-through.ts. */
  readonly passThrough: (
    response: ServerResponse,
    order: {
      id: string;
      method: string;
      target: string;
      upstream: Upstream;
      headers: string[];
      timeoutMs: number;
    },
  ) => Promise<{ status: number | null; elapsedMs: number; problem: Problem | null }>;
  /** Where the bodies of answers go; see outlet.ts. */
  readonly outletTo: OutletTo;
  readonly recorder: Recorder;
  readonly upgrade: UpgradeTo;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Told once of every exchange, when it is over. Never throws. */
  readonly record: (record: ExchangeRecord) => void;
}
