// What the demo says of routes.yaml when it ends.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { undoOf } from '../../scripts/demo/changes.ts';

/** A checkout with a routes.yaml that is committed. */
function checkoutOf(t: Test): string {
  const folder = t.testdir({ 'routes.yaml': 'committed\n' });
  const git = (...words: string[]) => execFileSync('git', words, { cwd: folder, stdio: 'ignore' });
  git('init');
  git('add', 'routes.yaml');
  return join(folder, 'routes.yaml');
}

/** Does what `undoOf` has said. */
function obey(t: Test, file: string, undo: string | null): void {
  const [command = '', ...words] = (undo ?? '').split(' ');
  execFileSync(command, words, { cwd: dirname(file), stdio: 'ignore' });
  const aside = words[0] ?? '';
  if (command === 'cp') t.teardown(() => rmSync(dirname(aside), { recursive: true }));
}

t.test('nothing is said of what was changed before', (t) => {
  const file = checkoutOf(t);
  writeFileSync(file, 'my own line\n');
  t.equal(undoOf(file, 'my own line\n'), null);
  t.end();
});

t.test('git has what it was, where it was as committed', (t) => {
  const file = checkoutOf(t);
  writeFileSync(file, 'flipped\n');
  const undo = undoOf(file, 'committed\n');
  t.equal(undo, `git checkout ${file}`);
  obey(t, file, undo);
  t.equal(readFileSync(file, 'utf8'), 'committed\n');
  t.end();
});

t.test('who obeys keeps the lines that stood there at the start and are not in git', (t) => {
  const file = checkoutOf(t);
  writeFileSync(file, 'flipped\n');
  obey(t, file, undoOf(file, 'my own line\n'));
  t.equal(readFileSync(file, 'utf8'), 'my own line\n');
  t.end();
});

t.test('a file that was removed comes back', (t) => {
  const file = checkoutOf(t);
  rmSync(file);
  obey(t, file, undoOf(file, 'my own line\n'));
  t.equal(readFileSync(file, 'utf8'), 'my own line\n');
  t.end();
});
