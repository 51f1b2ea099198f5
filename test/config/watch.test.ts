import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { hearWatcher } from '../helpers/watcher.ts';

t.test('a check tells a new content once', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  const watcher = hearWatcher(t, file);
  await watcher.check();
  await watcher.check();
  t.same(watcher.told, ['changed: a\n']);
});

t.test('a check does not tell the text that is already in use', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  t.same(watcher.told, []);
});

t.test('a change between reading the file and watching it is noticed', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'b\n' }), 'routes.yaml');
  t.equal(await hearWatcher(t, file, { lastText: 'a\n' }).next(), 'changed: b\n');
});

t.test('writing the file is noticed by itself', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  for (const text of ['b\n', 'c\n', 'd\n']) {
    await writeFile(file, text);
    t.equal(await watcher.next(), `changed: ${text}`);
  }
});

t.test('a new file that is renamed over the old one is noticed, again and again', async (t) => {
  const folder = t.testdir({ 'routes.yaml': 'a\n' });
  const file = join(folder, 'routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  for (const text of ['b\n', 'c\n', 'd\n']) {
    await writeFile(join(folder, 'new'), text);
    await rename(join(folder, 'new'), file);
    t.equal(await watcher.next(), `changed: ${text}`);
  }
});

t.test('a file that is deleted is told once, and its return as well', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  const watcher = hearWatcher(t, file, { lastText: 'a\n' });
  await watcher.check();
  await unlink(file);
  t.equal(await watcher.next(), 'missing');
  await watcher.check();
  t.same(watcher.told, []);
  await writeFile(file, 'b\n');
  t.equal(await watcher.next(), 'changed: b\n');
});

t.test('a swapped link, as Kubernetes does it, is noticed twice in a row', async (t) => {
  const folder = t.testdir({
    v1: { 'routes.yaml': '1\n' },
    v2: { 'routes.yaml': '2\n' },
    v3: { 'routes.yaml': '3\n' },
  });
  await symlink('v1', join(folder, '..data'));
  await symlink('..data/routes.yaml', join(folder, 'routes.yaml'));
  const watcher = hearWatcher(t, join(folder, 'routes.yaml'), { lastText: '1\n' });
  await watcher.check();
  for (const version of ['2', '3']) {
    await symlink(`v${version}`, join(folder, '..tmp'));
    await rename(join(folder, '..tmp'), join(folder, '..data'));
    t.equal(await watcher.next(), `changed: ${version}\n`);
  }
});

t.test('a change of the file that a link in another folder points at is noticed', async (t) => {
  const folder = t.testdir({ real: { 'routes.yaml': '1\n' } });
  await mkdir(join(folder, 'etc'));
  await symlink('../real/routes.yaml', join(folder, 'etc', 'routes.yaml'));
  const watcher = hearWatcher(t, join(folder, 'etc', 'routes.yaml'), { lastText: '1\n' });
  await watcher.check();
  // The first change may be seen by the look that every watcher takes at its start, the second only by its watch.
  for (const text of ['2\n', '3\n']) {
    await writeFile(join(folder, 'real', 'routes.yaml'), text);
    t.equal(await watcher.next(), `changed: ${text}`);
  }
});

t.test('a file that is not UTF-8 is a problem, not a change', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': Buffer.from([0x63, 0xe9]) }), 'routes.yaml');
  const watcher = hearWatcher(t, file);
  await watcher.check();
  t.match(watcher.told, [/problem: .*is not UTF-8/]);
});

t.test('a closed watcher tells nothing more', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'a\n' }), 'routes.yaml');
  const watcher = hearWatcher(t, file);
  watcher.close();
  await watcher.check();
  t.same(watcher.told, []);
});
