import { createInterface } from 'node:readline/promises';
import type { RouteChange } from '../config/journal.ts';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { parseTarget } from '../routing/target.ts';
import { exitCodes, Failure } from './failure.ts';
import { harmless } from './print.ts';

/** The names of the routes of which more than before is served by the port, or that legacy no longer serves. */
export function towardsPort(routes: readonly RouteChange[]): string[] {
  return routes
    .filter(({ before, after }) => after !== null && weight(after) > weight(before ?? 'legacy'))
    .map(({ name }) => name);
}

/** How far a target is from legacy. One that cannot be read, for it comes from a variable, may be anywhere. */
function weight(text: string): number {
  const target = orMistake(() => parseTarget(text));
  if (target instanceof Mistake) return 200;
  return target.stage === 'retired' ? 150 : target.portPercent;
}

/** Throws a Failure where somebody must say yes and nobody is there to be asked. */
export function mustAsk(names: readonly string[], isTerminal: boolean): void {
  if (isTerminal) return;
  const which = names.length === 1 ? names[0] : `${names.length} routes`;
  throw new Failure(
    exitCodes.usage,
    `this moves ${harmless(which ?? '')} towards the port, and here is nobody to be asked`,
    'add --yes; moves to legacy need none',
  );
}

/** Whether a person sits there. */
export function isTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on stderr; whatever is not yes is no. Throws a Failure for Ctrl-C. */
export async function saysYes(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const left = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
  const stopped = new Promise<never>((_, reject) =>
    asking.once('SIGINT', () => reject(new Failure(exitCodes.interrupted, 'nothing was changed'))),
  );
  try {
    const answer = await Promise.race([asking.question(question), left, stopped]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}
