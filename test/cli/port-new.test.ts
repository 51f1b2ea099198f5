import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'prettier';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const root = resolve(import.meta.dirname, '../..');
const routes = `legacy: { cgi: ./cgi-bin }
base: /cgi-bin/
session: { store: 'mysql://shop@127.0.0.1/shop' }
routes:
  cart.pl: legacy
  POST cart.pl?action=add: { to: legacy, port: ./ports/cart/add.ts }
  view.pl: port
  go.pl: { to: legacy, session: none }
  login.pl: { to: legacy, session: read }
  giftlist.py: legacy
  /shop/{sku}: legacy
  /**: legacy
`;

/** The shop's scripts and modules in a folder of their own, with no ports. */
function siteOf(t: Test, text = routes): string {
  const folder = t.testdir({ 'routes.yaml': text });
  for (const part of ['cgi-bin', 'lib'])
    cpSync(join(root, 'legacy-stub', part), join(folder, part), { recursive: true });
  return folder;
}

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

t.test('it writes a port and a test, says what it found, and what to type next', async (t) => {
  const folder = siteOf(t);
  const { code, stdout, stderr } = await banyan(folder, ['port', 'new', 'cart.pl']);
  t.equal(code, 0);
  t.match(
    stdout,
    /^cgi-bin\/cart\.pl \(105 lines\), lib\/Shop\.pm \(176 lines\)\n {2}parameters {2}action, sku, qty, qty_\*\n/,
  );
  t.match(stdout, /\n {2}session {5}reads cart; changes cart\n {2}tables {6}reads labels, records\n/);
  t.match(stdout, /\n✔ ports\/cart\.ts\n✔ test\/ports\/cart\.test\.ts\n$/);
  t.match(stderr, /Next:\n {2}npx tap test\/ports\/cart\.test\.ts\n {2}banyan flip cart 'port 1%'\n$/);
  t.match(read(folder, 'ports/cart.ts'), "action: or(params.get('action'), 'show'), // cart.pl:24");
  t.match(read(folder, 'test/ports/cart.test.ts'), "import port from '../../ports/cart.ts';");
});

/** Runs a program of node without the loader that tap hands down to what tests start: it is not for the compiler. */
function asInShell(args: readonly string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_?TAP/.test(name)));
  const command = ['-u', 'NODE_OPTIONS', process.execPath, ...args];
  return spawnSync('env', command, { encoding: 'utf8', env: { ...env, TAP: '1' } });
}

t.test(
  'what it writes for every page of the shop compiles, is laid out, and its test is green',
  async (t) => {
    const pages = readdirSync(join(root, 'legacy-stub/cgi-bin')).filter((name) => name.endsWith('.pl'));
    const folder = siteOf(
      t,
      `legacy: { cgi: ./cgi-bin }\nbase: /cgi-bin/\nsession: { store: 'mysql://shop@127.0.0.1/shop' }\nroutes:\n${pages.map((page) => `  ${page}: legacy\n`).join('')}`,
    );
    for (const page of pages) t.equal((await banyan(folder, ['port', 'new', page])).code, 0, page);
    const files = ['ports', 'test/ports'].flatMap((part) =>
      readdirSync(join(folder, part)).map((name) => join(folder, part, name)),
    );
    t.equal(files.length, 2 * pages.length);
    const options = { ...JSON.parse(read(root, '.prettierrc.json')), parser: 'typescript' };
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      t.equal(await format(text, options), text, file);
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['ports', 'test'] }),
    );
    const tsc = asInShell([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    t.equal(tsc.stdout + tsc.stderr, '');
    for (const name of ['cart', 'nph-stock']) {
      const test = asInShell([join(folder, `test/ports/${name}.test.ts`)]);
      t.equal(test.status, 0, test.stdout + test.stderr);
      t.match(test.stdout, /pass: 1/);
    }
  },
);

t.test('it writes over nothing, and both or none', async (t) => {
  const folder = siteOf(t);
  await banyan(folder, ['port', 'new', 'cart']);
  writeFileSync(join(folder, 'ports/cart.ts'), '// mine\n');
  t.match(await banyan(folder, ['port', 'new', 'cart']), {
    code: 1,
    stdout: '',
    stderr:
      'banyan: ports/cart.ts and test/ports/cart.test.ts exist already; nothing was written\n  = help: look at what it would be with --dry-run, or write over it with --force\n',
  });
  t.equal(read(folder, 'ports/cart.ts'), '// mine\n');
  t.match(await banyan(folder, ['port', 'new', 'cart', '--dry-run']), {
    code: 0,
    stdout: /\n--- ports\/cart\.ts\nimport \{ definePort, perl \} from 'banyan';\n/,
    stderr: 'nothing was written (--dry-run)\n',
  });
  t.equal(read(folder, 'ports/cart.ts'), '// mine\n');
  t.equal((await banyan(folder, ['port', 'new', 'cart', '--force'])).code, 0);
  t.match(read(folder, 'ports/cart.ts'), 'definePort');
});

