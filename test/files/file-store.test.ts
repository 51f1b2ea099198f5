import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { fileStore } from '../../src/files/file-store.ts';
import type { SessionFolder } from '../../src/files/session-folder.ts';
import type { Fence } from '../../src/session/lock.ts';
import type { SessionStore, Transaction } from '../../src/session/store.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { startPerl, untilWaitedFor } from './perl-side.ts';

const fence: Fence = { kind: 'file' };

function folderOf(directory: string, more: Partial<SessionFolder> = {}): SessionFolder {
  return { format: 'cgi-session', directory, fileName: null, lockDirectory: directory, ...more };
}

/** A folder with one session, `one`, and the store on it. */
function open(t: Test, more: Partial<SessionFolder> = {}, database: SessionStore | null = null) {
  const directory = t.testdir();
  const folder = folderOf(directory, more);
  const path = join(directory, folder.format === 'apache-session' ? 'one' : 'cgisess_one');
  writeFileSync(path, 'first');
  const store = fileStore(folder, database);
  t.teardown(() => store.close());
  return { directory, path, store, text: (): string => readFileSync(path, 'latin1') };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

t.test('a session is read, and written at the commit', async (t) => {
  const { store, text } = open(t);
  const transaction = await store.begin();
  t.same(await transaction.loadSession('one', true), bytes('first'));
  await transaction.saveSession('one', bytes('the second'), fence);
  t.equal(text(), 'first', 'nothing is written before');
  transaction.mustBeOpen();
  await transaction.commit();
  t.equal(text(), 'the second');
});

t.test('a session that has become shorter has no end of the old one', async (t) => {
  const { store, text } = open(t);
  for (const content of ['x'.repeat(100_000), 'short']) {
    const transaction = await store.begin();
    await transaction.loadSession('one', true);
    await transaction.saveSession('one', bytes(content), fence);
    await transaction.commit();
    t.equal(text(), content);
  }
});

t.test('it is written into the same file, for whoever has that open', async (t) => {
  const { store, path } = open(t);
  const { ino, mode } = statSync(path);
  const transaction = await store.begin();
  await transaction.loadSession('one', true);
  await transaction.saveSession('one', bytes('second'), fence);
  await transaction.commit();
  t.equal(statSync(path).ino, ino);
  t.equal(statSync(path).mode, mode);
});

t.test('what is rolled back was never there', async (t) => {
  const { store, directory, text } = open(t);
  const transaction = await store.begin();
  await transaction.loadSession('one', true);
  await transaction.saveSession('one', bytes('second'), fence);
  await transaction.addSession('two', bytes('new'));
  await transaction.rollBack();
  t.equal(text(), 'first');
  t.same(readdirSync(directory), ['cgisess_one']);
  const next = await store.begin();
  t.same(await next.loadSession('one', true), bytes('first'), 'and the lock is free');
  await next.rollBack();
});

t.test('a session that is not there is none, and no file is made for it', async (t) => {
  for (const format of ['cgi-session', 'apache-session'] as const) {
    const { store, directory, path } = open(t, { format });
    unlinkSync(path);
    const transaction = await store.begin();
    for (const forUpdate of [true, false]) {
      t.equal(await transaction.loadSession('one', forUpdate), null);
    }
    await transaction.commit();
    t.same(readdirSync(directory), []);
  }
});

t.test('an empty file is no session yet', async (t) => {
  const { store, path } = open(t);
  writeFileSync(path, '');
  const transaction = await store.begin();
  t.equal(await transaction.loadSession('one', true), null);
  t.equal(await transaction.loadSession('one', false), null);
  await transaction.rollBack();
});

t.test('no id leads out of the folder, or to another file in it', async (t) => {
  const { store, directory } = open(t, { format: 'apache-session' });
  writeFileSync(join(directory, '.hidden'), 'secret');
  mkdirSync(join(directory, 'inner'));
  writeFileSync(join(directory, 'inner', 'one'), 'secret');
  const transaction = await store.begin();
  for (const id of [
    '',
    '.',
    '..',
    '.hidden',
    'inner/one',
    '..\\one',
    'one\0',
    '/etc/passwd',
    'x'.repeat(300),
    'é',
  ]) {
    t.equal(await transaction.loadSession(id, true), null, JSON.stringify(id));
    t.equal(await transaction.loadSession(id, false), null, JSON.stringify(id));
    await t.rejects(transaction.addSession(id, bytes('x')), { code: 'SESSION_UNWRITABLE' });
  }
  await transaction.rollBack();
});

t.test('a link is not followed, and what is no file is not read', async (t) => {
  const { store, directory, path } = open(t);
  unlinkSync(path);
  writeFileSync(join(directory, 'target'), 'secret');
  symlinkSync(join(directory, 'target'), path);
  mkdirSync(join(directory, 'cgisess_folder'));
  for (const id of ['one', 'folder']) {
    const transaction = await store.begin();
    await t.rejects(transaction.loadSession(id, true), { code: 'DATABASE_DOWN' });
    await t.rejects(transaction.loadSession(id, false), { code: 'DATABASE_DOWN' });
    await transaction.rollBack();
  }
});

t.test('a write without the turn, or without having read, is refused', async (t) => {
  const { store } = open(t);
  const transaction = await store.begin();
  await t.rejects(transaction.saveSession('one', bytes('x'), fence), { code: 'LEASE_LOST' });
  await transaction.loadSession('one', true);
  const elsewhere: Fence = { kind: 'name', lockName: 'x', connectionId: 1 };
  await t.rejects(transaction.saveSession('one', bytes('x'), elsewhere), { code: 'LEASE_LOST' });
  await t.rejects(transaction.removeSession('one', elsewhere), { code: 'LEASE_LOST' });
  await transaction.rollBack();
});

t.test('what somebody wrote who asks for no lock is not written over', async (t) => {
  const { store, path, text } = open(t);
  for (const content of ['FIRST', 'first and more', 'fir']) {
    writeFileSync(path, 'first');
    const transaction = await store.begin();
    await transaction.loadSession('one', true);
    writeFileSync(path, content);
    await t.rejects(transaction.saveSession('one', bytes('second'), fence), { code: 'SESSION_STALE' });
    await transaction.rollBack();
    t.equal(text(), content);
  }
});

t.test('a session that was deleted meanwhile stays deleted', async (t) => {
  const { store, path } = open(t);
  const early = await store.begin();
  await early.loadSession('one', true);
  unlinkSync(path);
  await t.rejects(early.saveSession('one', bytes('second'), fence), { code: 'SESSION_STALE' });
  await early.rollBack();

  writeFileSync(path, 'first');
  const late = await store.begin();
  await late.loadSession('one', true);
  await late.saveSession('one', bytes('second'), fence);
  unlinkSync(path);
  t.throws(() => late.mustBeOpen(), { code: 'SESSION_STALE' });
  await late.rollBack();
  t.notOk(existsSync(path));
});

t.test('a session is removed at the commit, and not before', async (t) => {
  const { store, path } = open(t);
  const transaction = await store.begin();
  await transaction.loadSession('one', true);
  await transaction.removeSession('one', fence);
  t.ok(existsSync(path));
  await transaction.commit();
  t.notOk(existsSync(path));
});

t.test('a new session has the mode that Perl gives it', async (t) => {
  const umask = process.umask(0o002);
  t.teardown(() => process.umask(umask));
  for (const [format, name, mode] of [
    ['cgi-session', 'cgisess_two', 0o660],
    ['apache-session', 'two', 0o664],
  ] as const) {
    const { store, directory } = open(t, { format });
    const transaction = await store.begin();
    await transaction.addSession('two', bytes('new'));
    await transaction.commit();
    t.equal(readFileSync(join(directory, name), 'latin1'), 'new');
    t.equal(statSync(join(directory, name)).mode & 0o777, mode);
  }
});

t.test('files may have other names', async (t) => {
  const { store, directory } = open(t, { fileName: 'CGI-Session-%s.dat' });
  writeFileSync(join(directory, 'CGI-Session-a$&b.dat'), 'old');
  const transaction = await store.begin();
  t.same(await transaction.loadSession('a$&b', true), bytes('old'));
  await transaction.rollBack();
});

t.test('once it is over nothing gets through', async (t) => {
  const { store } = open(t);
  for (const end of ['commit', 'rollBack'] as const) {
    const transaction = await store.begin();
    await transaction.loadSession('one', true);
    await transaction[end]();
    const late = { code: 'PORT_FAILED', message: /is over/ };
    await t.rejects(transaction.loadSession('one', true), late);
    await t.rejects(transaction.saveSession('one', bytes('x'), fence), late);
    await t.rejects(transaction.addSession('two', bytes('x')), late);
    await t.rejects(transaction.commit(), late);
    t.throws(() => transaction.mustBeOpen(), late);
  }
});

t.test('a port whose session somebody keeps locked gives up, and says so', async (t) => {
  const { path, directory } = open(t);
  const perl = startPerl(t);
  await perl.tell('lock', path, 'ex');
  const clock = fakeClock();
  const store = fileStore(folderOf(directory), null, clock);
  t.teardown(() => store.close());
  const transaction = await store.begin();
  const loading = transaction.loadSession('one', true);
  await untilWaitedFor(path);
  while (clock.pending > 1) await settle(); // until we have heard that we wait
  clock.advance(5_000);
  await t.rejects(loading, { code: 'SESSION_LOCKED', message: /locked by somebody else for 5000 ms/ });
  await transaction.rollBack();
  await perl.tell('unlock');
});

t.test('a port that is timed out while it waits leaves nothing locked', async (t) => {
  const { store, path } = open(t);
  const perl = startPerl(t);
  await perl.tell('lock', path, 'ex');
  const transaction = await store.begin();
  const loading = t.rejects(transaction.loadSession('one', true), { code: 'PORT_FAILED' });
  await untilWaitedFor(path);
  await transaction.rollBack();
  await loading;
  await perl.tell('unlock');
  await perl.tell('lock', path, 'ex');
});

t.test('who only reads waits for nobody', async (t) => {
  const { store, path } = open(t);
  const perl = startPerl(t);
  await perl.tell('lock', path, 'ex');
  const transaction = await store.begin();
  t.same(await transaction.loadSession('one', false), bytes('first'));
  await perl.tell('write', 'second');
  t.same(await transaction.loadSession('one', false), bytes('second'));
  await transaction.rollBack();
});

t.test('who only reads does not take a file that Perl has just cut for an empty session', async (t) => {
  const { path, directory } = open(t);
  const perl = startPerl(t);
  await perl.tell('lock', path, 'ex');
  await perl.tell('write', '');
  const clock = fakeClock();
  const looking = Promise.withResolvers<void>();
  const store = fileStore(folderOf(directory), null, {
    ...clock,
    after: (milliseconds, callback) => {
      if (milliseconds < 100) looking.resolve(); // a pause between two readings
      return clock.after(milliseconds, callback);
    },
  });
  t.teardown(() => store.close());
  const transaction = await store.begin();
  let read: Buffer | null | undefined;
  const reading = transaction.loadSession('one', false).then((found) => (read = found));
  await looking.promise;
  await perl.tell('write', 'second');
  while (read === undefined) {
    clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.same(await reading, bytes('second'));
});

t.test('with a database', async (t) => {
  /** A database that writes down what it is told. */
  function database(told: string[], commit = (): void => undefined): SessionStore {
    const transaction: Partial<Transaction> = {
      query: (sql) => {
        told.push(sql);
        return Promise.resolve({ rows: [], affectedRows: 1, insertId: 0 });
      },
      mustBeOpen: () => undefined,
      commit: async () => {
        told.push('commit');
        commit();
      },
      rollBack: async () => {
        told.push('rollBack');
        return null;
      },
    };
    return { begin: async () => transaction as Transaction, close: async () => void told.push('close') };
  }

  await t.test('it is committed first, and the session written after that', async (t) => {
    const told: string[] = [];
    let seen = '';
    const { store, text } = open(
      t,
      {},
      database(told, () => (seen = text())),
    );
    const transaction = await store.begin();
    await transaction.loadSession('one', true);
    await transaction.query('UPDATE stock', []);
    await transaction.saveSession('one', bytes('second'), fence);
    await transaction.commit();
    t.same(told, ['UPDATE stock', 'commit']);
    t.equal(seen, 'first');
    t.equal(text(), 'second');
  });

  await t.test('a session is not written where the database did not commit', async (t) => {
    const refuse = (): never => {
      throw new Error('gone');
    };
    const { store, directory, text } = open(t, {}, database([], refuse));
    const transaction = await store.begin();
    await transaction.loadSession('one', true);
    await transaction.saveSession('one', bytes('second'), fence);
    await transaction.addSession('two', bytes('new'));
    await t.rejects(transaction.commit(), { message: 'gone' });
    t.equal(text(), 'first');
    t.same(readdirSync(directory), ['cgisess_one']);
    const next = await store.begin();
    await next.loadSession('one', true);
    await next.rollBack();
  });

  await t.test('a session that cannot be written keeps the database from committing', async (t) => {
    const told: string[] = [];
    const { store, path } = open(t, {}, database(told));
    const transaction = await store.begin();
    await transaction.loadSession('one', true);
    await transaction.saveSession('one', bytes('second'), fence);
    unlinkSync(path);
    await t.rejects(transaction.commit(), { code: 'SESSION_STALE' });
    t.same(told, ['rollBack']);
  });

  await t.test('it is rolled back and closed with the sessions', async (t) => {
    const told: string[] = [];
    const { store } = open(t, {}, database(told));
    await (await store.begin()).rollBack();
    await store.close();
    t.same(told, ['rollBack', 'close']);
  });

  await t.test('where there is none, a port that wants one is told what to do', async (t) => {
    const { store } = open(t);
    const transaction = await store.begin();
    await t.rejects(transaction.query('SELECT 1', []), TypeError);
    await t.rejects(transaction.query('SELECT 1', []), { message: /name one in ports\.database/ });
    await transaction.rollBack();
  });
});

t.test('a session that does not fit the disk is refused before anything is cut', async (t) => {
  const directory = t.testdir();
  const program = fileURLToPath(new URL('full-disk.ts', import.meta.url));
  const script = 'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" "$3" "$1"';
  const own = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', directory, process.execPath, program]);
  if (own.stdout.length === 0 && /unshare|mount|permission/i.test(String(own.stderr))) {
    t.comment(`no disk of our own: ${String(own.stderr)}`);
    return;
  }
  t.same(JSON.parse(String(own.stdout)), {
    codes: ['SESSION_UNWRITABLE', 'SESSION_UNWRITABLE'],
    kept: 'first',
    length: 4_000, // that much the file had place for
    names: ['cgisess_one', 'filler'],
  });
});

t.test('a port whose lock was lost does not commit, and legacy may answer', async (t) => {
  const { store, text } = open(t);
  const transaction = await store.begin();
  await transaction.loadSession('one', true);
  await transaction.saveSession('one', bytes('second'), fence);
  for (const pid of lockers()) process.kill(pid, 'SIGKILL');
  const isLost = (): boolean => {
    try {
      transaction.mustBeOpen();
      return false;
    } catch (thrown) {
      return t.match(thrown, { code: 'DATABASE_DOWN', mayFallBack: true });
    }
  };
  while (!isLost()) await new Promise((resolve) => setImmediate(resolve));
  await transaction.rollBack();
  t.equal(text(), 'first');
  const next = await store.begin();
  t.same(await next.loadSession('one', true), bytes('first'), 'with a new locker');
  await next.rollBack();
});

/** The lockers that this process has started. */
function lockers(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('banyan locker'));
}
