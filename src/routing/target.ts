import { Mistake } from './mistake.ts';
import { nearest } from './nearest.ts';
import type { Target } from './route.ts';

/**
 * Reads the right-hand side of a route: `legacy`, `port`, or `port N%` in steps of 0.01%.
 * Throws a Mistake [bad-target], [bad-percent] or, for targets of the full grammar, [not-yet].
 */
export function parseTarget(text: string): Target {
  const words = text.trim().replace(/\s+/g, ' ');
  if (words === 'legacy') return { stage: 'legacy', portPercent: 0 };
  if (words === 'port') return { stage: 'port', portPercent: 100 };
  const share = /^port (-?\d+(?:\.\d+)?)%$/.exec(words)?.[1];
  if (share !== undefined) return { stage: 'split', portPercent: parseShare(share) };
  if (/^(shadow( \d+(\.\d+)?%)?|retired|port( \d+(\.\d+)?%)?, ?shadow\b.*)$/.test(words)) {
    throw new Mistake('not-yet', `target "${words}" is not in this version yet`, targetHelp);
  }
  throw new Mistake('bad-target', `cannot read target "${words}"`, suggest(words));
}

/** A target as it is written in routes.yaml; `parseTarget` reads it back. */
export function printTarget(target: Target): string {
  return target.stage === 'split' ? `port ${target.portPercent}%` : target.stage;
}

const targetHelp = 'a target is legacy, port, or port N% such as port 25%';

/** The words a target can consist of, also those of later versions, for suggestions. */
const targetWords = ['legacy', 'port', 'shadow', 'retired'];

function parseShare(digits: string): number {
  const percent = Number(digits);
  const help = 'a share is between 0% and 100%';
  if (percent > 100) throw new Mistake('bad-percent', `${digits}% is over 100%`, help);
  if (percent < 0) throw new Mistake('bad-percent', `${digits}% is below 0%`, help);
  if (!/^\d+(\.\d{0,2}0*)?$/.test(digits)) {
    throw new Mistake(
      'bad-percent',
      `${digits}% is finer than 0.01%`,
      'visitors are divided in steps of 0.01%',
    );
  }
  return percent;
}

function suggest(words: string): string {
  const shape = /^(?:([A-Za-z]+),? ?)?(\d+(?:\.\d+)?) ?%?$/.exec(words);
  if (shape !== null) {
    const word = shape[1] ?? 'port';
    if (nearest(word, ['port']) === 'port') return `did you mean "port ${shape[2]}%"?`;
    if (word === 'legacy') return 'a share is the part that the port gets, such as port 25%';
  }
  const near = nearest(words, targetWords);
  return near === null ? targetHelp : `did you mean "${near}"?`;
}
