import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rmdir, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { hearWatcher } from '../helpers/watcher.ts';

/** What can stand in the place of a file: how it gets there, and what is said. */
const odd: Record<
  string,
  { make: (file: string) => Promise<unknown>; says: RegExp; remove?: (file: string) => Promise<void> }
> = {
  'a folder': { make: (file) => mkdir(file), says: /it is a folder/, remove: (file) => rmdir(file) },
  'a FIFO that nobody writes to': {
    make: async (file) => execFileSync('mkfifo', [file]),
    says: /no regular file/,
  },
  'a device that never ends': { make: (file) => symlink('/dev/zero', file), says: /no regular file/ },
  'a link to itself': { make: (file) => symlink('routes.yaml', file), says: /ELOOP/ },
  'a file of 1 GB': {
    make: async (file) => {
      await writeFile(file, '');
      await truncate(file, 2 ** 30);
    },
    says: /larger than 1 MB/,
  },
};

for (const [name, { make, says, remove = unlink }] of Object.entries(odd)) {
  t.test(`${name} in its place is a problem, said once, and over when the file is back`, async (t) => {
    const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
    const watcher = hearWatcher(t, file, { lastText: 'a\n', quietMs: 1e6 });
    await unlink(file);
    await make(file);
    await watcher.check();
    t.match(watcher.told, [/^problem: /]);
    t.match(watcher.told[0], says);
    await watcher.check();
    t.equal(watcher.told.length, 1, 'once');
    await watcher.check('asked');
    t.equal(watcher.told.length, 2, 'and to whoever asks');
    await remove(file);
    await writeFile(file, 'a\n');
    await watcher.check();
    t.equal(watcher.told[2], 'changed: a\n');
  });
}

t.test(
  'a file that nobody may read',
  { skip: process.getuid?.() === 0 && 'root may read all' },
  async (t) => {
    const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
    const watcher = hearWatcher(t, file, { lastText: 'a\n', quietMs: 1e6 });
    await chmod(file, 0);
    await watcher.check();
    t.same(watcher.told, [], 'what was read stays read');
    await watcher.check('asked');
    t.match(watcher.told, [/this user may not read it/]);
  },
);

t.test('a link that leads nowhere is a missing file', async (t) => {
  const file = join(t.testdir({}), 'routes.yaml');
  await symlink('nowhere', file);
  const watcher = hearWatcher(t, file, { lastText: 'a\n', quietMs: 1e6 });
  await watcher.check();
  t.same(watcher.told, ['missing']);
});

t.test('a callback that fails is a problem, and ends nothing', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  let calls = 0;
  const watcher = hearWatcher(t, file, {
    quietMs: 1e6,
    onChange: async () => {
      if (++calls === 1) throw new Error('no');
    },
  });
  await watcher.check();
  t.same(watcher.told, ['problem: no']);
  await watcher.check();
  t.equal(calls, 2, 'the content is told again');
});
