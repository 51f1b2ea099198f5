import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
routes:
  view.pl:       port 25%   # moved
  cart.pl:       legacy
  GET shop.pl:   legacy
  POST shop.pl:  legacy
  /item/{id}:    legacy
`;
const folderOf = (t: Test): string => t.testdir({ 'routes.yaml': file, ports: { 'view.ts': '' } });
const textOf = (folder: string): Promise<string> => readFile(join(folder, 'routes.yaml'), 'utf8');

t.test('a flip changes the file and prints the change and how to undo it', async (t) => {
  const folder = folderOf(t);
  const ran = await banyan(folder, ['flip', 'view', 'port 50%']);
  t.same(ran, {
    code: 0,
    stderr: '',
    stdout: `routes.yaml:4
-   view.pl:       port 25%   # moved
+   view.pl:       port 50%   # moved
undo: banyan flip view 'port 25%'
`,
  });
  t.equal(await textOf(folder), file.replace('25%', '50%'));
});

t.test('the undo command undoes it, and a target needs no quotes', async (t) => {
  const folder = folderOf(t);
  t.equal((await banyan(folder, ['flip', 'view', 'legacy'])).code, 0);
  t.equal((await banyan(folder, ['flip', 'view', 'port', '25%'])).code, 0);
  t.equal(await textOf(folder), file);
});

t.test('a route may be named by its key or by a path that it serves', async (t) => {
  for (const word of ['view.pl', '/cgi-bin/view.pl', '/cgi-bin/view.pl/7?x=1']) {
    t.match(
      (await banyan(folderOf(t), ['flip', word, 'legacy', '--dry-run'])).stdout,
      '+   view.pl:       legacy',
      word,
    );
  }
});

t.test('--dry-run shows the change and writes nothing', async (t) => {
  const folder = folderOf(t);
  const { stdout, code } = await banyan(folder, ['flip', 'view', 'port', '--dry-run']);
  t.equal(code, 0);
  t.match(stdout, '+   view.pl:       port       # moved\nnothing was written (--dry-run)\n');
  t.equal(await textOf(folder), file);
});

t.test('--json says what was done', async (t) => {
  const { stdout } = await banyan(folderOf(t), ['flip', 'view', 'port', '--json']);
  t.match(JSON.parse(stdout), {
    schema: 1,
    route: 'view',
    line: 4,
    before: 'port 25%',
    after: 'port',
    written: true,
  });
});

t.test('a flip to what is there already changes nothing and is no error', async (t) => {
  t.match(await banyan(folderOf(t), ['flip', 'view', 'port', '25%']), {
    code: 0,
    stdout: /already port 25%; nothing to do/,
  });
});

t.test('unknown routes and targets are exit code 2 with a suggestion', async (t) => {
  const folder = folderOf(t);
  t.match(await banyan(folder, ['flip', 'veiw', 'port']), {
    code: 2,
    stderr: /no route is called "veiw"[^]*did you mean "view"\?/,
  });
  t.match(await banyan(folder, ['flip', 'view', 'prot']), { code: 2, stderr: /did you mean "port"\?/ });
  t.match(await banyan(folder, ['flip', '/cgi-bin/shop.pl', 'port']), {
    code: 2,
    stderr: /several routes: shop.get, shop.post/,
  });
  t.match(await banyan(folder, ['flip', '/nowhere', 'port']), { code: 2 });
  t.equal(await textOf(folder), file);
});

t.test('a flip to a port that has no file is refused', async (t) => {
  const folder = folderOf(t);
  t.match(await banyan(folder, ['flip', 'cart', 'port']), {
    code: 1,
    stdout: '',
    stderr: /\.\/ports\/cart\.ts does not exist/,
  });
  t.equal(await textOf(folder), file);
});

t.test('a file with errors is not touched', async (t) => {
  const folder = folderOf(t);
  await writeFile(join(folder, 'routes.yaml'), `${file}  x.pl: nonsense\n`);
  t.match(await banyan(folder, ['flip', 'view', 'legacy']), { code: 1, stderr: /mend the file first/ });
  t.equal(await textOf(folder), `${file}  x.pl: nonsense\n`);
});

t.test('while somebody else writes the file nothing is written, and the exit code is 4', async (t) => {
  const folder = folderOf(t);
  await writeFile(join(folder, '.routes.yaml.lock'), '');
  t.match(await banyan(folder, ['flip', 'view', 'legacy']), {
    code: 4,
    stderr: /another change is being written/,
  });
  t.equal(await textOf(folder), file);
});
