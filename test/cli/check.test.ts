import { join } from 'node:path';
import t from 'tap';
import { banyan } from '../helpers/cli.ts';

const good = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
routes:
  help.pl: port
  view.pl: port 25%
  cart.pl: legacy
`;
const ports = { 'help.ts': 'export default 1;\n', 'view.ts': 'export default 1;\n' };

t.test('a good file is summed up in one line', async (t) => {
  const folder = t.testdir({ 'routes.yaml': good, ports });
  const ran = await banyan(folder, ['check']);
  t.same(ran, {
    stdout: 'routes.yaml: ok, 3 routes: 1 on the port, 1 split, 1 legacy\n',
    stderr: '',
    code: 0,
  });
});

t.test('what is wrong is printed to stdout, and the exit code is 1', async (t) => {
  const folder = t.testdir({ 'routes.yaml': good.replace('cart.pl: legacy', 'cart.pl: lagacy') });
  const { stdout, code } = await banyan(folder, ['check']);
  t.equal(code, 1);
  t.match(stdout, 'routes.yaml:6:12: error: cannot read target "lagacy" [bad-target]');
  t.match(stdout, /\nroutes\.yaml: 3 errors, 0 warnings\n$/);
});

t.test('warnings alone are exit code 0', async (t) => {
  const folder = t.testdir({ 'routes.yaml': good.trimEnd(), ports });
  const { stdout, code } = await banyan(folder, ['check']);
  t.equal(code, 0);
  t.match(stdout, 'ok, 3 routes: 1 on the port, 1 split, 1 legacy (0 errors, 1 warning)');
});

t.test('the file can be named, or come from BANYAN_ROUTES', async (t) => {
  const folder = t.testdir({ 'a.yaml': good, ports });
  t.equal((await banyan(folder, ['check', 'a.yaml'])).code, 0);
  t.equal((await banyan(t.testdirName, ['check'], { BANYAN_ROUTES: join(folder, 'a.yaml') })).code, 0);
});

t.test('--json is one document for editors', async (t) => {
  const folder = t.testdir({ 'routes.yaml': good.replace('25%', '125%'), ports });
  const { stdout, code } = await banyan(folder, ['check', '--json']);
  t.equal(code, 1);
  t.match(JSON.parse(stdout), {
    schema: 1,
    file: 'routes.yaml',
    ok: false,
    routes: null,
    findings: [
      {
        code: 'bad-percent',
        severity: 'error',
        line: 5,
        column: 12,
        length: 9,
        source: '  view.pl: port 125%',
      },
    ],
  });
});

t.test('a file that is not there is said without a stack', async (t) => {
  const { stdout, stderr, code } = await banyan(t.testdir({}), ['check']);
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, 'routes.yaml cannot be read: there is no such file');
  t.notMatch(stderr, /\n\s+at /);
});

t.test('BANYAN_DEBUG=1 shows the stack', async (t) => {
  const { stderr } = await banyan(t.testdir({}), ['check'], { BANYAN_DEBUG: '1' });
  t.match(stderr, /\n\s+at /);
});

t.test('routes in the shadow and retired ones are counted where there are some', async (t) => {
  const text = good.replace('cart.pl: legacy', 'cart.pl: retired\n  search.pl: legacy');
  const { stdout } = await banyan(t.testdir({ 'routes.yaml': text, ports }), ['check']);
  t.equal(stdout, 'routes.yaml: ok, 4 routes: 1 on the port, 1 split, 1 legacy, 1 retired\n');
});
