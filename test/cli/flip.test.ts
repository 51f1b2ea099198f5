import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1   # where nobody answers
routes:
  view.pl:       port 25%   # moved
  cart.pl:       legacy
  GET shop.pl:   legacy
  POST shop.pl:  legacy
  /item/{id}:    legacy
`;
const folderOf = (t: Test): string =>
  t.testdir({ 'routes.yaml': file, ports: { 'view.ts': 'export default 1;\n' } });
const textOf = (folder: string): Promise<string> => readFile(join(folder, 'routes.yaml'), 'utf8');

t.test('a flip changes the file and prints the change, its revision and how to undo it', async (t) => {
  const folder = folderOf(t);
  const ran = await banyan(folder, ['flip', 'view', 'port 50%', '--yes']);
  t.same(ran, {
    code: 0,
    stderr: '',
    stdout: `routes.yaml:5
-   view.pl:       port 25%   # moved
+   view.pl:       port 50%   # moved
▲ rev 2 is written; no gateway answers at 127.0.0.1:1. Undo: banyan rollback view
`,
  });
  t.equal(await textOf(folder), file.replace('25%', '50%'));
});

t.test('a move to legacy asks nobody, and a target needs no quotes', async (t) => {
  const folder = folderOf(t);
  t.equal((await banyan(folder, ['flip', 'view', 'legacy'])).code, 0);
  t.equal((await banyan(folder, ['flip', 'view', 'port', '25%', '--yes'])).code, 0);
  t.equal(await textOf(folder), file);
});

t.test('a move towards the port needs a person, or --yes', async (t) => {
  const folder = folderOf(t);
  for (const target of ['port 26%', 'port', 'retired']) {
    t.match(
      await banyan(folder, ['flip', 'view', target]),
      {
        code: 2,
        stdout: '',
        stderr: /this moves view towards the port, and here is nobody to be asked[^]*add --yes/,
      },
      target,
    );
  }
  t.equal(await textOf(folder), file);
  t.equal((await banyan(folder, ['flip', 'view', 'port 24%'])).code, 0, 'less of it is no such move');
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
  const ran = await banyan(folder, ['flip', 'view', 'port', '--dry-run']);
  t.same(ran, {
    code: 0,
    stdout: 'routes.yaml:5\n-   view.pl:       port 25%   # moved\n+   view.pl:       port       # moved\n',
    stderr: 'nothing was written (--dry-run)\n',
  });
  t.equal(await textOf(folder), file);
  t.equal((await banyan(folder, ['flip', 'view', 'port', '--dry-run', '--exit-code'])).code, 1);
  t.equal((await banyan(folder, ['flip', 'view', 'port 25%', '--dry-run', '--exit-code'])).code, 0);
});

t.test('--json says what was done', async (t) => {
  const folder = folderOf(t);
  const { stdout } = await banyan(folder, ['flip', 'view', 'port', '--yes', '--json']);
  t.match(JSON.parse(stdout), {
    schema: 1,
    file: 'routes.yaml',
    verb: 'flip',
    written: true,
    rev: 2,
    hash: /^[0-9a-f]{12}$/,
    routes: [{ name: 'view', key: 'view.pl', before: 'port 25%', after: 'port' }],
    gateway: { state: 'absent', admin: '127.0.0.1:1' },
  });
  const dry = await banyan(folder, ['flip', 'view', 'legacy', '--dry-run', '--json']);
  t.match(JSON.parse(dry.stdout), {
    written: false,
    rev: null,
    routes: [{ after: 'legacy' }],
    gateway: null,
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
  t.match(await banyan(folder, ['flip', 'cart', 'port', '--yes']), {
    code: 1,
    stdout: '',
    stderr: /\.\/ports\/cart\.ts does not exist/,
  });
  t.equal(await textOf(folder), file);
});

t.test('a file with errors is not touched, unless the flip mends it', async (t) => {
  const folder = folderOf(t);
  await writeFile(join(folder, 'routes.yaml'), `${file}  x.pl: nonsense\n`);
  t.match(await banyan(folder, ['flip', 'view', 'legacy']), { code: 1, stderr: /mend the file first/ });
  t.equal(await textOf(folder), `${file}  x.pl: nonsense\n`);
  await writeFile(join(folder, 'routes.yaml'), file.replace('cart.pl:       legacy', 'cart.pl:       port'));
  t.match(await banyan(folder, ['flip', 'cart', 'legacy']), { code: 0, stderr: '' }, 'its port is gone');
  t.equal(await textOf(folder), file);
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

t.test(
  'what this version does not run is refused with exit code 5, and --force needs a reason',
  async (t) => {
    const folder = folderOf(t);
    const ran = await banyan(folder, ['shadow', 'view', '20%']);
    t.match(ran, {
      code: 5,
      stdout: '',
      stderr: /\[not-yet\][^]*refused: a running gateway would refuse the file/,
    });
    t.match(await banyan(folder, ['shadow', 'view', '20%', '--force']), {
      code: 2,
      stderr: /--force needs a reason/,
    });
    t.equal(await textOf(folder), file);
    t.match(await banyan(folder, ['shadow', 'view', '20%', '--force', '-m', 'to see']), {
      code: 0,
      stdout: '+   view.pl:       port 25%, shadow 20%  # moved',
    });
    t.match(await banyan(folder, ['flip', 'view', 'port 10%']), { code: 0 }, 'the way back is free');
  },
);

t.test('split and shadow change their part of a target and keep the other', async (t) => {
  const folder = folderOf(t);
  const after = async (...args: string[]): Promise<string | undefined> => {
    const why = ['--yes', '--force', '-m', 'to see', '--json'];
    const { stdout, stderr } = await banyan(folder, [...args, ...why]);
    return stdout === '' ? stderr : (JSON.parse(stdout) as { routes: { after: string }[] }).routes[0]?.after;
  };
  t.equal(await after('split', 'view', '10'), 'port 10%', 'the percent sign may be left out');
  t.equal(await after('shadow', 'view', '5'), 'port 10%, shadow 5%');
  t.equal(await after('split', 'view', '12.5%'), 'port 12.5%, shadow 5%');
  t.equal(await after('shadow', 'view'), 'port 12.5%, shadow');
  t.equal(await after('flip', 'view', 'legacy'), 'legacy');
  t.equal(await after('shadow', 'view', '1%'), 'shadow 1%');
  t.equal(await after('split', 'view', '2%'), 'port 2%');
  t.match(await after('split', 'view', '120'), /120% is over 100%/);
  t.match(await after('split', 'view', 'half'), /cannot read the percentage "half"/);
  t.equal(await after('flip', 'view', 'retired'), 'retired');
  t.match(await after('shadow', 'view'), /view is retired: nothing runs that could be compared/);
});
