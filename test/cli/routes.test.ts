import t from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
session: { store: "mysql://shop:hunter2@db/shop" }
routes:
  help.pl: port
  POST cart.pl: { to: legacy, session: read, timeout: 5m }
  /**: legacy
`;

t.test('the routes are listed in columns', async (t) => {
  const folder = t.testdir({ 'routes.yaml': file, ports: { 'help.ts': 'export default 1;\n' } });
  const ran = await banyan(folder, ['routes']);
  t.same(ran, {
    code: 0,
    stderr: '',
    stdout: `NAME       KEY           TARGET  SESSION  TIMEOUT  PORT FILE
help       help.pl       port    write    30s      ports/help.ts
cart.post  POST cart.pl  legacy  read     5m       -
rest       /**           legacy  write    30s      -
`,
  });
});

t.test('--json has the same, and no password', async (t) => {
  const folder = t.testdir({ 'routes.yaml': file, ports: { 'help.ts': 'export default 1;\n' } });
  const { stdout } = await banyan(folder, ['routes', '--json']);
  t.match(JSON.parse(stdout), { schema: 1, routes: [{ name: 'help', target: 'port', line: 5 }, {}, {}] });
  t.notMatch(stdout, 'hunter2');
});

t.test('a file with errors is not listed: its errors go to stderr', async (t) => {
  const { stdout, stderr, code } = await banyan(t.testdir({ 'routes.yaml': file }), ['routes']);
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, '[no-such-port]');
});
