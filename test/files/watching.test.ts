import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Clock } from '../../src/exchange/clock.ts';
import { systemClock } from '../../src/exchange/clock.ts';
import { FileLock } from '../../src/files/file-lock.ts';
import { filePresence } from '../../src/files/file-presence.ts';
import { fileSnapshots } from '../../src/files/file-snapshots.ts';
import { Locker } from '../../src/files/locker.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { startPerl } from './perl-side.ts';

function lockerOf(t: Test, directory: string, clock: Clock = systemClock): Locker {
  const locker = new Locker({ directory, clock });
  t.teardown(() => locker.close());
  return locker;
}

function reader(t: Test, directory: string, clock: Clock = systemClock) {
  const folder = { format: 'cgi-session', directory, fileName: null, lockDirectory: '/tmp' } as const;
  const locker = lockerOf(t, directory, clock);
  const snapshots = fileSnapshots(folder, locker, clock);
  return { locker, look: (id: string) => snapshots.look(id) };
}

t.test('each look sees what is in the file by then', async (t) => {
  const directory = t.testdir({ cgisess_a: 'one' });
  const { look } = reader(t, directory);
  t.equal(String((await look('a'))?.bytes), 'one');
  writeFileSync(join(directory, 'cgisess_a'), 'two');
  t.equal(String((await look('a'))?.bytes), 'two');
  unlinkSync(join(directory, 'cgisess_a'));
  t.match(await look('a'), { bytes: null }, 'no file is something that was seen');
  t.match(await look('../x'), { bytes: null });
});

t.test('a look waits for nobody who has the session locked', async (t) => {
  const directory = t.testdir({ cgisess_a: 'one' });
  const { look } = reader(t, directory);
  await startPerl(t).tell('lock', join(directory, 'cgisess_a'), 'ex');
  t.equal(String((await look('a'))?.bytes), 'one');
});

t.test('a look that takes long is given up, and for a while nobody looks', async (t) => {
  const directory = t.testdir({ cgisess_a: 'one' });
  const clock = fakeClock();
  const { look, locker } = reader(t, directory, clock);
  await look('a');
  process.kill(locker.pid as number, 'SIGSTOP');
  const late = look('a');
  clock.advance(250);
  t.equal(await late, null);
  process.kill(locker.pid as number, 'SIGCONT');
  t.equal(await look('a'), null, 'a rest');
  clock.advance(1_000);
  t.equal(String((await look('a'))?.bytes), 'one', 'and it goes on');
});

t.test('too many looks at once are left out', async (t) => {
  const directory = t.testdir({ cgisess_a: 'one' });
  const { look } = reader(t, directory);
  const sights = await Promise.all(Array.from({ length: 100 }, () => look('a')));
  t.equal(sights.filter((sight) => sight === null).length, 36);
});

t.test('a folder that cannot be read is not seen, and nothing is thrown', async (t) => {
  const directory = t.testdir({ cgisess_a: {} });
  t.equal(await reader(t, directory).look('a'), null);
});

t.test('gateways on the same folder see each other', async (t) => {
  const directory = t.testdir();
  const clocks = [fakeClock(), fakeClock()] as const;
  const one = await filePresence(lockerOf(t, directory), clocks[0]);
  const startMs = clocks[0].epochMs();
  t.equal(await one.aloneSince(startMs - 1), false, 'who was there before it came, it cannot know');
  clocks[0].advance(10);
  t.equal(await one.aloneSince(startMs + 5), true);
  const otherLocker = lockerOf(t, directory);
  const other = await filePresence(otherLocker, clocks[1]);
  t.equal(await one.aloneSince(startMs + 5), false);
  clocks[1].advance(10);
  t.equal(await other.aloneSince(startMs + 5), false, 'each sees the other');
  await other.close();
  t.equal(await one.aloneSince(startMs + 5), false, 'it was there');
  clocks[0].advance(10);
  t.equal(await one.aloneSince(startMs + 15), true, 'and is gone');
  await one.close();
});

t.test('a gateway that is there is seen without being asked for', async (t) => {
  const directory = t.testdir();
  const clock = fakeClock();
  const locker = lockerOf(t, directory);
  const one = await filePresence(locker, clock);
  const startMs = clock.epochMs();
  const other = await filePresence(lockerOf(t, directory), fakeClock());
  clock.advance(2_000);
  while (clock.pending === 0) await settle(); // it asks, and plans to ask again
  await other.close();
  clock.advance(10);
  t.equal(await one.aloneSince(startMs + 1_000), false);
  t.equal(await one.aloneSince(startMs + 2_005), true);
  await one.close();
});

t.test('a gateway whose locker ended does not know who was there meanwhile', async (t) => {
  const directory = t.testdir();
  const clock = fakeClock();
  const locker = lockerOf(t, directory);
  const one = await filePresence(locker, clock);
  clock.advance(10);
  const laterMs = clock.epochMs() - 5;
  t.equal(await one.aloneSince(laterMs), true);
  process.kill(locker.pid as number, 'SIGKILL');
  while (locker.pid !== null) await settle();
  t.equal(await one.aloneSince(laterMs), false);
  clock.advance(10);
  t.equal(await one.aloneSince(laterMs + 10), true);
  await one.close();
});

t.test('a gateway that is there takes no session, and a turn is no gateway', async (t) => {
  const directory = t.testdir();
  const clock = fakeClock();
  const stays = new AbortController().signal;
  const lock = new FileLock({ locker: lockerOf(t, directory), onLost: () => undefined });
  await lock.acquire('a', 0, stays);
  const one = await filePresence(lockerOf(t, directory), clock);
  clock.advance(10);
  t.equal(await one.aloneSince(clock.epochMs() - 5), true);
  t.ok(await lock.acquire('b', 0, stays));
  await one.close();
});
