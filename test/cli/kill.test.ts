import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1
routes:
  /done: { to: 'port', port: x.ts }   # done
  /some:
    to: port 5%
    port: x.ts
  /var: { to: "\${TARGET:-port}", port: x.ts }
  /old: retired
  /**: legacy
`;
const folderOf = (t: Test): string => t.testdir({ 'routes.yaml': file, 'x.ts': 'export default 1;\n' });
const textOf = (folder: string): Promise<string> => readFile(join(folder, 'routes.yaml'), 'utf8');
const killed = file
  .replace(`'port'`, `'legacy'`)
  .replace('port 5%', 'legacy')
  .replace('${TARGET:-port}', 'legacy');

t.test('everything that is not retired goes to legacy in one edit, and nobody is asked', async (t) => {
  const folder = folderOf(t);
  t.match(await banyan(folder, ['kill', '-m', 'blank pages']), {
    code: 0,
    stderr: '',
    stdout:
      /▲ rev 2 is written: 3 routes to legacy; no gateway answers at 127\.0\.0\.1:1\. Undo: banyan rollback 1\n$/,
  });
  t.equal(await textOf(folder), killed);
  await banyan(folder, ['rollback', '1', '--yes']);
  t.equal(await textOf(folder), file, 'and it is undone byte for byte, the variable too');
});

t.test('it works where the port files are gone, which is when it is needed', async (t) => {
  const folder = folderOf(t);
  await rm(join(folder, 'x.ts'));
  t.match(await banyan(folder, ['kill']), { code: 0 });
  t.equal(await textOf(folder), killed);
});

t.test('where everything is on legacy there is nothing to do', async (t) => {
  const folder = folderOf(t);
  await banyan(folder, ['kill']);
  t.match(await banyan(folder, ['kill']), { code: 0, stdout: /nothing to do/ });
  t.equal(await textOf(folder), killed);
});
