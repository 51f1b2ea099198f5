import { hostname } from 'node:os';
import { commit, lookAt, type Now } from '../config/commit.ts';
import type { JournalEntry } from '../config/journal.ts';
import { LockHeld } from '../config/write-lock.ts';
import { ChangedMeanwhile, NotWritten } from '../config/write.ts';
import { isTerminal, mustAsk, saysYes, towardsPort } from './change-consent.ts';
import { becomesLive, type Live } from './change-live.ts';
import { type ChangeOptions, checkOptions, whoAmI } from './change-options.ts';
import { makePlan, type Plan, type Verb } from './change-plan.ts';
import { sayDone, sayNothing, sayWouldBe } from './change-words.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { tell } from './print.ts';
import { showDiff } from './show-diff.ts';

/**
 * What all verbs do that change the file: read it, make the new text and check it, show it, ask where visitors would be
 * moved, write it with its journal, and say what the gateway makes of it.
 */
export async function change(file: string, verb: Verb, options: ChangeOptions): Promise<ExitCode> {
  checkOptions(options);
  const now = await look(file);
  const plan = makePlan(file, verb, now, options);
  if (plan.text === plan.before) return sayNothing(file, verb, plan, options);
  if (options.dryRun === true) return sayWouldBe(file, verb, plan, options);
  const wasAsked = await ask(file, plan, options);
  if (wasAsked === 'no') return exitCodes.findings;
  const done = await write(
    file,
    verb,
    { now, plan, isPinned: verb.isPinned === true || wasAsked === 'yes' },
    options,
  );
  if (done.entry === null) return sayNothing(file, verb, done.plan, options);
  const live = await liveOf(done.plan, done.entry, performance.now());
  return sayDone(file, verb, { ...done, entry: done.entry, live, isShown: wasAsked === 'yes' }, options);
}

async function look(file: string): Promise<Now> {
  return lookAt(file).catch((error: Error) => {
    throw new Failure(exitCodes.findings, error.message, 'name the file, or set BANYAN_ROUTES', error);
  });
}

/** Asks whether visitors shall be moved; where nobody needs to be asked the answer is `unasked`. */
async function ask(file: string, plan: Plan, options: ChangeOptions): Promise<'yes' | 'no' | 'unasked'> {
  const names = towardsPort(plan.routes);
  if (names.length === 0 || options.yes === true) return 'unasked';
  mustAsk(names, isTerminal() && options.json !== true);
  tell(showDiff(file, plan.before, plan.text, process.stderr));
  if (await saysYes('apply? [y/N] ')) return 'yes';
  tell('nothing was changed\n');
  return 'no';
}

interface Agreed {
  readonly now: Now;
  readonly plan: Plan;
  /** Whether it holds only for the text that was looked at. */
  readonly isPinned: boolean;
}

/** Writes it, from the text that is there by then: other command lines may have been at work since. */
async function write(
  file: string,
  verb: Verb,
  agreed: Agreed,
  options: ChangeOptions,
): Promise<{ plan: Plan; entry: JournalEntry | null }> {
  const author = { verb: verb.name, who: whoAmI(process.env, hostname()), why: options.reason ?? null };
  let plan = agreed.plan;
  try {
    const entry = await commit(file, (now) => {
      if (now.text !== agreed.now.text) plan = planAgain(file, verb, now, agreed, options);
      return { ...author, text: plan.text, ...(plan.about === undefined ? {} : { about: plan.about }) };
    });
    return { plan, entry };
  } catch (error) {
    if (error instanceof ChangedMeanwhile || error instanceof LockHeld)
      throw new Failure(exitCodes.changedMeanwhile, error.message, null, error);
    if (error instanceof NotWritten) throw new Failure(exitCodes.findings, error.message, null, error);
    throw error;
  }
}

function planAgain(file: string, verb: Verb, now: Now, agreed: Agreed, options: ChangeOptions): Plan {
  if (agreed.isPinned) throw new Failure(exitCodes.changedMeanwhile, new ChangedMeanwhile(file).message);
  const plan = makePlan(file, verb, now, options);
  const names = towardsPort(plan.routes);
  if (names.length > 0 && options.yes !== true) mustAsk(names, false);
  return plan;
}

async function liveOf(plan: Plan, entry: JournalEntry, writtenAtMs: number): Promise<Live | null> {
  return plan.settings === null ? null : becomesLive(plan.settings, entry.after, writtenAtMs);
}
