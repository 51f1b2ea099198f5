import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1
routes:
  /view: { to: port 25%, port: view.ts }   # moved
  /cart: { to: port, port: view.ts }
`;

/** A folder in which verbs can be run. */
function open(t: Test) {
  const folder = t.testdir({ 'routes.yaml': file, 'view.ts': 'export default 1;\n' });
  return {
    run: (...args: string[]) => banyan(folder, args, { USER: 'pete', SUDO_USER: '' }),
    change: async (from: string, to: string) => {
      const path = join(folder, 'routes.yaml');
      await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
    },
  };
}
/** The table without what differs from run to run. */
const plain = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'TIME')
        .replace(/@\S+/, '@host')
        .replace(/ +/g, ' '),
    );

t.test('it says who changed what, when and why, the newest first', async (t) => {
  const { run, change } = open(t);
  await run('flip', 'view', 'port 50%', '--yes', '-m', 'clean for a day');
  await change('legacy: http://127.0.0.1:8080', 'legacy: http://127.0.0.1:9090');
  await run('kill', '-m', 'blank\npages \x1b[2J');
  await change('/cart: { to: legacy', '/cart: { to: port 1%');
  const { stdout, code } = await run('history');
  t.equal(code, 0);
  t.same(plain(stdout), [
    'REV UTC WHO VERB CHANGE WHY',
    '5 TIME unknown edit cart: legacy → port 1%',
    '4 TIME pete@host kill view: port 50% → legacy, cart: port → legacy blank?pages ?[2J',
    '3 TIME unknown edit 1 other line',
    '2 TIME pete@host flip view: port 25% → port 50% clean for a day',
    '1 TIME unknown found the journal begins',
  ]);
});

t.test('of one route, of so many, and for machines', async (t) => {
  const { run } = open(t);
  await run('flip', 'view', 'legacy');
  await run('flip', 'cart', 'legacy', '-m', 'slow');
  await run('ramp', 'view', '--steps', '1,100');
  const lines = async (...args: string[]): Promise<string[]> =>
    plain((await run('history', ...args)).stdout)
      .slice(1)
      .map((line) => line.split(' ').slice(4).join(' '));
  t.same(await lines('view'), ['view: its settings', 'view: port 25% → legacy']);
  t.same(await lines('/cart'), ['cart: port → legacy slow'], 'also by its key');
  t.same(await lines('--limit', '1'), ['view: its settings']);
  const { revisions } = JSON.parse((await run('history', 'cart', '--json')).stdout) as {
    revisions: object[];
  };
  t.match(revisions, [
    {
      rev: 3,
      who: /^pete@/,
      why: 'slow',
      verb: 'flip',
      routes: [{ key: '/cart', name: 'cart', before: 'port', after: 'legacy' }],
      after: /^[0-9a-f]{12}$/,
    },
  ]);
  t.match(await run('history', 'nobody'), { code: 2, stderr: /knows no change of "nobody"/ });
  t.match(await run('history', '--limit', '0'), { code: 2 });
});

t.test('before the first change there is none', async (t) => {
  const { run } = open(t);
  t.same(await run('history'), { code: 0, stdout: '', stderr: 'nothing was changed with banyan yet\n' });
  t.match(JSON.parse((await run('history', '--json')).stdout), { revisions: [] });
});

t.test('behind sudo it is the person who is named', async (t) => {
  const folder = t.testdir({ 'routes.yaml': file, 'view.ts': 'export default 1;\n' });
  await banyan(folder, ['kill'], { USER: 'root', SUDO_USER: 'pete' });
  t.match((await banyan(folder, ['history'])).stdout, /2 .* pete@\S+ +kill/);
});
