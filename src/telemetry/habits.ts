import type { ExchangeRecord } from '../record.ts';
import type { Advice, Habit } from '../session/advice.ts';
import type { SessionWork } from '../session/lost-update.ts';
import type { SessionUse } from '../session/session.ts';

/** What routes do to sessions, and what follows from it. */
export interface Habits {
  /** Takes in an exchange that is over. Gives back an advice that is new. */
  record(record: ExchangeRecord): Advice | null;
  /** All there is to say now. */
  advice(): Advice[];
}

/** So many requests make a habit. */
const usualEnough = 500;
const mostKeys = 10;

/** Nothing seen yet. Of a route that never changed anything in `enough` requests something lighter is suggested. */
export function makeHabits(enough = usualEnough): Habits {
  const habits = new Map<string, Habit>();
  return {
    record: (record) => {
      const work = workOf(record);
      if (work === null || record.session === null) return null;
      const name = `${record.route} ${record.session.use}`;
      const before = habits.get(name) ?? null;
      const after = addTo(before, record.route, record.session.use, work);
      habits.set(name, after);
      const was = before === null ? null : adviceOf(before, enough);
      const is = adviceOf(after, enough);
      return is !== null && is.code !== was?.code ? is : null;
    },
    advice: () => [...habits.values()].flatMap((habit) => adviceOf(habit, enough) ?? []),
  };
}

/** What legacy alone did; null where nobody looked, or a port served. */
function workOf({ served, fallback, turn, nested, aside, followed }: ExchangeRecord): SessionWork | null {
  if (served !== 'legacy' || fallback !== null || nested !== null) return null;
  if (followed !== null) return { wrote: 'changed', changes: [] }; // it gives sessions, and needs turns for that
  const work = aside ?? turn?.seen ?? null;
  return work === null || work.wrote === 'unseen' ? null : work;
}

function addTo(habit: Habit | null, route: string, use: SessionUse, { wrote, changes }: SessionWork): Habit {
  const before = habit ?? { route, use, seen: 0, touched: 0, changed: 0, keys: [] };
  const hasChanged = wrote === 'changed' || wrote === 'removed';
  const named = (changes ?? []).filter(({ isTouch }) => !isTouch).map(({ key }) => key);
  return {
    ...before,
    seen: before.seen + 1,
    touched: before.touched + (wrote === 'touched' ? 1 : 0),
    changed: before.changed + (hasChanged ? 1 : 0),
    keys: hasChanged ? [...new Set([...before.keys, ...named])].slice(0, mostKeys) : before.keys,
  };
}

function adviceOf(habit: Habit, enough: number): Advice | null {
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