t.test('the port stands where the route looks for it, and a test beside it by the same path', async (t) => {
  const folder = siteOf(t);
  t.match(await banyan(folder, ['port', 'new', 'cart.add.post']), {
    code: 0,
    stdout: /✔ ports\/cart\/add\.ts\n✔ test\/ports\/cart\/add\.test\.ts/,
  });
  t.match(read(folder, 'test/ports/cart/add.test.ts'), "from '../../../ports/cart/add.ts'");
  t.match(read(folder, 'ports/cart/add.ts'), 'for "POST cart.pl?action=add"');
  t.match(
    await banyan(folder, ['port', 'new', '/cgi-bin/view.pl']),
    { code: 0, stdout: /✔ ports\/view\.ts/ },
    'a route that waits for its port is no error here',
  );
  t.match(await banyan(t.testdirName, ['port', 'new', 'go', '--file', join(folder, 'routes.yaml'), '-q']), {
    code: 0,
    stderr: '',
  });
  t.ok(existsSync(join(folder, 'ports/go.ts')));
});

t.test('a setting of the session that does not fit is advised against', async (t) => {
  const folder = siteOf(t);
  t.match(
    (await banyan(folder, ['port', 'new', 'login'])).stdout,
    /▲ the script changes its session \(login\.pl:\d+\).*write "session: write"/,
  );
  t.notMatch((await banyan(folder, ['port', 'new', 'go'])).stdout, '▲');
  t.notMatch(read(folder, 'ports/go.ts'), 'session.get');
});

t.test('--json gives all that was found, each fact with its place', async (t) => {
  const folder = siteOf(t);
  const { stdout, code } = await banyan(folder, ['port', 'new', 'cart', '--json', '--dry-run']);
  t.equal(code, 0);
  t.match(JSON.parse(stdout), {
    schema: 1,
    route: 'cart',
    port: 'ports/cart.ts',
    test: 'test/ports/cart.test.ts',
    written: false,
    script: 'cgi-bin/cart.pl',
    modules: ['lib/Shop.pm'],
    notRead: ['CGI', 'CGI::Carp', 'CGI::Session', 'DBI', 'Exporter', 'FindBin'],
    advice: null,
    parameters: [{ name: 'action', from: ['params'], places: [{ file: 'cgi-bin/cart.pl', line: 24 }] }],
    session: { keys: [{ name: 'cart', written: [{ line: 59 }] }] },
    tables: [
      { name: 'labels', read: [{ file: 'lib/Shop.pm', sub: 'get_record', calledAt: [30, 79] }] },
      { name: 'records' },
    ],
  });
  t.notOk(existsSync(join(folder, 'ports')));
});

t.test('a script behind a web server is named, and so may be folders of modules', async (t) => {
  const folder = t.testdir({
    'routes.yaml': 'legacy: http://127.0.0.1:8080\nroutes:\n  /cgi-bin/old.pl: legacy\n  /**: legacy\n',
    www: {
      'old.pl': "#!/usr/bin/perl\nuse Shop;\nrequire 'common.pl';\ngreet();\n",
      'common.pl': "param('common');\n1;\n",
    },
    perl: { 'Shop.pm': "package Shop;\nsub greet { param('name') }\n1;\n" },
  });
  t.match(await banyan(folder, ['port', 'new', '/cgi-bin/old.pl']), {
    code: 2,
    stderr:
      'banyan: legacy is http://127.0.0.1:8080, which does not say where its scripts are\n  = help: name it: banyan port new cgi-bin.old --script /path/to/cgi-bin/old.pl\n',
  });
  const named = ['port', 'new', '/cgi-bin/old.pl', '--script', 'www/old.pl', '--dry-run'];
  t.match((await banyan(folder, named)).stdout, /parameters {2}common\n[^]*not read {4}Shop\n/);
  t.match(
    (await banyan(folder, [...named, '--lib', 'perl'])).stdout,
    /^www\/old\.pl \(4 lines\), perl\/Shop\.pm.*\n {2}parameters {2}common, name\n|name, common\n/,
  );
});

