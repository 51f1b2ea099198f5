import { styleText } from 'node:util';
import type { Change } from '../session/snapshot.ts';
import {
  entryKey,
  type OutsideEntry,
  type TimelineEntry,
  type TurnEntry,
} from '../session/timeline-entry.ts';
import { harmless } from './print.ts';

const findings: Record<OutsideEntry['finding'], string> = {
  lost_update: 'LOST UPDATE',
  outside_writer: 'NO TURN',
  deleted: 'NO TURN',
  other_gateway: 'another gateway',
};
const barWidth = 24;
const costWidth = 28;

/** What the lines of one timeline share. */
interface Shared {
  /** The longest turn in milliseconds: it fills the bar. */
  readonly longest: number;
  readonly routeWidth: number;
  readonly turns: readonly TurnEntry[];
  /** Whether it came through several gateways: then each line says which. */
  readonly isFleet: boolean;
}

/** One entry as text: one line, or a few that belong together. */
export interface TimelineLine {
  /** What tells it from every other. */
  readonly key: string;
  readonly text: string;
}

/**
 * The timeline of one session as text: a line for each request, oldest first, with a bar of its wait (╌) and its hold
 * (█), and what it changed; a line with ✗ for what was done while nobody held the turn.
 */
export function printTimeline(session: string, entries: readonly TimelineEntry[]): string {
  const lines = timelineLines(entries).map(({ text }) => text);
  return printTimelineHead(session, entries) + lines.join('');
}

/** What stands above the lines. */
export function printTimelineHead(session: string, entries: readonly TimelineEntry[]): string {
  const turns = entries.filter((entry) => entry.kind === 'turn');
  const conflicts = entries.filter((entry) => entry.kind === 'outside' && entry.finding !== 'other_gateway');
  const seen = turns.filter(
    ({ wrote, outcome }) => wrote !== null && wrote !== 'unseen' && outcome !== 'no-turn',
  ).length;
  const requests = turns.filter(({ outcome }) => outcome !== 'followed').length;
  const head = `${session}  ${requests} requests  ${printVerdict(conflicts.length, seen)}\n`;
  return `${head}times are UTC; ╌ waited, █ held the turn, the bar is ${sayMs(longestOf(turns))}\n`;
}

/** The lines, in the order of the entries. */
export function timelineLines(entries: readonly TimelineEntry[]): TimelineLine[] {
  const turns = entries.filter((entry) => entry.kind === 'turn');
  const shared: Shared = {
    longest: longestOf(turns),
    routeWidth: Math.max(8, ...turns.map((turn) => turn.method.length + turn.route.length + 1)),
    turns,
    isFleet: new Set(entries.map(({ gateway }) => gateway)).size > 1,
  };
  return entries
    .filter((entry) => !isSaidTwice(entry, turns))
    .map((entry) => ({
      key: entryKey(entry),
      text: entry.kind === 'turn' ? turnLine(entry, shared) : outsideLine(entry, shared),
    }));
}

/** Whether an entry says only that another gateway had the turn, and that turn stands here itself. */
function isSaidTwice(entry: TimelineEntry, turns: readonly TurnEntry[]): boolean {
  if (entry.kind === 'turn' || entry.finding !== 'other_gateway') return false;
  return turns.some(
    ({ gateway, outcome, atMs, waitedMs }) =>
      gateway !== entry.gateway &&
      outcome === 'turn' &&
      atMs + waitedMs > entry.sinceMs &&
      atMs + waitedMs < entry.atMs,
  );
}

/** The one line that matters: how often somebody went past the turn, or that nobody looked. */
export function printVerdict(conflicts: number, seen: number): string {
  const stream = process.stdout;
  if (conflicts > 0) return styleText('red', `✖ ${conflicts} changed outside the turn`, { stream });
  if (seen === 0) return styleText('yellow', '? nobody looked at a session yet, or "trace: off"', { stream });
  return styleText('green', '✔ 0 changed outside the turn', { stream });
}

/** A duration for people. */
export function sayMs(milliseconds: number): string {
  if (milliseconds < 10_000) return `${Math.round(milliseconds)} ms`;
  return `${Math.round(milliseconds / 100) / 10} s`;
}

function longestOf(turns: readonly TurnEntry[]): number {
  return Math.max(1, ...turns.map((turn) => turn.waitedMs + turn.heldMs));
}

