import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { systemClock, type Clock } from '../../src/exchange/clock.ts';
import { FileLock } from '../../src/files/file-lock.ts';
import { Locker } from '../../src/files/locker.ts';
import type { HeldLock, Loss } from '../../src/session/lock.ts';
import { fakeClock } from '../helpers/clock.ts';
import { untilWaitedFor } from './perl-side.ts';

const stays = new AbortController().signal;
const program = fileURLToPath(new URL('gateway-like.ts', import.meta.url));

/** A gateway's lock on a folder, with its locker, and how many it was told were lost. */
function open(t: Test, directory: string, clock: Clock = systemClock) {
  const locker = new Locker({ directory, clock });
  const lost: number[] = [];
  const lock = new FileLock({ locker, onLost: (locks) => lost.push(locks) });
  t.teardown(() => lock.close());
  return { lock, locker, lost };
}

async function take(lock: FileLock, id: string, patienceMs = 0): Promise<HeldLock> {
  const held = await lock.acquire(id, patienceMs, stays);
  if (held === null) throw new Error(`the lock of ${id} was not had`);
  return held;
}

function lockFile(directory: string): string {
  return join(directory, '.banyan-lock');
}

async function isAborted(loss: Loss): Promise<void> {
  while (!loss.aborted) await setImmediate();
}

t.test('one gateway has the lock, the other has not', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const held = await take(one.lock, 'a');
  t.equal(held.contended, false);
  t.same(held.fence, { kind: 'file' });
  t.equal(await other.lock.acquire('a', 0, stays), null);
  t.equal((await take(other.lock, 'b')).contended, false, 'another session is free');
  await held.release();
  await take(other.lock, 'a');
});

t.test('the lock file is one, empty, and for our group', async (t) => {
  const directory = t.testdir();
  const { lock } = open(t, directory);
  await Promise.all(Array.from({ length: 100 }, (_, at) => take(lock, `s${at}`)));
  const { size, mode } = statSync(lockFile(directory));
  t.equal(size, 0);
  t.equal(mode & 0o777, 0o660);
});

t.test('who waits has it as soon as it is given back, and knows he waited', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const held = await take(one.lock, 'a');
  const next = take(other.lock, 'a', 60_000);
  await untilWaitedFor(lockFile(directory));
  await held.release();
  t.equal((await next).contended, true);
  t.equal(await one.lock.acquire('a', 0, stays), null, 'it is really had');
});

t.test('gateways have it in the order they asked', async (t) => {
  const directory = t.testdir();
  const gateways = Array.from({ length: 4 }, () => open(t, directory).lock);
  const order: number[] = [];
  let held = await take(gateways[0] as FileLock, 'a');
  const waiting: Promise<HeldLock>[] = [];
  for (const at of [1, 2, 3]) {
    waiting.push(take(gateways[at] as FileLock, 'a', 60_000).then((had) => (order.push(at), had)));
    await untilWaitedFor(lockFile(directory), at);
  }
  for (const next of waiting) {
    await held.release();
    held = await next;
  }
  t.same(order, [1, 2, 3]);
});

t.test('who waits for one session delays no other', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const held = await take(one.lock, 'a');
  const waiting = take(other.lock, 'a', 60_000);
  await untilWaitedFor(lockFile(directory));
  for (let at = 0; at < 50; at++) await (await take(other.lock, `s${at}`)).release();
  await held.release();
  await waiting;
});

t.test('more wait than the locker has children, and all have their turn', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const ids = Array.from({ length: 230 }, (_, at) => `s${at}`);
  const held = await Promise.all(ids.map((id) => take(one.lock, id)));
  const waiting = ids.map((id) => take(other.lock, id, 60_000));
  await untilWaitedFor(lockFile(directory), 200);
  await Promise.all(held.reverse().map((each) => each.release()));
  const had = await Promise.all(waiting);
  // The locker may not have read of the others when the locks came free.
  for (const each of had.slice(0, 200)) t.equal(each.contended, true);
});

