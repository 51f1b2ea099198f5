import { appendFileSync } from 'node:fs';
import { rename, watch, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { fakeClock, settle } from '../helpers/clock.ts';
import { hearWatcher } from '../helpers/watcher.ts';

t.setTimeout(60_000); // what is not noticed is waited for until then

/** A watcher whose time stands still, and which is told to wait for every text that holds a question mark. */
function patient(t: Test) {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  const clock = fakeClock();
  const told: string[] = [];
  const watcher = hearWatcher(t, file, {
    clock,
    lastText: 'a\n',
    onChange: async (text, occasion) => {
      told.push(`${occasion}: ${text}`);
      return occasion === 'changed' && text.includes('?') ? 'wait' : 'taken';
    },
  });
  return { file, clock, told, watcher };
}

/** What is due at that time, and the look it leads to. */
async function pass(clock: ReturnType<typeof fakeClock>, ms: number, watcher: { check(): Promise<void> }) {
  clock.advance(ms);
  await watcher.check(); // stands behind the look that was due, and finds nothing new
}

t.test('a text to wait for is told again when it has stayed the same for 2 s', async (t) => {
  const { file, clock, told, watcher } = patient(t);
  await writeFile(file, 'b?\n');
  await watcher.check();
  t.same(told, ['changed: b?\n']);
  clock.advance(1_999);
  t.same(told, ['changed: b?\n'], 'not yet');
  await pass(clock, 1, watcher);
  t.same(told, ['changed: b?\n', 'settled: b?\n']);
  await pass(clock, 60_000, watcher);
  t.equal(told.length, 2, 'and that was that');
});

t.test('a text that changes while it is waited for begins anew', async (t) => {
  const { file, clock, told, watcher } = patient(t);
  await writeFile(file, 'b?\n');
  await watcher.check();
  await pass(clock, 1_000, watcher);
  await writeFile(file, 'bc?\n');
  await watcher.check();
  clock.advance(1_500);
  t.same(told, ['changed: b?\n', 'changed: bc?\n'], 'the first wait was called off');
  await pass(clock, 500, watcher);
  t.same(told, ['changed: b?\n', 'changed: bc?\n', 'settled: bc?\n']);
});

t.test('who else is busy in the folder does not end the wait', async (t) => {
  const { file, clock, told, watcher } = patient(t);
  await writeFile(file, 'b?\n');
  await watcher.check();
  await pass(clock, 1_000, watcher);
  await pass(clock, 1_000, watcher);
  t.same(told, ['changed: b?\n', 'settled: b?\n']);
});

t.test('a whole text that comes meanwhile ends the wait', async (t) => {
  const { file, clock, told, watcher } = patient(t);
  await writeFile(file, 'b?\n');
  await watcher.check();
  await writeFile(file, 'b\n');
  await watcher.check();
  await pass(clock, 10_000, watcher);
  t.same(told, ['changed: b?\n', 'changed: b\n']);
});

t.test('who asks is told at once, also what was told before', async (t) => {
  const { file, told, watcher } = patient(t);
  await watcher.check('asked');
  await writeFile(file, 'b?\n');
  await watcher.check();
  await watcher.check('asked');
  t.same(told, ['asked: a\n', 'changed: b?\n', 'asked: b?\n']);
});

t.test('a change that makes no event is found within 30 s', async (t) => {
  const folder = t.testdir({
    now: { etc: { 'routes.yaml': 'a\n' } },
    next: { etc: { 'routes.yaml': 'b\n' } },
  });
  const clock = fakeClock();
  const watcher = hearWatcher(t, join(folder, 'now/etc/routes.yaml'), { clock, lastText: 'a\n' });
  await pass(clock, 1_000, watcher);
  // Nobody watches the folder above the folder.
  await rename(join(folder, 'now'), join(folder, 'old'));
  await rename(join(folder, 'next'), join(folder, 'now'));
  clock.advance(29_000 - 1);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(watcher.told, [], 'nothing was heard of it');
  clock.advance(1_000);
  t.equal(await watcher.next(), 'changed: b\n');
});

t.test('in a folder that is never quiet the file is looked at after a second', async (t) => {
  const { file, clock, told, watcher } = patient(t);
  await pass(clock, 1_000, watcher);
  await writeFile(file, 'b\n');
  const events = watch(dirname(file))[Symbol.asyncIterator]();
  for (let n = 0; n < 150; n++) {
    const heard = events.next();
    appendFileSync(join(dirname(file), 'access.log'), 'a line\n');
    await heard;
    await settle();
    clock.advance(9); // a millisecond more, and it would have been quiet
  }
  await events.return?.();
  while (told.length === 0) await settle(); // it is being read
  t.same(told, ['changed: b\n']);
});

t.test('a closed watcher leaves no timer behind', async (t) => {
  const { file, clock, watcher } = patient(t);
  await writeFile(file, 'b?\n');
  await watcher.check();
  watcher.close();
  t.equal(clock.pending, 0);
});
