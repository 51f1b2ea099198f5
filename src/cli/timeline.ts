import { styleText } from 'node:util';
import type { Change } from '../session/snapshot.ts';
import type { OutsideEntry, TimelineEntry, TurnEntry } from '../telemetry/timeline.ts';

const findings: Record<OutsideEntry['finding'], string> = {
  lost_update: 'LOST UPDATE',
  outside_writer: 'NO TURN',
  deleted: 'NO TURN',
  other_gateway: 'another gateway',
};
const barWidth = 24;

/** What the lines of one timeline share. */
interface Widths {
  /** The longest turn in milliseconds: it fills the bar. */
  readonly longest: number;
  readonly route: number;
}

/**
 * The timeline of one session as text: a line for each turn, oldest first, with a bar of its wait (╌) and its hold (█),
 * and what it changed; a line with ✗ for what was done while nobody held the turn.
 */
export function printTimeline(session: string, entries: readonly TimelineEntry[]): string {
  const turns = entries.filter((entry) => entry.kind === 'turn');
  const longest = Math.max(1, ...turns.map((turn) => turn.waitedMs + turn.heldMs));
  const route = Math.max(8, ...turns.map((turn) => turn.method.length + turn.route.length + 1));
  const conflicts = entries.filter((entry) => entry.kind === 'outside' && entry.finding !== 'other_gateway');
  const seen = turns.filter(({ wrote }) => wrote !== null && wrote !== 'unseen').length;
  const verdict = printVerdict(conflicts.length, seen);
  const head = `${session}  ${turns.length} turns  ${verdict}\n`;
  const legend = `times are UTC; ╌ waited, █ held the turn, the bar is ${Math.round(longest)} ms\n`;
  const byExchange = new Map(turns.map((turn) => [turn.exchange, turn]));
  const lines = entries.map((entry) =>
    entry.kind === 'turn'
      ? turnLine(entry, turns, { longest, route })
      : outsideLine(entry, route, byExchange),
  );
  return head + legend + lines.join('');
}

/** The one line that matters: how often somebody went past the turn, or that nobody looked. */
export function printVerdict(conflicts: number, seen: number): string {
  const stream = process.stdout;
  if (conflicts > 0) return styleText('red', `✖ ${conflicts} changed outside the turn`, { stream });
  if (seen === 0) return styleText('yellow', '? nobody looked at a session yet, or "trace: off"', { stream });
  return styleText('green', '✔ 0 changed outside the turn', { stream });
}

function turnLine(turn: TurnEntry, turns: readonly TurnEntry[], { longest, route }: Widths): string {
  const cells = (ms: number): number => Math.round((ms / longest) * barWidth);
  const bar = '╌'.repeat(cells(turn.waitedMs)) + '█'.repeat(Math.max(1, cells(turn.heldMs)));
  const cost = turn.overlapped
    ? `waited ${Math.round(turn.waitedMs)} ms, held ${Math.round(turn.heldMs)} ms`
    : `held ${Math.round(turn.heldMs)} ms`;
  const notes = [
    ...(turn.lost ? ['← the turn was lost meanwhile'] : []),
    ...(turn.overlapped ? [`← would have ${wouldHave(turn, turns)}`] : []),
  ];
  const what = [whatChanged(turn.changes, turn.more), ...notes].join('  ');
  const who = `${turn.method} ${turn.route}`.padEnd(route);
  return `${clock(turn.atMs)}  ${who}  ${turn.side.padEnd(6)}  ${turn.status}  ${bar.padEnd(barWidth)}  ${cost.padEnd(28)}  ${what}\n`;
}

function outsideLine(entry: OutsideEntry, route: number, turns: ReadonlyMap<string, TurnEntry>): string {
  const colour = entry.finding === 'other_gateway' ? 'yellow' : 'red';
  const mark = entry.finding === 'other_gateway' ? '··' : '✗✗';
  const what =
    entry.finding === 'deleted' ? 'the whole session was deleted' : whatChanged(entry.changes, entry.more);
  const span = `after ${clock(entry.sinceMs)}`;
  const line = `${clock(entry.atMs)}  ${'found'.padEnd(route)}  outside       ${mark.padEnd(barWidth)}  ${findings[entry.finding].padEnd(28)}  ${what}, ${span}`;
  const undone = entry.undone.map(({ key, exchange, route: name }) => {
    const turn = turns.get(exchange);
    const whose = turn === undefined ? name : `${turn.method} ${name} at ${clock(turn.atMs)}`;
    return `${' '.repeat(14)}└ "${key}" is again what it was before ${whose}: that update is lost`;
  });
  return `${styleText(colour, [line, ...undone].join('\n'), { stream: process.stdout })}\n`;
}

/** What would have become of this turn and the ones it waited for, if nobody had to wait: the last one writes it all. */
function wouldHave(turn: TurnEntry, turns: readonly TurnEntry[]): string {
  const enteredMs = (each: TurnEntry): number => each.atMs + each.waitedMs;
  const awaited = turns.filter(
    (each) => enteredMs(each) < enteredMs(turn) && enteredMs(each) + each.heldMs > turn.atMs,
  );
  const losses = awaited.flatMap(({ changes, method, route }) => {
    const keys = (changes ?? []).filter(({ isTouch }) => !isTouch).map(({ key }) => safe(key));
    return keys.length === 0 ? [] : [`${keys.join(', ')} of ${method} ${route}`];
  });
  return losses.length === 0 ? 'raced' : `lost ${[...new Set(losses)].join('; ')}`;
}

function whatChanged(changes: readonly Change[] | null, more: number): string {
  if (changes === null) return 'not seen';
  const shown = changes.filter(({ isTouch }) => !isTouch).map(printChange);
  if (shown.length === 0) return changes.length > 0 ? 'touched only' : 'no change';
  return shown.join(' ') + (more > 0 ? ` and ${more} more` : '');
}

function printChange({ key, kind, before, after }: Change): string {
  const mark = { added: '+', changed: '~', removed: '-' }[kind];
  const values = [before, after].filter((value) => value !== undefined);
  return `${mark}${safe(key)}${values.length === 0 ? '' : `(${values.map(safe).join(' → ')})`}`;
}

/** Keys and values are a visitor's: no control character of theirs reaches the terminal. */
function safe(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}
