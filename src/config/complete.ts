import { type Finding, makeFinding } from './findings.ts';

/**
 * Whether a new text of routes.yaml is all there. Nothing tells a file that is half written from one that was made
 * shorter on purpose: 63 of the 352 beginnings of the first example are valid, and mean something else. So a new text is
 * held against the running one, and a person may say where the file ends, with YAML's own mark: a last line `...`.
 */

/** Why the file is looked at: it changed, it has stayed the same since the look before, or a person asks (SIGHUP). */
export type Occasion = 'changed' | 'settled' | 'asked';

/** What to do with a new text: take it, wait and look once more, or refuse it. */
export type Verdict = 'take' | 'wait' | 'cut off';

/** Judges a new text by the running one. A person who asks vouches for the file, though not for an empty one. */
export function judgeEnd(running: string, next: string, occasion: Occasion): Verdict {
  if (next.trim() === '') return 'cut off';
  if (occasion === 'asked' || isMarked(next)) return 'take';
  if (isMarked(running) || isBeginning(next, running)) return 'cut off';
  return occasion === 'changed' && looksShortened(running, next) ? 'wait' : 'take';
}

/** The finding for a text that was judged to be cut off, at its last line. */
export function cutOffFinding(file: string, running: string, next: string): Finding {
  const lines = next.trimEnd().split('\n');
  const text = (lines.at(-1) ?? '').replace(/\r$/, '');
  const from = text.search(/\S|$/);
  const place = { file, line: lines.length, text, from, length: text.length - from };
  return makeFinding({ severity: 'error', ...wordsFor(running, next), ...place });
}

function wordsFor(running: string, next: string): { code: string; message: string; help: string } {
  if (next.trim() === '') {
    const message = 'the file is empty, as a crash or a full disk leaves it';
    return { code: 'empty-file', message, help: 'write it again; the last good one serves on' };
  }
  const vouch = 'write "..." as its last line, or send the gateway a SIGHUP';
  if (isMarked(running)) {
    const message = 'the running file ends with the line "...", and this one does not: is it half written?';
    return { code: 'cut-off', message, help: `if this is the whole file, ${vouch}` };
  }
  const message = 'the file ends where the running one goes on: is it half written?';
  return { code: 'cut-off', message, help: `if the end was removed on purpose, ${vouch}` };
}

/** Whether the last line is `...`, behind which nothing can be missing: the reader refuses whatever follows it. */
export function isMarked(text: string): boolean {
  const whole = text.trimEnd();
  return whole.slice(whole.lastIndexOf('\n') + 1) === '...';
}

/** Blank lines at the end say nothing, so nothing is lost with them. */
function isBeginning(next: string, running: string): boolean {
  return running.startsWith(next) && running.trimEnd() !== next.trimEnd();
}

/** How many lines are compared to find out where in the running text a new text ends. */
const mostLines = 50;

/**
 * Whether the tail of the running text seems to be missing: the new one ends like a place in the middle of it, or is
 * shorter and ends like no place in it. Also true of many an honest edit, which then only waits a moment.
 */
function looksShortened(running: string, next: string): boolean {
  const [before, after] = [linesOf(running), linesOf(next)];
  const atEnd = sameTail(before, before.length, after);
  if (atEnd === 0 && after.length < before.length) return true;
  return before.some((_, end) => sameTail(before, end, after) > atEnd);
}

/** How many lines before `end` are the last ones of `after`. */
function sameTail(before: readonly string[], end: number, after: readonly string[]): number {
  let same = 0;
  while (same < mostLines && same < end && before[end - 1 - same] === after[after.length - 1 - same]) same++;
  return same;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}
