import { execFile, spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { appendFile, mkdir, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { hearWatcher } from '../helpers/watcher.ts';

t.setTimeout(60_000); // what is not noticed is waited for until then

const run = promisify(execFile);
const lacks = (program: string): string | false =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `${program} is not installed`;

/** A watched file that holds `a`, and its folder. */
async function watched(t: Parameters<typeof hearWatcher>[0]) {
  const folder = t.testdir({ 'routes.yaml': 'a\n' });
  const file = join(folder, 'routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  return { folder, file, watcher };
}

t.test('vim, with a backup file and without', { skip: lacks('vim') }, async (t) => {
  const { file, watcher } = await watched(t);
  const save = (command: string, ...options: string[]) =>
    run('vim', ['-Nu', 'NONE', '-n', '-es', ...options, '-c', command, '-c', 'wq', file]).catch(() => null);
  await save('s/a/b/');
  await watcher.until('changed: b\n');
  await save('s/b/c/', '--cmd', 'set backup backupcopy=no');
  await watcher.until('changed: c\n');
  await save('s/c/d/', '--cmd', 'set backup backupcopy=yes');
  await watcher.until('changed: d\n');
});

t.test('sed -i', { skip: lacks('sed') }, async (t) => {
  const { file, watcher } = await watched(t);
  await run('sed', ['-i', 's/a/b/', file]);
  await watcher.until('changed: b\n');
  await run('sed', ['-i.bak', 's/b/c/', file]);
  await watcher.until('changed: c\n');
});

t.test('the system calls of emacs: a lock that is a dangling link, a backup, a new file', async (t) => {
  const { folder, file, watcher } = await watched(t);
  await symlink('pete@shop.2134:1690000000', join(folder, '.#routes.yaml'));
  await rename(file, `${file}~`);
  await writeFile(file, 'b\n');
  await unlink(join(folder, '.#routes.yaml'));
  await watcher.until('changed: b\n');
});

t.test('a shell that empties the file first and fills it later', async (t) => {
  const { file, watcher } = await watched(t);
  await truncate(file);
  await watcher.until('changed: ');
  await appendFile(file, 'b\n');
  await watcher.until('changed: b\n');
});

t.test('a deployment that swaps the link to a whole release, in a folder of its own', async (t) => {
  const releases = { 1: { 'routes.yaml': '1\n' }, 2: { 'routes.yaml': '2\n' }, 3: { 'routes.yaml': '3\n' } };
  const folder = t.testdir({ etc: {}, releases });
  await symlink('releases/1', join(folder, 'current'));
  await symlink('../current/routes.yaml', join(folder, 'etc/routes.yaml'));
  const watcher = hearWatcher(t, join(folder, 'etc/routes.yaml'), { lastText: '1\n' });
  await watcher.check();
  for (const release of ['2', '3']) {
    await symlink(`releases/${release}`, join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    await watcher.until(`changed: ${release}\n`);
  }
});

t.test('a folder that is moved away, and another one in its place', async (t) => {
  const folder = t.testdir({ now: { 'routes.yaml': 'a\n' }, next: { 'routes.yaml': 'b\n' } });
  const file = join(folder, 'now/routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  await rename(join(folder, 'now'), join(folder, 'old'));
  await watcher.until('missing');
  await rename(join(folder, 'next'), join(folder, 'now'));
  await watcher.until('changed: b\n');
  await writeFile(file, 'c\n');
  await watcher.until('changed: c\n');
});

t.test('a folder that is swapped for another one before anybody looks', async (t) => {
  const folder = t.testdir({ now: { 'routes.yaml': 'a\n' }, next: { 'routes.yaml': 'b\n' } });
  const file = join(folder, 'now/routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  renameSync(join(folder, 'now'), join(folder, 'old'));
  renameSync(join(folder, 'next'), join(folder, 'now'));
  await watcher.until('changed: b\n');
  await writeFile(file, 'c\n');
  await watcher.until('changed: c\n');
});

t.test('a folder that is removed and made again', async (t) => {
  const folder = t.testdir({ now: { 'routes.yaml': 'a\n' } });
  const watcher = hearWatcher(t, join(folder, 'now/routes.yaml'), { lastText: 'a\n' });
  await watcher.check();
  await rename(join(folder, 'now'), join(folder, 'old'));
  await watcher.until('missing');
  await mkdir(join(folder, 'now'));
  await writeFile(join(folder, 'now/routes.yaml'), 'a\n');
  t.same(await watcher.until('changed: a\n'), ['changed: a\n'], 'the old content is told: it was gone');
});

t.test('ten writes in a row: the last one is told last, and never an older one after a newer', async (t) => {
  const { file, watcher } = await watched(t);
  for (let n = 0; n < 10; n++) await writeFile(file, `${n}\n`);
  const told = await watcher.until('changed: 9\n');
  // A write empties the file first, and may be caught at that.
  const whole = told.filter((line) => line !== 'changed: ');
  const numbers = whole.map((line) => Number(line.replace('changed: ', '')));
  t.same(
    numbers,
    numbers.toSorted((one, other) => one - other),
    'in their order',
  );
});
