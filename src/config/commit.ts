import { realpath } from 'node:fs/promises';
import { loadText } from './disk.ts';
import { appendEntries, readJournal } from './journal-file.ts';
import { type Author, type JournalEntry, nextEntry, upTo } from './journal.ts';
import { takeWriteLock } from './write-lock.ts';
import { ChangedMeanwhile, NotWritten, replaceFile } from './write.ts';

/** What a file says now, and how it came to that. */
export interface Now {
  readonly text: string;
  /** The journal up to this very text: what somebody did by hand is its last entry, even if it is not written yet. */
  readonly entries: readonly JournalEntry[];
  /** The last revision that is written in the journal; 0 where there is none. */
  readonly recorded: number;
}

/** A new text, whose it is, and the keys of routes it is about besides those whose targets change. */
export interface Proposal extends Author {
  readonly text: string;
  readonly about?: readonly string[];
}

/** Reads a file with its journal. Throws in plain words. */
export async function lookAt(file: string): Promise<Now> {
  const text = await loadText(file);
  const entries = await readJournal(await realpath(file));
  return { text, entries: upTo(entries, text, new Date().toISOString()), recorded: entries.at(-1)?.rev ?? 0 };
}

/** An editor that changes the file again and again is not raced for ever. */
const mostAttempts = 5;

/**
 * Changes a file: reads it, asks what it shall be, writes that and its journal, and gives back the new entry. All of it
 * under the lock of the writers, so that of many command lines at once none undoes the other. An editor's change in
 * between makes it begin again. What `propose` throws goes on, with nothing written.
 * Throws LockHeld, ChangedMeanwhile or NotWritten.
 */
export async function commit(
  file: string,
  propose: (now: Now) => Proposal | null,
): Promise<JournalEntry | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptCommit(file, propose);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || attempt === mostAttempts) throw error;
    }
  }
}

async function attemptCommit(
  file: string,
  propose: (now: Now) => Proposal | null,
): Promise<JournalEntry | null> {
  const real = await realpath(file);
  const lock = await orNotWritten(file, () => takeWriteLock(real, file));
  try {
    const now = await lookAt(file);
    const proposal = propose(now);
    if (proposal === null || proposal.text === now.text) return null;
    const { text, about, verb, who, why } = proposal;
    const at = new Date().toISOString();
    const entry = nextEntry(now.entries, { before: now.text, after: text }, { verb, who, why }, at, about);
    const missing = [...now.entries, entry].filter(({ rev }) => rev > now.recorded);
    await orNotWritten(file, () =>
      replaceFile({
        file,
        real,
        expected: now.text,
        text,
        record: () => appendEntries(real, missing),
        mayStill: () => lock.isOurs(),
      }),
    );
    return entry;
  } finally {
    await lock.release();
  }
}

/** What the system says becomes our words; what we say ourselves stays. */
async function orNotWritten<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new NotWritten(file, error);
    throw error;
  }
}
