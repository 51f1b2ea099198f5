import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1


routes:
    /a:   legacy # one
    /long: legacy    # two
`;
const laidOut = `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1

routes:
  /a:    legacy  # one
  /long: legacy  # two
`;
const folderOf = (t: Test): string => t.testdir({ 'routes.yaml': file });
const textOf = (folder: string): Promise<string> => readFile(join(folder, 'routes.yaml'), 'utf8');

t.test('it lays the file out, once', async (t) => {
  const folder = folderOf(t);
  t.match(await banyan(folder, ['fmt']), { code: 0, stdout: /Undo: banyan rollback 1\n$/ });
  t.equal(await textOf(folder), laidOut);
  t.match(await banyan(folder, ['fmt']), { code: 0, stdout: 'routes.yaml is laid out\n' });
});

t.test('--check says by its exit code whether it is laid out, --diff what would change', async (t) => {
  const folder = folderOf(t);
  t.match(await banyan(folder, ['fmt', '--check']), {
    code: 1,
    stdout: /not laid out; "banyan fmt" does it/,
  });
  t.match(await banyan(folder, ['fmt', '--diff']), { code: 0, stdout: /^routes.yaml:4\n- \n/ });
  t.match(await banyan(folder, ['fmt', '--diff', '--check']), {
    code: 1,
    stdout: /\+ {3}\/a: {4}legacy {2}# one/,
  });
  t.equal(await textOf(folder), file);
  await writeFile(join(folder, 'routes.yaml'), laidOut);
  t.match(await banyan(folder, ['fmt', '--check']), { code: 0, stdout: 'routes.yaml is laid out\n' });
});

t.test('settings that are wrong are none of its business, but it must be YAML', async (t) => {
  const folder = folderOf(t);
  await writeFile(join(folder, 'routes.yaml'), 'routs:  x \n');
  t.match(await banyan(folder, ['fmt']), { code: 0 });
  t.equal(await textOf(folder), 'routs:  x\n');
  await writeFile(join(folder, 'routes.yaml'), 'routes: [\n');
  for (const args of [['fmt'], ['fmt', '--check']])
    t.match(await banyan(folder, args), { code: 1, stderr: /the file has errors/ });
});