t.test('one process holds the locks of 1,000 sessions', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const ids = Array.from({ length: 1_000 }, (_, at) => `s${at}`);
  const held = await Promise.all(ids.map((id) => take(one.lock, id)));
  const refused = await Promise.all(ids.map((id) => other.lock.acquire(id, 0, stays)));
  t.ok(refused.every((each) => each === null));
  await Promise.all(held.map((each) => each.release()));
  t.ok((await Promise.all(ids.map((id) => other.lock.acquire(id, 0, stays)))).every((each) => each !== null));
});

t.test('patience has an end, and leaves nothing locked', async (t) => {
  const directory = t.testdir();
  const clock = fakeClock();
  const [one, other, third] = [open(t, directory), open(t, directory, clock), open(t, directory)];
  const held = await take(one.lock, 'a');
  const waiting = other.lock.acquire('a', 100, stays);
  await untilWaitedFor(lockFile(directory));
  clock.advance(99);
  await other.lock.ping();
  await untilWaitedFor(lockFile(directory));
  clock.advance(1);
  t.equal(await waiting, null);
  await held.release();
  await take(third.lock, 'a');
});

t.test('who is gone waits no longer, and gets nothing afterwards', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const held = await take(one.lock, 'a');
  const gone = new AbortController();
  const waiting = other.lock.acquire('a', 60_000, gone.signal);
  await untilWaitedFor(lockFile(directory));
  gone.abort();
  t.equal(await waiting, null);
  await held.release();
  await take(one.lock, 'a');
});

t.test('one that is had in the moment it is given up is free again', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  await other.lock.ping();
  for (let round = 0; round < 50; round++) {
    const held = await take(one.lock, 'a');
    const gone = new AbortController();
    const waiting = other.lock.acquire('a', 60_000, gone.signal);
    await untilWaitedFor(lockFile(directory));
    const released = held.release();
    if (round % 2 === 0) await released;
    gone.abort();
    await (await waiting)?.release();
    await released;
    await (await take(one.lock, 'a')).release();
  }
});

t.test('releasing twice is releasing once', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const held = await take(one.lock, 'a');
  await Promise.all([held.release(), held.release()]);
  await take(one.lock, 'a');
  await held.release();
  t.equal(await other.lock.acquire('a', 0, stays), null, 'the next turn is not given away');
});

