import { applyHunk, type Hunk, hunkBetween } from './hunk.ts';
import { routeChanges } from './route-changes.ts';
import { textHash } from './text-hash.ts';

/** What became of one route. */
export interface RouteChange {
  readonly key: string;
  /** What it is called; the key where it has no name. */
  readonly name: string;
  /** Its target as written, or null where the route was not there. The same twice: something else of it changed. */
  readonly before: string | null;
  readonly after: string | null;
}

/** One revision of routes.yaml: a line of its journal. */
export interface JournalEntry {
  readonly schema: 1;
  /** Counts up, beginning with 1. */
  readonly rev: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly who: string;
  readonly why: string | null;
  /** The verb; `found` for the text that the journal begins with, `edit` for what somebody did without a verb. */
  readonly verb: string;
  readonly routes: readonly RouteChange[];
  /** The hashes of the texts; null before the first one. */
  readonly before: string | null;
  readonly after: string;
  /** What made the one of the other; null where the whole text is here instead. */
  readonly hunk: Hunk | null;
  readonly text?: string;
}

/** Who changes the file, how and why. */
export interface Author {
  readonly verb: string;
  readonly who: string;
  readonly why: string | null;
}

/** After so many revisions the whole text is written down again: a journal whose middle is damaged heals. */
const snapshotEvery = 100;

/** The entries of a journal. A line that cannot be read, such as the last one after a crash, is passed over. */
export function parseJournal(text: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const line of text.split('\n')) {
    const entry = parseEntry(line);
    if (entry !== null && entry.rev > (entries.at(-1)?.rev ?? 0)) entries.push(entry);
  }
  return entries;
}

/** The revision that a line of the journal tells of, or null. */
export function parseEntry(line: string): JournalEntry | null {
  try {
    const entry = JSON.parse(line) as JournalEntry | null;
    return entry !== null && isEntry(entry) ? entry : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

function isEntry({
  schema,
  rev,
  at,
  who,
  why,
  verb,
  routes,
  before,
  after,
  hunk,
  text,
}: JournalEntry): boolean {
  return (
    schema === 1 &&
    Number.isSafeInteger(rev) &&
    [at, who, verb, after, text ?? ''].every(isText) &&
    [why, before].every(isTextOrNull) &&
    routes.every(
      (route) => [route.key, route.name].every(isText) && [route.before, route.after].every(isTextOrNull),
    ) &&
    (hunk === null || (Number.isSafeInteger(hunk.line) && [hunk.removed, hunk.added].every(areTexts)))
  );
}

/** The text of a revision, or null where the journal does not know it or is damaged. */
export function textOf(entries: readonly JournalEntry[], rev: number): string | null {
  const end = entries.findIndex((entry) => entry.rev === rev);
  const start = entries.findLastIndex((entry, at) => at <= end && entry.text !== undefined);
  if (start < 0) return null;
  const text = entries
    .slice(start + 1, end + 1)
    .reduce<string | null>(
      (now, { hunk }) => (now === null || hunk === null ? null : applyHunk(now, hunk)),
      entries[start]?.text ?? null,
    );
  return text !== null && textHash(text) === entries[end]?.after ? text : null;
}

/** The entry of a change that is about to be made: `before` is the text that the last entry ends with. */
export function nextEntry(
  entries: readonly JournalEntry[],
  texts: { readonly before: string | null; readonly after: string },
  author: Author,
  at: string,
  about: readonly string[] = [],
): JournalEntry {
  const { before, after } = texts;
  const sinceSnapshot = entries.length - 1 - entries.findLastIndex((entry) => entry.text !== undefined);
  const isWhole = before === null || sinceSnapshot >= snapshotEvery - 1;
  return {
    schema: 1,
    rev: (entries.at(-1)?.rev ?? 0) + 1,
    at,
    ...author,
    routes: before === null ? [] : routeChanges(before, after, about),
    before: entries.at(-1)?.after ?? null,
    after: textHash(after),
    hunk: isWhole ? null : hunkBetween(before, after),
    ...(isWhole ? { text: after } : {}),
  };
}

/** The journal up to the text that is in the file now: what is missing in it was done by hand. */
export function upTo(entries: readonly JournalEntry[], text: string, at: string): readonly JournalEntry[] {
  const last = entries.at(-1);
  const unknown = { who: 'unknown', why: null };
  if (last === undefined)
    return [nextEntry([], { before: null, after: text }, { ...unknown, verb: 'found' }, at)];
  const hash = textHash(text);
  if (last.after === hash) return entries;
  // The journal is written before the file is replaced: a crash between the two looks like an undo.
  const why = last.before === hash ? `undone by hand, or rev ${last.rev} was cut short by a crash` : null;
  const texts = { before: textOf(entries, last.rev), after: text };
  return [...entries, nextEntry(entries, texts, { ...unknown, why, verb: 'edit' }, at)];
}
