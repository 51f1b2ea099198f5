/** What routes.yaml says about moving a route besides its target. Read and checked; see docs/routes.md for what acts on it. */
export interface Plan {
  readonly owner: string | null;
  readonly notes: string | null;
  readonly ramp: Ramp | null;
  readonly guard: Guard | null;
  readonly comparison: Comparison | null;
}

/** The steps by which a share grows. */
export interface Ramp {
  /** Rising shares, in percent. */
  readonly stepPercents: readonly number[];
  readonly everyMs: number | null;
  /** The share at which a person is waited for, or null. */
  readonly holdAtPercent: number | null;
  /** `manual`: `banyan ramp ROUTE --next` takes the steps. `now`: the gateway does. */
  readonly start: 'manual' | 'now';
}

/** A limit on how long answers take: a time, or a multiple of what legacy takes. */
export type TimeLimit = { readonly ms: number } | { readonly timesLegacy: number };

/** When a route is to be moved back. Percentages are null where nothing is said. */
export interface Guard {
  readonly windowMs: number;
  readonly minRequests: number;
  /** Over those of legacy. */
  readonly errorsPercent: number | null;
  readonly p50: TimeLimit | null;
  readonly p95: TimeLimit | null;
  readonly p99: TimeLimit | null;
  readonly mismatchesPercent: number | null;
  readonly fallbacksPercent: number | null;
  readonly lockTimeoutsPercent: number | null;
  readonly onBreach: 'rollback' | 'pause' | 'alert';
}

/** How two answers to one request are held against each other. */
export interface Comparison {
  readonly samplePercent: number;
  /** What becomes of what the shadow does to the database: rolled back, or applied once more. */
  readonly effects: 'rollback' | 'twice';
  readonly timeoutMs: number | null;
  readonly headers: readonly string[];
  readonly body: 'bytes' | 'text' | 'html' | 'json';
  /** Rules as written, such as `css .generated-at`; each has been read once. */
  readonly ignore: readonly string[];
  /** Replacements as written, such as `s/[0-9a-f]{32}/<sid>/g`; each has been compiled once. */
  readonly normalise: readonly string[];
  /** Session keys that may differ. */
  readonly ignoreSessionKeys: readonly string[];
}

/** The plan of a route that says nothing. */
export const noPlan: Plan = Object.freeze({
  owner: null,
  notes: null,
  ramp: null,
  guard: null,
  comparison: null,
});
