import type { Candidate } from './complete.ts';
import type { Reading } from './half-typed.ts';

/** One of each kind that there is, in the order in which a route moves. */
const targets = [
  'legacy',
  'shadow',
  'shadow 20%',
  'port 1%',
  'port 5%',
  'port 25%',
  'port 50%',
  'port 10%, shadow',
  'port',
  'port, shadow legacy',
  'retired',
];

/** The next word of a target, which may be typed as one word in quotes or as several. */
export function targetWords({ before, last }: Reading): Candidate[] {
  if (last.includes(' ')) return targets.map((word) => ({ word, meaning: '' }));
  const typed = before.slice(1); // behind the route
  const next = targets
    .map((target) => target.split(' '))
    .filter((words) => typed.every((word, at) => words[at] === word))
    .flatMap((words) => words[typed.length] ?? []);
  return [...new Set(next)].map((word) => ({ word, meaning: '' }));
}

/** Shares that people begin with. */
export const shareWords: readonly Candidate[] = ['1%', '5%', '25%', '50%'].map((word) => ({
  word,
  meaning: '',
}));
