import type { Now } from '../config/commit.ts';
import { type Finding, countFindings, hasErrors } from '../config/findings.ts';
import type { RouteChange } from '../config/journal.ts';
import { readSettings } from '../config/read.ts';
import { routeChanges } from '../config/route-changes.ts';
import type { Settings } from '../config/settings.ts';
import { Mistake } from '../routing/mistake.ts';
import type { ChangeOptions } from './change-options.ts';
import { exitCodes, Failure } from './failure.ts';
import { onlyRoutes } from './load.ts';
import { printFindings } from './print-findings.ts';
import { tell } from './print.ts';

/** The file as a verb finds it. */
export interface Situation extends Now {
  /** Null where the file has errors; a verb may still do what mends them, such as a move to legacy. */
  readonly settings: Settings | null;
}

/** What a verb makes of it. */
export interface Edited {
  readonly text: string;
  /** The keys of routes it is about besides those whose targets change. */
  readonly about?: readonly string[];
  /** What was done, where the lines do not say it: `6 routes to legacy`. */
  readonly summary?: string;
  /** What to say when the text is as it was. */
  readonly nothing: string;
}

/** A verb that changes the file. */
export interface Verb {
  readonly name: string;
  /** Throws a Mistake or a Failure for what cannot be done. May be asked again when the file changed meanwhile. */
  edit(now: Situation): Edited;
  /** Whether it was meant for this very text: when the file changes meanwhile it is not done. */
  readonly isPinned?: boolean;
  /** Whether the text means the same as before, so that its errors are none of this verb's business. */
  readonly isLayout?: boolean;
}

/** A change that is thought through and not done. */
export interface Plan extends Edited {
  readonly before: string;
  readonly routes: readonly RouteChange[];
  /** Of the new text. */
  readonly settings: Settings | null;
}

/** Makes a plan of a verb. Says on stderr what is wrong with the new text, and throws a Failure if it may not be written. */
export function makePlan(file: string, verb: Verb, now: Now, options: ChangeOptions): Plan {
  const read = (text: string) => readSettings(file, text, process.env, 0, onlyRoutes);
  const before = read(now.text);
  const edited = inTheirWords(() => verb.edit({ ...now, settings: before.settings }));
  if (edited.text === now.text) return { ...edited, before: now.text, routes: [], settings: before.settings };
  const after = read(edited.text);
  if (verb.isLayout !== true) judge(file, before.findings, after.findings, options);
  const routes = routeChanges(now.text, edited.text, edited.about);
  return { ...edited, before: now.text, routes, settings: after.settings };
}

/** What a person wrote wrong on the command line is wrong usage; what cannot be edited is the file's fault. */
function inTheirWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const exitCode = error.code === 'not-editable' ? exitCodes.findings : exitCodes.usage;
    throw new Failure(exitCode, error.message, error.help, error);
  }
}

function judge(
  file: string,
  before: readonly Finding[],
  after: readonly Finding[],
  options: ChangeOptions,
): void {
  const old = new Set(before.map(nameOf));
  const fresh = after.filter((finding) => !old.has(nameOf(finding)) && finding.code !== 'missing-variable');
  if (hasErrors(after)) {
    const errors = after.filter(({ severity }) => severity === 'error');
    tell(printFindings(hasErrors(before) ? errors : fresh, process.stderr));
    const message = hasErrors(before)
      ? `${file}: ${countFindings(before)}`
      : 'nothing was changed: the file would have errors';
    throw new Failure(
      exitCodes.findings,
      message,
      hasErrors(before) ? 'mend the file first; nothing was changed' : null,
    );
  }
  tell(printFindings(fresh, process.stderr));
  if (options.force === true || fresh.every(({ code }) => code !== 'not-yet')) return;
  throw new Failure(
    exitCodes.refused,
    'refused: a running gateway would refuse the file; nothing was changed',
    'to write it all the same: --force -m "why"',
  );
}

/** A finding is the same when it says the same, wherever it stands now. */
function nameOf({ code, message }: Finding): string {
  return `${code} ${message}`;
}
