import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ChangedMeanwhile, writeAtomically } from '../../src/config/write.ts';

t.test('the new text is there, and nothing else is left in the folder', async (t) => {
  const folder = t.testdir({ 'routes.yaml': 'old é\n' });
  await writeAtomically(join(folder, 'routes.yaml'), 'old é\n', 'new é\n');
  t.equal(await readFile(join(folder, 'routes.yaml'), 'utf8'), 'new é\n');
  t.same(await readdir(folder), ['routes.yaml']);
});

t.test('a file that changed meanwhile is left alone', async (t) => {
  const folder = t.testdir({ 'routes.yaml': 'theirs\n' });
  await t.rejects(writeAtomically(join(folder, 'routes.yaml'), 'old\n', 'new\n'), ChangedMeanwhile);
  t.equal(await readFile(join(folder, 'routes.yaml'), 'utf8'), 'theirs\n');
  t.same(await readdir(folder), ['routes.yaml']);
});

t.test(
  'it is a new file, so that a reader never sees half of it, with the mode of the old one',
  async (t) => {
    const file = join(t.testdir({ 'routes.yaml': 'old\n' }), 'routes.yaml');
    await chmod(file, 0o640);
    const before = await stat(file);
    await writeAtomically(file, 'old\n', 'new\n');
    const after = await stat(file);
    t.equal(after.mode & 0o7777, 0o640);
    t.equal(after.uid, before.uid);
    t.not(after.ino, before.ino);
  },
);

t.test('a symlink stays a symlink', async (t) => {
  const folder = t.testdir({ real: { 'routes.yaml': 'old\n' } });
  await mkdir(join(folder, 'etc'));
  const link = join(folder, 'etc', 'routes.yaml');
  await symlink('../real/routes.yaml', link);
  await writeAtomically(link, 'old\n', 'new\n');
  t.ok((await lstat(link)).isSymbolicLink());
  t.equal(await readFile(join(folder, 'real', 'routes.yaml'), 'utf8'), 'new\n');
});

t.test('of many who change the same text at once one wins and the others are told', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': 'old\n' }), 'routes.yaml');
  const writes = Array.from({ length: 20 }, (_, i) => writeAtomically(file, 'old\n', `new ${i}\n`));
  const results = await Promise.allSettled(writes);
  const won = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
  t.equal(won.length, 1);
  t.equal(await readFile(file, 'utf8'), `new ${won[0]}\n`);
  for (const result of results)
    if (result.status === 'rejected') t.ok(result.reason instanceof ChangedMeanwhile);
});

t.test('the lock of a writer that died does not block for ever', async (t) => {
  const folder = t.testdir({ 'routes.yaml': 'old\n' });
  const lock = join(folder, '.routes.yaml.lock');
  await writeFile(lock, '');
  await t.rejects(
    writeAtomically(join(folder, 'routes.yaml'), 'old\n', 'new\n'),
    /another change is being written/,
  );
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  await writeAtomically(join(folder, 'routes.yaml'), 'old\n', 'new\n');
  t.same(await readdir(folder), ['routes.yaml']);
});

t.test('a file that is not there is an error and makes none', async (t) => {
  const folder = t.testdir({});
  await t.rejects(writeAtomically(join(folder, 'routes.yaml'), '', 'new\n'), { code: 'ENOENT' });
  t.same(await readdir(folder), []);
});