t.test('a gateway that is killed leaves nothing locked', async (t) => {
  const directory = t.testdir();
  const { lock } = open(t, directory);
  const gateway = spawn(process.execPath, [program, directory, 'a', 'b'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(gateway.stdout, 'data');
  t.equal(await lock.acquire('a', 0, stays), null);
  gateway.kill('SIGKILL');
  await take(lock, 'a', 60_000);
  await take(lock, 'b', 60_000);
});

t.test('a gateway that is killed while it waits takes nothing with it', async (t) => {
  const directory = t.testdir();
  const { lock } = open(t, directory);
  const held = await take(lock, 'b');
  const gateway = spawn(process.execPath, [program, directory, 'a', 'b'], { stdio: 'ignore' });
  await untilWaitedFor(lockFile(directory));
  t.equal(await lock.acquire('a', 0, stays), null);
  gateway.kill('SIGKILL');
  await take(lock, 'a', 60_000);
  await held.release();
  await take(lock, 'b', 60_000);
});

t.test('when the locker is killed all is lost at once, and the next one is had anew', async (t) => {
  const directory = t.testdir();
  const [one, other, third] = [open(t, directory), open(t, directory), open(t, directory)];
  const elsewhere = await take(third.lock, 'w');
  const held = await Promise.all(['a', 'b', 'c'].map((id) => take(one.lock, id)));
  const released = await take(one.lock, 'd');
  await released.release();
  const waiting = one.lock.acquire('w', 60_000, stays);
  await untilWaitedFor(lockFile(directory));
  process.kill(one.locker.pid as number, 'SIGKILL');
  await t.rejects(waiting, { code: 'LOCK_DOWN', message: /SIGKILL/ });
  await Promise.all(held.map(({ lost }) => isAborted(lost)));
  t.same(one.lost, [3]);
  t.equal(released.lost.aborted, false, 'what was given back cannot be lost');
  await take(other.lock, 'a', 60_000);
  const again = await take(one.lock, 'b', 60_000);
  await held[1]?.release();
  t.equal(await other.lock.acquire('b', 0, stays), null, 'a lost lock gives nothing away');
  t.equal(again.lost.aborted, false);
  await elsewhere.release();
  await take(other.lock, 'w', 60_000);
});

t.test('a locker that says nothing is ended, and what it held is lost', async (t) => {
  const directory = t.testdir();
  const clock = fakeClock();
  const { lock, locker, lost } = open(t, directory, clock);
  const held = await take(lock, 'a');
  process.kill(locker.pid as number, 'SIGSTOP');
  const waiting = lock.acquire('b', 60_000, stays);
  clock.advance(5_000);
  await t.rejects(waiting, { code: 'LOCK_DOWN', message: /did not answer within 5000 ms/ });
  t.ok(held.lost.aborted);
  await take(lock, 'a');
  t.same(lost, [1]);
});

t.test('closing frees everything, and there is nothing to be had afterwards', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  await Promise.all(['a', 'b'].map((id) => take(one.lock, id)));
  await one.lock.close();
  await one.lock.close();
  await take(other.lock, 'a');
  await take(other.lock, 'b');
  await t.rejects(one.lock.acquire('c', 0, stays), { code: 'LOCK_DOWN' });
  await t.rejects(one.lock.ping(), { code: 'LOCK_DOWN' });
});

t.test('a lock file that somebody removed is made again', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  await (await take(one.lock, 'a')).release();
  rmSync(lockFile(directory));
  const held = await take(one.lock, 'a');
  t.equal(await other.lock.acquire('a', 0, stays), null, 'both have the same one');
  rmSync(lockFile(directory));
  const rejected = t.rejects(one.lock.acquire('b', 0, stays), { code: 'LOCK_DOWN', message: /removed/ });
  await isAborted(held.lost);
  await rejected;
  await take(one.lock, 'a');
});

t.test('a lock file that is not ours to use is said', async (t) => {
  const nowhere = open(t, join(t.testdir(), 'nowhere'));
  await t.rejects(nowhere.lock.ping(), { code: 'LOCK_DOWN', message: /cannot be made: No such file/ });
  await t.rejects(nowhere.lock.acquire('a', 1_000, stays), { code: 'LOCK_DOWN' });

  const linked = t.testdir({ linked: {} });
  writeFileSync(join(linked, 'target'), '');
  symlinkSync(join(linked, 'target'), lockFile(join(linked, 'linked')));
  await t.rejects(open(t, join(linked, 'linked')).lock.ping(), {
    code: 'LOCK_DOWN',
    message: /symbolic links/,
  });
});

t.test('without perl there is no lock, and that is said', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => (process.env['PATH'] = path));
  process.env['PATH'] = '/nowhere';
  await t.rejects(open(t, t.testdir()).lock.ping(), { code: 'LOCK_DOWN', message: /ENOENT/ });
});

t.test('ids that would hurt a shell, a line or a path are ids like others', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const ids = [
    '$(touch /tmp/x)',
    "'; touch x",
    '../../etc/passwd',
    'a\nb',
    'a\0b',
    '',
    '\u00ff'.repeat(5_000),
  ];
  for (const id of ids) {
    await take(one.lock, id);
    t.equal(await other.lock.acquire(id, 0, stays), null);
  }
  t.notOk(existsSync(join(directory, 'x')));
});

t.test('Perl options of the environment do not reach the locker', async (t) => {
  t.teardown(() => delete process.env['PERL5OPT']);
  process.env['PERL5OPT'] = '-MNoSuchModule';
  await open(t, t.testdir()).lock.ping();
});
