import { Recent } from './recent.ts';
import { changesBetween, type Change, type Snapshot } from './snapshot.ts';

/** Who had a turn. */
export interface TurnHolder {
  readonly exchange: string;
  readonly route: string;
}

/** A change that was made while nobody held the turn. */
export interface Outside {
  /**
   * `lost_update`: work of a turn is gone, an older value stands in its place. `deleted`: the row is gone.
   * `outside_writer`: something else was written. `other_gateway`: another gateway was there, and it may have held the
   * turn; that is no conflict, or nobody can tell.
   */
  readonly kind: 'lost_update' | 'deleted' | 'outside_writer' | 'other_gateway';
  readonly changes: readonly Change[];
  /** The keys whose change was lost, and whose change that was. */
  readonly undone: readonly ({ readonly key: string } & TurnHolder)[];
  /** Between these two moments it happened, in milliseconds since 1970. */
  readonly leftAtMs: number;
  readonly foundAtMs: number;
  /** Whose turn was the last before it. */
  readonly leftBy: TurnHolder;
}

/** What was done to a session between two looks, as far as could be seen. */
export interface SessionWork {
  /** What was changed; null where it was not seen or cannot be read. */
  readonly changes: readonly Change[] | null;
  readonly wrote: 'changed' | 'touched' | 'unchanged' | 'removed' | 'unseen';
}

/** What one turn did to its session. */
export interface TurnSeen extends SessionWork {
  /** What somebody without a turn had done before it. */
  readonly outside: Outside | null;
}

/** A turn and what the keys it changed were before; null for a key that was not there. */
interface Undo extends TurnHolder {
  readonly before: ReadonlyMap<string, string | null>;
}

interface Memory {
  /** How the last turn left the session; null where that was not seen, and then nothing can be said. */
  readonly left: Snapshot | null;
  readonly leftBy: TurnHolder;
  /** Oldest first. */
  readonly undos: readonly Undo[];
}

const mostUndos = 8;

/**
 * Remembers how each turn left its session. When the next one finds something else, it was written by somebody who
 * held no turn: a job of cron's, another site, a script that goes on after its answer.
 *
 * Turns of one session must be told in their order.
 */
export class LostUpdates {
  readonly #sessions: Recent<Memory>;

  constructor(mostSessions: number) {
    this.#sessions = new Recent(mostSessions);
  }

  /** How many sessions are remembered. */
  get size(): number {
    return this.#sessions.size;
  }

  /** How the last turn left a session; null where that is not remembered. */
  lastLeft(session: string): Snapshot | null {
    return this.#sessions.get(session)?.left ?? null;
  }

  /** Takes in one turn: `before` and `after` are what was seen at its two ends, null for what was not seen. */
  turn(
    session: string,
    holder: TurnHolder,
    { before, after }: { before: Snapshot | null; after: Snapshot | null },
  ): TurnSeen {
    const memory = this.#sessions.get(session);
    const outside = memory === undefined || before === null ? null : findOutside(memory, before);
    const undos = memory?.undos ?? [];
    const undo = before === null || after === null ? null : undoOf(holder, before, after);
    this.#sessions.set(session, {
      left: after,
      leftBy: holder,
      undos: undo === null ? undos : [...undos, undo].slice(-mostUndos),
    });
    return { ...workBetween(before, after), outside };
  }
}

/** What was done between two looks; null for one that was not had. */
export function workBetween(before: Snapshot | null, after: Snapshot | null): SessionWork {
  if (before === null || after === null) return { changes: null, wrote: 'unseen' };
  if (before.digest === after.digest) return { changes: [], wrote: 'unchanged' };
  if (before.keys === null || after.keys === null) return { changes: null, wrote: 'changed' };
  const changes = changesBetween(before, after);
  if (after.digest === null) return { changes, wrote: 'removed' };
  return { changes, wrote: changes.every(({ isTouch }) => isTouch) ? 'touched' : 'changed' };
}

function undoOf(holder: TurnHolder, before: Snapshot, after: Snapshot): Undo | null {
  if (before.digest === after.digest) return null; // the usual case: a turn that only read
  const changes = changesBetween(before, after).filter(({ isTouch }) => !isTouch);
  if (changes.length === 0) return null;
  return { ...holder, before: new Map(changes.map(({ key }) => [key, printIn(before, key)])) };
}

/** What is not explained between how a session was left and how it was found; null where nothing is. */
function findOutside({ left, leftBy, undos }: Memory, found: Snapshot): Outside | null {
  if (left === null || left.digest === found.digest) return null;
  const changes = changesBetween(left, found).filter(({ isTouch }) => !isTouch);
  const what = { changes, leftAtMs: left.takenAtMs, foundAtMs: found.takenAtMs, leftBy };
  if (found.digest === null) return isDue(left, found) ? null : { ...what, kind: 'deleted', undone: [] };
  const readable = left.keys !== null && found.keys !== null;
  // Touched by a route that takes no turn, or written again with its keys in another order: nothing is lost.
  if (readable && changes.length === 0) return null;
  const undone = changes.flatMap((change) => whoseWork(change, left, found, undos));
  return { ...what, kind: undone.length > 0 ? 'lost_update' : 'outside_writer', undone };
}

/** Whether CGI::Session would have removed it for its age: whoever loads it does, and that is no conflict. */
function isDue(left: Snapshot, found: Snapshot): boolean {
  return left.idleSeconds > 0 && left.lastUsedSeconds + left.idleSeconds <= found.takenAtMs / 1000;
}

/**
 * The turn whose change was undone: the key is again what it was before that turn. A key that is gone may as well have
 * been deleted on purpose; it counts only where the writer had loaded the session before the last turn did.
 */
function whoseWork(
  { key, kind }: Change,
  left: Snapshot,
  found: Snapshot,
  undos: readonly Undo[],
): Outside['undone'] {
  const isStale = left.digest !== null && found.lastUsedSeconds < left.lastUsedSeconds;
  if (kind === 'removed' && !isStale) return [];
  const now = printIn(found, key);
  const undo = undos.findLast(({ before }) => before.has(key) && before.get(key) === now);
  return undo === undefined ? [] : [{ key, exchange: undo.exchange, route: undo.route }];
}

function printIn({ keys }: Snapshot, key: string): string | null {
  return keys?.get(key)?.print ?? null;
}
