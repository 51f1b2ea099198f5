import t from 'tap';
import { Deadlines } from '../../src/exchange/deadlines.ts';
import { fakeClock } from '../helpers/clock.ts';

/** Notes when something was late. */
function make() {
  const clock = fakeClock();
  const deadlines = new Deadlines(clock);
  const late: string[] = [];
  const add = (name: string, deadlineMs: number) => {
    const bounded = { deadlineMs, late: () => late.push(`${name} at ${clock.nowMs()}`) };
    return deadlines.add(bounded);
  };
  return { clock, deadlines, late, add };
}

t.test('each is told at its deadline, in whatever order they were added', async (t) => {
  const { clock, late, add } = make();
  add('slow', 300);
  add('quick', 100);
  add('middle', 200);
  clock.advance(99);
  t.same(late, []);
  clock.advance(300);
  t.same(late, ['quick at 100', 'middle at 200', 'slow at 300']);
});

t.test('what is over in time is never told, and one timer is enough for all', async (t) => {
  const { clock, late, add } = make();
  for (let i = 0; i < 100; i++) add(`${i}`, 100 + i).leave();
  t.equal(clock.pending, 1);
  clock.advance(1_000);
  t.same(late, []);
  t.equal(clock.pending, 0, 'nothing is waited for where nothing is under way');
  add('next', 2_000);
  clock.advance(2_000);
  t.same(late, ['next at 2000']);
});

t.test('many deadlines close to each other are told together, 10 ms later at most', async (t) => {
  const { clock, late, add } = make();
  for (const deadlineMs of [100, 101, 105, 109]) add(`${deadlineMs}`, deadlineMs);
  clock.advance(100);
  t.same(late, ['100 at 100']);
  clock.advance(10);
  t.same(late.slice(1), ['101 at 110', '105 at 110', '109 at 110']);
});

t.test('who is told may end others, and begin anew', async (t) => {
  const { clock, deadlines, late, add } = make();
  deadlines.add({ deadlineMs: 100, late: () => (other.leave(), add('again', 150)) });
  const other = add('other', 100);
  clock.advance(200);
  t.same(late, ['again at 150']);
});
