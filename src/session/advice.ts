import type { SessionUse } from './session.ts';

/** What a route was seen to do to sessions since the gateway runs. */
export interface Habit {
  readonly route: string;
  readonly use: SessionUse;
  /** Requests of legacy's that were looked at. */
  readonly seen: number;
  /** Of those: wrote the session back with nothing but the time of its last use changed. */
  readonly touched: number;
  /** Of those: changed or removed it. */
  readonly changed: number;
  /** Some of the keys that were changed. */
  readonly keys: readonly string[];
}

/** What somebody should know of a route's `session:` setting. */
export interface Advice {
  /** `writes-without-turn`: it writes although it takes no turn. `could-be-lighter`: it takes turns it does not need. */
  readonly code: 'writes-without-turn' | 'could-be-lighter';
  readonly habit: Habit;
  /** What was seen, and what to do. */
  readonly message: string;
  readonly help: string;
}

/** So many requests make a habit. */
export const usualEnough = 500;
const mostKeys = 10;

/** Some of these keys, each once. */
export function someOf(keys: readonly string[]): string[] {
  return [...new Set(keys)].slice(0, mostKeys);
}

/** What several gateways have seen of the same routes, together. */
export function habitsTogether(habits: readonly Habit[]): Habit[] {
  const together = new Map<string, Habit>();
  for (const habit of habits) {
    const name = `${habit.route} ${habit.use}`;
    const before = together.get(name);
    together.set(name, before === undefined ? habit : sumOf(before, habit));
  }
  return [...together.values()];
}

function sumOf(one: Habit, other: Habit): Habit {
  return {
    ...one,
    seen: one.seen + other.seen,
    touched: one.touched + other.touched,
    changed: one.changed + other.changed,
    keys: someOf([...one.keys, ...other.keys]),
  };
}

/** What there is to say of a habit; null where that is nothing. */
export function adviceOf(habit: Habit, enough = usualEnough): Advice | null {
  const { route, use, seen, touched, changed, keys } = habit;
  const counted = `of ${seen} requests that were looked at`;
  if (use !== 'write') {
    if (changed + touched === 0) return null;
    const named = keys.length === 0 ? '' : ` (${keys.join(', ')})`;
    const what = `${changed} changed the session${named} and ${touched} wrote it back unchanged`;
    return {
      code: 'writes-without-turn',
      habit,
      message: `route "${route}" says session: ${use}, and ${counted} ${what}: it can undo what others do meanwhile`,
      help: 'write "session: write"',
    };
  }
  if (seen < enough || changed > 0) return null;
  const message = `route "${route}" takes a turn for each request, and ${counted} none changed the session`;
  return touched === 0
    ? { code: 'could-be-lighter', habit, message, help: '"session: none" would spare it the turn' }
    : {
        code: 'could-be-lighter',
        habit,
        message: `${message} but for the time of its last use (${touched} times)`,
        help: 'once it is ported, "session: read" will do; Perl needs the turn, for it writes the whole session back',
      };
}