function turnLine(turn: TurnEntry, { longest, routeWidth, turns, isFleet }: Shared): string {
  const cells = (ms: number): number => Math.round((ms / longest) * barWidth);
  const held = turn.outcome === 'turn' ? '█'.repeat(Math.max(1, cells(turn.heldMs))) : '';
  const bar = ('╌'.repeat(cells(turn.waitedMs)) + held).slice(0, barWidth + 1);
  const what = [
    turn.outcome === 'refused' ? `(${turn.refusal})` : whatChanged(turn.changes, turn.more),
    ...notesOf(turn, turns),
    ...(isFleet ? [`@ ${harmless(turn.gateway)}`] : []),
  ].join('  ');
  const who = `${turn.method} ${turn.route}`.padEnd(routeWidth);
  const line = `${clock(turn.atMs)}  ${who}  ${turn.side.padEnd(6)}  ${turn.status}  ${bar.padEnd(barWidth)}  ${costOf(turn).padEnd(costWidth)}  ${what}\n`;
  return turn.outcome === 'refused' ? styleText('red', line, { stream: process.stdout }) : line;
}

function costOf({ outcome, overlapped, waitedMs, heldMs, status }: TurnEntry): string {
  switch (outcome) {
    case 'refused':
      return `✖ ${status} waited ${sayMs(waitedMs)}, no turn`;
    case 'no-turn':
      return 'takes no turn';
    case 'followed':
      return 'gave the visitor this session';
    case 'turn':
      return overlapped ? `waited ${sayMs(waitedMs)}, held ${sayMs(heldMs)}` : `held ${sayMs(heldMs)}`;
  }
}

function notesOf(turn: TurnEntry, turns: readonly TurnEntry[]): string[] {
  const { outcome, nested, within, refusal, lost, overlapped } = turn;
  const isRace = outcome === 'turn' && overlapped && nested === null;
  return [
    ...(nested === null || within === null ? [] : [`← within ${within.route} (by ${nested})`]),
    ...(outcome === 'followed' && refusal !== null ? [`← without its turn: ${harmless(refusal)}`] : []),
    ...(lost ? ['← the turn was lost meanwhile'] : []),
    ...(isRace ? [`← would have ${wouldHave(turn, turns)}`] : []),
  ];
}

function outsideLine(entry: OutsideEntry, { routeWidth, turns, isFleet }: Shared): string {
  const colour = entry.finding === 'other_gateway' ? 'yellow' : 'red';
  const mark = entry.finding === 'other_gateway' ? '··' : '✗✗';
  const what =
    entry.finding === 'deleted' ? 'the whole session was deleted' : whatChanged(entry.changes, entry.more);
  const span = `after ${clock(entry.sinceMs)}${isFleet ? `  @ ${harmless(entry.gateway)}` : ''}`;
  const line = `${clock(entry.atMs)}  ${'found'.padEnd(routeWidth)}  outside       ${mark.padEnd(barWidth)}  ${findings[entry.finding].padEnd(costWidth)}  ${what}, ${span}`;
  const undone = entry.undone.map(({ key, exchange, route: name }) => {
    const turn = turns.find((each) => each.exchange === exchange);
    const whose = turn === undefined ? name : `${turn.method} ${name} at ${clock(turn.atMs)}`;
    return `${' '.repeat(14)}└ "${harmless(key)}" is again what it was before ${whose}: that update is lost`;
  });
  return `${styleText(colour, [line, ...undone].join('\n'), { stream: process.stdout })}\n`;
}

/** What would have become of this turn and the ones it waited for, if nobody had to wait: the last one writes it all. */
function wouldHave(turn: TurnEntry, turns: readonly TurnEntry[]): string {
  const enteredMs = (each: TurnEntry): number => each.atMs + each.waitedMs;
  const awaited = turns.filter(
    (each) =>
      each.outcome === 'turn' &&
      enteredMs(each) < enteredMs(turn) &&
      enteredMs(each) + each.heldMs > turn.atMs,
  );
  const losses = awaited.flatMap(({ changes, method, route }) => {
    const keys = (changes ?? []).filter(({ isTouch }) => !isTouch).map(({ key }) => harmless(key));
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
  return `${mark}${harmless(key)}${values.length === 0 ? '' : `(${values.map(harmless).join(' → ')})`}`;
}

function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}
