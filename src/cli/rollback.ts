import { setTargets } from '../config/edit.ts';
import { type JournalEntry, textOf } from '../config/journal.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Edited, Situation } from './change-plan.ts';
import { change } from './change.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { harmless } from './print.ts';
import { choose } from './which-target.ts';

/**
 * `banyan rollback`: a route's target before its last change, the whole file as it was in a revision, or, with nothing
 * named, as it was before the last change. It is a new revision, and can be rolled back itself.
 */
export async function rollback(
  file: string,
  what: string | undefined,
  options: ChangeOptions,
): Promise<ExitCode> {
  const rev = /^\d+$/.test(what ?? '') ? Number(what) : null;
  if (what !== undefined && rev === null)
    return change(file, { name: 'rollback', edit: (now) => oneRoute(now, what) }, options);
  // The whole file: what somebody else does meanwhile would be undone unseen.
  const edit = (now: Situation): Edited => (rev === null ? lastChange(now) : wholeFile(now, rev));
  return change(file, { name: 'rollback', edit, isPinned: true }, options);
}

function oneRoute(now: Situation, word: string): Edited {
  const { key, name } = choose(now, word);
  for (const entry of now.entries.toReversed()) {
    const moved = entry.routes.find((route) => route.key === key && route.before !== route.after);
    if (moved === undefined) continue;
    if (moved.before === null)
      throw new Failure(exitCodes.usage, `${name} was not there before rev ${entry.rev}`, seeHistory);
    const text = setTargets(now.text, [{ route: key, target: moved.before }]);
    return { text, summary: undoing(entry), nothing: `${name} is already ${moved.before}; nothing to do` };
  }
  throw new Failure(exitCodes.usage, `the journal knows no other target of ${name}`, seeHistory);
}

function lastChange(now: Situation): Edited {
  const [before, last] = now.entries.slice(-2);
  if (before === undefined || last === undefined)
    throw new Failure(exitCodes.usage, 'the journal knows no change that could be undone', seeHistory);
  return { ...wholeFile(now, before.rev), summary: undoing(last) };
}

function wholeFile({ entries }: Situation, rev: number): Edited {
  const last = entries.at(-1)?.rev ?? 0;
  const text = textOf(entries, rev);
  const words = `rev ${last} → rev ${rev}`;
  if (text !== null) return { text, summary: words, nothing: `the file is as in rev ${rev}; nothing to do` };
  const isKnown = entries.some((entry) => entry.rev === rev);
  const message = isKnown
    ? `rev ${rev} cannot be made again: the journal is damaged`
    : `there is no rev ${rev}`;
  throw new Failure(isKnown ? exitCodes.findings : exitCodes.usage, message, seeHistory);
}

const seeHistory = 'see "banyan history"';

function undoing({ rev, verb, who, why }: JournalEntry): string {
  return `undoes rev ${rev} (${harmless([verb, who, ...(why === null ? [] : [`"${why}"`])].join(', '))})`;
}
