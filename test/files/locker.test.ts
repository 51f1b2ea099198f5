import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/exchange/clock.ts';
import { Locker, noPatience, type FileAsk, type FileHold } from '../../src/files/locker.ts';
import { startPerl, untilWaitedFor } from './perl-side.ts';

function open(t: Test, directory: string): Locker {
  const locker = new Locker({ directory, clock: systemClock });
  t.teardown(() => locker.close());
  return locker;
}

const patience = { ms: 60_000, gone: new AbortController().signal };

function alone(path: string, more: Partial<FileAsk> = {}): FileAsk {
  return { path, exclusive: true, make: false, ...more };
}

async function take(locker: Locker, ask: FileAsk, wait = noPatience): Promise<FileHold> {
  const hold = await locker.lockFile(ask, wait);
  if (typeof hold === 'string') throw new Error(`the lock of ${ask.path} was not had: ${hold}`);
  return hold;
}

t.test('a file is locked alone, or together with others who only read', async (t) => {
  const path = join(t.testdir({ a: '' }), 'a');
  const [one, other] = [open(t, '/nowhere'), open(t, '/nowhere')];
  const together = alone(path, { exclusive: false });
  const [first, second] = [await take(one, together), await take(other, together)];
  t.equal(first.contended, false);
  t.equal(await one.lockFile(alone(path), noPatience), 'busy');
  await first.release();
  t.equal(await one.lockFile(alone(path), noPatience), 'busy', 'the other still reads');
  await second.release();
  await take(one, alone(path));
  t.equal(await other.lockFile(together, noPatience), 'busy');
});

t.test('one locker takes a file once, whoever asks', async (t) => {
  const path = join(t.testdir({ a: '' }), 'a');
  const locker = open(t, '/nowhere');
  const hold = await take(locker, alone(path));
  const next = take(locker, alone(path), patience);
  await untilWaitedFor(path);
  await hold.release();
  t.equal((await next).contended, true);
});

t.test('a file that is not there is missing, or made', async (t) => {
  const directory = t.testdir();
  const locker = open(t, directory);
  t.equal(await locker.lockFile(alone(join(directory, 'a')), patience), 'missing');
  await take(locker, alone(join(directory, 'a'), { make: true }));
  t.same(readdirSync(directory), ['a'], 'and no lock file, where no byte is asked for');
});

t.test('what is given back is free although somebody still waits for something else', async (t) => {
  const directory = t.testdir({ a: '', b: '' });
  const [one, other] = [open(t, directory), open(t, directory)];
  const [a, b] = [join(directory, 'a'), join(directory, 'b')];
  const elsewhere = await take(other, alone(b));
  const hold = await take(one, alone(a));
  const waiting = take(one, alone(b), patience); // its child was given all that is open
  await untilWaitedFor(b);
  await hold.release();
  await take(other, alone(a));
  await elsewhere.release();
  await waiting;
});

t.test('Perl is kept out, and keeps us out', async (t) => {
  const path = join(t.testdir({ a: '' }), 'a');
  const locker = open(t, '/nowhere');
  const perl = startPerl(t);
  await perl.tell('lock', path, 'ex');
  t.equal(await locker.lockFile(alone(path), noPatience), 'busy');
  const waiting = take(locker, alone(path), patience);
  await untilWaitedFor(path);
  await perl.tell('unlock');
  const hold = await waiting;
  const locking = perl.tell('lock', path, 'sh');
  await untilWaitedFor(path);
  await hold.release();
  await locking;
});

t.test('names are names, whatever is in them', async (t) => {
  const directory = t.testdir();
  for (const name of ["'; exit", '$(touch x)', '@{[die]}', 'a\nb 1 free', '-e', 'ü €', '% 0']) {
    const folder = join(directory, name);
    mkdirSync(folder);
    writeFileSync(join(folder, name), '');
    const [one, other] = [open(t, folder), open(t, folder)];
    await take(one, alone(join(folder, name)));
    t.equal(await other.lockFile(alone(join(folder, name)), noPatience), 'busy');
    t.ok(await one.lockByte(1n, noPatience));
    t.equal(await other.lockByte(1n, noPatience), null);
    t.same(readdirSync(folder).sort(), ['.banyan-lock', name].sort());
  }
  t.notOk(existsSync('x'));
});

t.test('bytes of others are seen in a range, and our own are not', async (t) => {
  const directory = t.testdir();
  const [one, other] = [open(t, directory), open(t, directory)];
  const hold = await one.lockByte(2n ** 62n + 3n, noPatience);
  t.equal(await other.isTaken(2n ** 62n, 16), true);
  t.equal(await other.isTaken(2n ** 62n, 3), false);
  t.equal(await one.isTaken(2n ** 62n, 16), false);
  await hold?.release();
  t.equal(await other.isTaken(2n ** 62n, 16), false);
});
