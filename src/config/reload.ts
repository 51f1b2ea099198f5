import type { Clock } from '../exchange/clock.ts';
import { changedRoutes, changedSettings } from './changed.ts';
import { cutOffFinding, judgeEnd, type Occasion } from './complete.ts';
import { type Finding, hasErrors } from './findings.ts';
import type { NumberedReading } from './reload-wire.ts';
import type { Settings } from './settings.ts';
import { inSlices } from './slices.ts';
import { textHash } from './text-hash.ts';

/** What became of a text that was offered. */
export type Offered = 'taken' | 'refused' | 'wait' | 'same' | 'superseded';

/** A text that is not used, or a file that has none; it stands until another text is taken. */
export interface Refusal {
  /** Null where there was no text: the file is gone, or nobody can read it. */
  readonly hash: string | null;
  readonly atMs: number;
  readonly findings: readonly Finding[];
}

/** A text that was taken over. */
export interface Taken {
  readonly settings: Settings;
  readonly hash: string;
  /** Which revision of the journal it is; null where no verb has written it down. */
  readonly rev: number | null;
  readonly atMs: number;
  /** A line for each route that changed. */
  readonly changes: readonly string[];
  readonly tookMs: number;
}

/** What a reload needs, and whom it tells. */
export interface ReloadParts {
  readonly clock: Clock;
  readonly read: (text: string, revision: number) => Promise<NumberedReading>;
  /** Whether a text that seems to be cut off is known to be whole: it was written down after the running one. By their hashes. */
  readonly isKnown: (hash: string, running: string) => Promise<boolean>;
  /** Makes ready what the next table needs; it does not serve yet. */
  readonly prepare: (next: Settings) => Promise<void>;
  /** The new table serves. */
  readonly onTaken: (taken: Taken) => Promise<void>;
  readonly onRefused: (refusal: Refusal) => void;
  /** The file is again the one that runs, after another one was refused. */
  readonly onRestored: () => void;
}

/** The routes.yaml that runs, and how another one takes its place. */
export interface Reloads {
  /** The settings in use. Replaced whole, by one assignment. */
  current(): Settings;
  /** The text in use. */
  taken(): Pick<Taken, 'hash' | 'rev' | 'atMs'>;
  /** What is refused now, or null. */
  refused(): Refusal | null;
  /** Takes over a new text whole, or not at all. Of several at once the last one wins. */
  offer(text: string, occasion: Occasion): Promise<Offered>;
  /** The file is gone or cannot be read. */
  refuse(finding: Finding): void;
}

/** Starts with settings that are in use already, and the revision of the journal that they are. */
export function makeReloads(first: Settings, rev: number | null, parts: ReloadParts): Reloads {
  const { clock } = parts;
  let current = first;
  let taken = { hash: textHash(first.text), rev, atMs: clock.epochMs() };
  let refused: Refusal | null = null;
  let newest = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const refuse = (hash: string | null, findings: readonly Finding[]): 'refused' => {
    refused = { hash, atMs: clock.epochMs(), findings };
    parts.onRefused(refused);
    return 'refused';
  };
  const judge = async (text: string, occasion: Occasion): Promise<Offered> => {
    const hash = textHash(text);
    if (text === current.text && occasion !== 'asked') {
      if (refused !== null) parts.onRestored();
      refused = null;
      return 'same';
    }
    const judged = judgeEnd(current.text, text, occasion);
    const end = judged === 'take' || (await parts.isKnown(hash, taken.hash)) ? 'take' : judged;
    if (end === 'wait') return 'wait';
    if (end === 'cut off') return refuse(hash, [cutOffFinding(current.file, current.text, text)]);
    return take(text, hash);
  };
  const take = async (text: string, hash: string): Promise<Offered> => {
    const startedMs = clock.nowMs();
    const { settings, findings, rev } = await parts.read(text, current.table.revision + 1);
    if (settings === null) return refuse(hash, findings);
    const all = [...findings, ...changedSettings(current, settings)];
    if (hasErrors(all)) return refuse(hash, all);
    const changes = await inSlices(changedRoutes(current.table, settings.table), clock);
    await parts.prepare(settings);
    current = settings; // from here on every new request is served by the new table
    taken = { hash, rev, atMs: clock.epochMs() };
    refused = null;
    await parts.onTaken({ settings, ...taken, changes, tookMs: clock.nowMs() - startedMs });
    return 'taken';
  };
  return {
    current: () => current,
    taken: () => taken,
    refused: () => refused,
    offer: (text, occasion) => {
      const own = ++newest;
      const offered = turn.then(() => (own === newest ? judge(text, occasion) : 'superseded'));
      turn = offered.catch(() => undefined);
      return offered;
    },
    refuse: (finding) => void refuse(null, [finding]),
  };
}
