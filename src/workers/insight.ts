import type { ConfigStatus, PortsStatus, RecordOrder } from '../control/api.ts';
import type { Capture } from '../exchange/capture.ts';
import type { Habit } from '../session/advice.ts';
import type { SessionOrder, TimelineEntry, TimelineList } from '../session/timeline-entry.ts';

/** One metric with all its series. */
export interface Family {
  /** In Prometheus' text format: a tenth of what it is as objects. */
  readonly text: string;
  /** How several of it are added up, in prom-client's words, such as `sum`. */
  readonly aggregator: string;
}

/** What one gateway can tell of itself. Everything in it can be sent from process to process. */
export interface Insight {
  /** The names of its metrics. */
  readonly familyNames: () => Promise<readonly string[]>;
  /** One of them as it stands now; one at a time, for all of them would keep every visitor waiting. */
  readonly family: (name: string) => Promise<Family | null>;
  /** Whether it can do its work: null, or the reason why not. */
  readonly notReady: () => Promise<string | null>;
  readonly config: () => Promise<ConfigStatus>;
  readonly ports: () => Promise<PortsStatus>;
  /** What was recorded of a route since it was asked last. */
  readonly record: (order: RecordOrder) => Promise<readonly Capture[]>;
  readonly habits: () => Promise<readonly Habit[]>;
  /** The sessions of its timeline, and how long requests waited that had to. */
  readonly sessions: (by: SessionOrder) => Promise<{ list: TimelineList; waits: readonly number[] }>;
  readonly session: (idOrLabel: string) => Promise<OneSession | null>;
}

/** What is known of one session. */
export interface OneSession {
  readonly session: string;
  readonly entries: readonly TimelineEntry[];
}
