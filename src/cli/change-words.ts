import { styleText } from 'node:util';
import type { JournalEntry } from '../config/journal.ts';
import type { Live } from './change-live.ts';
import type { ChangeOptions } from './change-options.ts';
import type { Plan, Verb } from './change-plan.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { harmless, note, print, printJson, tell } from './print.ts';
import { showDiff } from './show-diff.ts';

/** A change that was made. */
export interface Done {
  readonly plan: Plan;
  readonly entry: JournalEntry;
  /** What the gateway makes of it; null where the file has errors, and so no gateway. */
  readonly live: Live | null;
  /** Whether the lines were shown before somebody said yes to them. */
  readonly isShown: boolean;
}

/** Says that the file is as wanted already. */
export function sayNothing(file: string, verb: Verb, plan: Plan, options: ChangeOptions): ExitCode {
  if (options.json === true) sayJson(file, verb, plan, null, null);
  else print(`${plan.nothing}\n`);
  return exitCodes.ok;
}

/** Says what would be changed. */
export function sayWouldBe(file: string, verb: Verb, plan: Plan, options: ChangeOptions): ExitCode {
  if (options.json === true) sayJson(file, verb, plan, null, null);
  else {
    print(showDiff(file, plan.before, plan.text, process.stdout));
    note('nothing was written (--dry-run)\n');
  }
  return options.exitCode === true ? exitCodes.findings : exitCodes.ok;
}

/** Says what was changed, what the gateway makes of it, and how to undo it. */
export function sayDone(file: string, verb: Verb, done: Done, options: ChangeOptions): ExitCode {
  const { plan, entry, live } = done;
  const isRefused = live?.state === 'refused';
  if (options.json === true) sayJson(file, verb, plan, entry, live);
  else {
    if (!done.isShown) print(showDiff(file, plan.before, plan.text, process.stdout));
    const line = `${outcome(entry, live, plan.summary)}. Undo: ${undo(file, done)}\n`;
    if (isRefused) tell(styleText('red', line, { stream: process.stderr }));
    else print(styleText(live?.state === 'running' ? 'green' : 'yellow', line, { stream: process.stdout }));
  }
  return isRefused ? exitCodes.findings : exitCodes.ok;
}

function outcome({ rev }: JournalEntry, live: Live | null, summary: string | undefined): string {
  const what = summary === undefined ? '' : `: ${summary}`;
  switch (live?.state) {
    case 'running':
      return `✔ rev ${rev}, live in ${live.ms} ms${what}`;
    case 'refused':
      return `✖ rev ${rev} is written${what}, but the gateway refused it: ${harmless(live.message)}`;
    case 'overtaken':
      return `✔ rev ${rev} is written${what}; the file was changed again since`;
    case 'elsewhere':
      return `▲ rev ${rev} is written${what}; the gateway at ${live.admin} does not run it`;
    case 'absent':
      return `▲ rev ${rev} is written${what}; no gateway answers at ${live.admin}`;
    case undefined:
      return `✔ rev ${rev} is written${what}`;
  }
}

/** Where one line changed, and in it one target, that is moved back alone, whatever else changes until then. */
function undo(file: string, { plan, entry }: Done): string {
  const [first, second] = plan.routes.filter(({ before, after }) => before !== after);
  const isOneLine = entry.hunk?.removed.length === 1 && entry.hunk.added.length === 1;
  const isOne = isOneLine && first !== undefined && second === undefined;
  const what = isOne ? inQuotes(first.name) : String(entry.rev - 1);
  return `banyan rollback ${what}${file === 'routes.yaml' ? '' : ` --file ${inQuotes(file)}`}`;
}

function inQuotes(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${harmless(word).replaceAll("'", "'\\''")}'`;
}

function sayJson(file: string, verb: Verb, plan: Plan, entry: JournalEntry | null, live: Live | null): void {
  printJson({
    file,
    verb: verb.name,
    written: entry !== null,
    rev: entry?.rev ?? null,
    hash: entry?.after ?? null,
    routes: plan.routes,
    gateway: live,
  });
}
