import { Mistake } from './mistake.ts';
import { nearest } from './nearest.ts';
import { parsePercent } from './percent.ts';
import type { Target } from './route.ts';

/**
 * Reads the right-hand side of a route: `legacy`, `shadow [N%]`, `port N%[, shadow [N%]]`, `port`,
 * `port, shadow legacy [N%]` or `retired`. Throws a Mistake [bad-target] or [bad-percent].
 */
export function parseTarget(text: string): Target {
  const words = text.trim().replace(/\s+/g, ' ').replace(/ ?, ?/g, ', ');
  const alone = { portPercent: 0, shadow: null } as const;
  if (words === 'legacy' || words === 'retired') return { stage: words, ...alone };
  if (words === 'port') return { stage: 'port', portPercent: 100, shadow: null };
  const shadow = new RegExp(`^shadow(?: ${share})?$`).exec(words);
  if (shadow !== null) return { stage: 'shadow', portPercent: 0, shadow: portBeside(shadow[1]) };
  const split = new RegExp(`^port ${share}(?:, (shadow)(?: ${share})?)?$`).exec(words);
  if (split !== null) {
    const [, percent = '', beside, sample] = split;
    const portPercent = parsePercent(percent);
    return { stage: 'split', portPercent, shadow: beside === undefined ? null : portBeside(sample) };
  }
  const watched = new RegExp(`^port, shadow legacy(?: ${share})?$`).exec(words);
  if (watched !== null) {
    const samplePercent = parsePercent(watched[1] ?? '100%');
    return { stage: 'port', portPercent: 100, shadow: { side: 'legacy', samplePercent } };
  }
  throw new Mistake('bad-target', `cannot read target "${words}"`, suggest(words));
}

/** A target as it is written in routes.yaml; `parseTarget` reads it back. */
export function printTarget({ stage, portPercent, shadow }: Target): string {
  const sample = shadow === null || shadow.samplePercent === 100 ? '' : ` ${shadow.samplePercent}%`;
  if (stage === 'shadow') return `shadow${sample}`;
  if (stage === 'split') return `port ${portPercent}%${shadow === null ? '' : `, shadow${sample}`}`;
  if (stage === 'port') return shadow === null ? 'port' : `port, shadow legacy${sample}`;
  return stage;
}

const share = String.raw`(-?\d+(?:\.\d+)?%)`;

const targetHelp = 'a target is legacy, shadow, port, retired, or port N% such as port 25%';
const targetWords = ['legacy', 'port', 'shadow', 'retired', 'port, shadow legacy'];

function portBeside(sample: string | undefined): Target['shadow'] {
  return { side: 'port', samplePercent: parsePercent(sample ?? '100%') };
}

function suggest(words: string): string {
  const shape = /^(?:([A-Za-z]+),? ?)?(\d+(?:\.\d+)?) ?%?$/.exec(words);
  if (shape !== null) {
    const word = nearest(shape[1] ?? 'port', targetWords);
    if (word === 'port' || word === 'shadow') return `did you mean "${word} ${shape[2]}%"?`;
    if (word === 'legacy') return 'a share is the part that the port gets, such as port 25%';
  }
  if (/^port, ?shadow\b/.test(words)) return 'legacy is what a port is held against: "port, shadow legacy"';
  if (/^port \d+(\.\d+)?%, shadow legacy/.test(words)) return 'write "shadow" alone: the other side is run';
  const near = nearest(words, targetWords);
  return near === null ? targetHelp : `did you mean "${near}"?`;
}
