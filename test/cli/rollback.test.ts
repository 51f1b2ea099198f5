import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1
routes:
  /view: { to: port 25%, port: view.ts }   # moved
  /cart: { to: port 50%, port: view.ts }
`;

/** A folder in which verbs can be run, and what the file says. */
function open(t: Test) {
  const folder = t.testdir({ 'routes.yaml': file, 'view.ts': 'export default 1;\n' });
  return {
    run: async (...args: string[]) => {
      const ran = await banyan(folder, args, { USER: 'pete', SUDO_USER: '' });
      return { ...ran, last: ran.stdout.trimEnd().split('\n').at(-1) ?? '' };
    },
    text: () => readFile(join(folder, 'routes.yaml'), 'utf8'),
    write: (text: string) => writeFile(join(folder, 'routes.yaml'), text),
  };
}

t.test('without a word the last change is undone, byte for byte, as a new revision', async (t) => {
  const { run, text } = open(t);
  await run('flip', 'view', 'port 20%', '-m', 'blank pages');
  const { last } = await run('rollback', '--yes');
  t.match(last, /^▲ rev 3 is written: undoes rev 2 \(flip, pete@\S+, "blank pages"\);/);
  t.equal(await text(), file);
  await run('rollback');
  t.equal(await text(), file.replace('25%', '20%'), 'and that can be undone itself');
});

t.test('a route goes back to the target it had before, and the others stay', async (t) => {
  const { run, text } = open(t);
  await run('flip', 'view', 'port 20%');
  await run('flip', 'cart', 'legacy');
  const { code } = await run('rollback', 'view', '--yes');
  t.equal(code, 0);
  t.equal(await text(), file.replace('port 50%', 'legacy'));
});

t.test('the whole file goes back to a revision', async (t) => {
  const { run, text } = open(t);
  await run('flip', 'view', 'port 20%');
  await run('kill');
  const { last } = await run('rollback', '2', '--yes');
  t.match(last, /▲ rev 4 is written: rev 3 → rev 2; .* Undo: banyan rollback 3$/);
  t.equal(await text(), file.replace('25%', '20%'));
});

t.test('a change by hand counts as a change', async (t) => {
  const { run, text, write } = open(t);
  await run('flip', 'view', 'port 20%');
  await write((await text()).replace('port 20%', 'port 10%'));
  t.match(await run('rollback', 'view', '--dry-run'), { stdout: /\+ .*port 20%/ });
  await run('rollback', '--yes');
  t.equal(await text(), file.replace('25%', '20%'));
});

t.test('back towards the port needs a yes, back towards legacy none', async (t) => {
  const { run } = open(t);
  await run('kill');
  t.match(await run('rollback'), { code: 2, stderr: /this moves 2 routes towards the port/ });
  await run('flip', 'view', 'port 1%', '--yes');
  t.equal((await run('rollback', 'view')).code, 0);
});

t.test('what the journal does not know is said', async (t) => {
  const { run, write, text } = open(t);
  t.match(await run('rollback'), { code: 2, stderr: /the journal knows no change that could be undone/ });
  await run('flip', 'view', 'legacy');
  t.match(await run('rollback', 'cart'), { code: 2, stderr: /the journal knows no other target of cart/ });
  t.match(await run('rollback', '17'), { code: 2, stderr: /there is no rev 17[^]*banyan history/ });
  t.match(await run('rollback', '2'), { code: 0, stdout: /the file is as in rev 2; nothing to do/ });
  await write(`${await text()}  /new: legacy\n`);
  t.match(await run('rollback', 'new'), { code: 2, stderr: /new was not there before rev 3/ });
});