t.test('what it cannot do is said, with what to do', async (t) => {
  const folder = siteOf(t);
  const cases: [string[], number, RegExp][] = [
    [['crat.pl'], 2, /no route is called "crat\.pl"\n.*did you mean "cart\.pl"\?/],
    [['search.pl'], 2, /no route is called "search\.pl"\n.*a line of its own first: "search\.pl: legacy"/],
    [['shop.sku'], 2, /route "shop\.sku" has no script name.*\n.*port: \.\/ports\/NAME\.ts/],
    [['giftlist'], 1, /cgi-bin\/giftlist\.py is no Perl: it begins with #!\/usr\/bin\/python3\n/],
    [['cart', '--script', 'no.pl'], 2, /there is no file no\.pl\n/],
    [[], 2, /port new needs ROUTE/],
  ];
  for (const [args, code, stderr] of cases)
    t.match(await banyan(folder, ['port', 'new', ...args]), { code, stdout: '', stderr }, args.join(' '));
  t.notOk(existsSync(join(folder, 'ports')));
  writeFileSync(join(folder, 'ports'), 'a file where a folder should be');
  t.match(await banyan(folder, ['port', 'new', 'cart']), {
    code: 1,
    stderr: /ports\/cart\.ts cannot be written: (?:EEXIST|ENOTDIR)/,
  });
});

t.test('a script without a line needs one first, and the line that is offered will do', async (t) => {
  for (const [base, more, key] of [
    ['base: /cgi-bin/', '  view.pl: legacy\n', 'search.pl'],
    ['base: /cgi-bin/', '', '/cgi-bin/search.pl'],
    ['', '  /cgi-bin/view.pl: legacy\n', '/cgi-bin/search.pl'],
  ]) {
    const text = (line: string): string =>
      `legacy: { cgi: ./cgi-bin }\n${base}\nroutes:\n${more}${line}  /**: legacy\n`;
    const folder = siteOf(t, text(''));
    for (const verb of [['port', 'new'], ['port', 'test'], ['record']])
      t.match(
        (await banyan(folder, [...verb, 'search.pl'])).stderr,
        `  = help: give it a line of its own first: "${key}: legacy"\n`,
        verb.join(' '),
      );
    writeFileSync(join(folder, 'routes.yaml'), text(`  ${key}: legacy\n`));
    for (const word of ['search.pl', '/cgi-bin/search.pl', key as string])
      t.match(
        await banyan(folder, ['port', 'new', word, '--dry-run']),
        { code: 0, stdout: /--- ports\/search\.ts\n/ },
        `${base} ${key}: ${word}`,
      );
  }
});

t.test('a route is found with the base and without, and what only a glob takes is not', async (t) => {
  const folder = siteOf(
    t,
    'legacy: { cgi: ./cgi-bin }\nbase: /cgi-bin/\nroutes:\n  POST /cgi-bin/view.pl: legacy\n  go.pl: legacy\n  "*.pl": legacy\n',
  );
  const found = async (word: string) => banyan(folder, ['port', 'new', word, '--dry-run', '--json']);
  t.match(JSON.parse((await found('view.pl')).stdout), { key: 'POST /cgi-bin/view.pl' });
  t.match(JSON.parse((await found('/cgi-bin/go')).stdout), { key: 'go.pl' });
  t.match(await found('cart.pl'), { code: 2, stderr: /no route is called "cart\.pl"\n.*"cart\.pl: legacy"/ });
});

t.test('in a checkout it names the way that banyan was called', async (t) => {
  const folder = siteOf(t);
  const { stderr } = await banyan(folder, ['port', 'new', 'cart.pl'], { npm_lifecycle_event: 'banyan' });
  t.match(stderr, /\n {2}npm run banyan -- flip cart 'port 1%'\n$/);
});

t.test('a script in latin-1 with CRLF, and one that never ends, are read all the same', async (t) => {
  const folder = t.testdir({
    'routes.yaml': 'legacy: { cgi: ./cgi-bin }\nroutes: { /cgi-bin/odd.pl: legacy }\n',
    'cgi-bin': {},
  });
  writeFileSync(
    join(folder, 'cgi-bin/odd.pl'),
    "#!/usr/bin/perl\r\n# gr\xfc\xdfe\r\nparam('stra\xdfe');\r\nprint <<X;\r\n\xe9\r\nX\r\nprint 'open",
    'latin1',
  );
  const { code, stdout } = await banyan(folder, ['port', 'new', '/cgi-bin/odd.pl']);
  t.equal(code, 0);
  t.match(stdout, /parameters {2}straße\n.*unclear {5}what begins here.*odd\.pl:7/s);
  t.match(read(folder, 'ports/odd.ts'), "'stra\\xdfe': params.get('stra\\xdfe'), // odd.pl:3");
  t.match(read(folder, 'ports/odd.ts'), ' *     grüße\n');
});
