import type { ExchangeRecord } from '../record.ts';
import { type Advice, adviceOf, type Habit, someOf, usualEnough } from '../session/advice.ts';
import type { SessionWork } from '../session/lost-update.ts';
import type { SessionUse } from '../session/session.ts';

/** What routes do to sessions, and what follows from it. */
export interface Habits {
  /** Takes in an exchange that is over. Gives back an advice that is new. */
  record(record: ExchangeRecord): Advice | null;
  /** All there is to say now. */
  advice(): Advice[];
  /** All that was seen, of each route that was. */
  seen(): Habit[];
}

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
    seen: () => [...habits.values()],
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
    keys: hasChanged ? someOf([...before.keys, ...named]) : before.keys,
  };
}
