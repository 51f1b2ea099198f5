import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
session: { store: "mysql://shop@db/shop" }
routes:
  view.pl: port 50%
  /**: legacy
`;
const folderOf = (t: Test): string =>
  t.testdir({ 'routes.yaml': file, ports: { 'view.ts': 'export default 1;\n' } });

t.test('the winning route, the losing ones, the side and the session are printed', async (t) => {
  const { stdout, code } = await banyan(folderOf(t), [
    'explain',
    'GET',
    '/cgi-bin/view.pl/7?a=b',
    '-b',
    'CGISESSID=5f3a9c',
  ]);
  t.equal(code, 0);
  t.match(stdout, '→ view   routes.yaml:5   "view.pl"   port 50%');
  t.match(stdout, '1. view.pl  wins: literal path, the rest is PATH_INFO');
  t.match(stdout, '2. /**      loses: less specific');
  t.match(stdout, 'side     port    session is in bucket 22.33 of 100, the port has 0-50');
  t.match(stdout, 'session  write   locked for the whole request');
});

t.test(
  'a cookie header, a whole URL and another spelling of the path are read as the gateway reads them',
  async (t) => {
    const args = [
      'explain',
      'GET',
      'http://shop.example/cgi-bin/./%76iew.pl',
      '-H',
      'Cookie: a=b; CGISESSID=5f3a9c',
    ];
    t.match((await banyan(folderOf(t), args)).stdout, 'session is in bucket 22.33 of 100');
  },
);

t.test('without a session the address of the client decides', async (t) => {
  const explain = (...args: string[]) =>
    banyan(folderOf(t), ['explain', 'GET', '/cgi-bin/view.pl', '--json', ...args]);
  const one = JSON.parse((await explain()).stdout) as { bucket: number };
  const other = JSON.parse((await explain('--from', '10.9.9.9')).stdout) as { bucket: number };
  t.type(one.bucket, 'number');
  t.not(one.bucket, other.bucket);
});

t.test('requests that cannot be read are exit code 2', async (t) => {
  const folder = folderOf(t);
  for (const args of [
    ['get', '/'],
    ['GET', '/a%2Fb'],
    ['GET', '/%zz'],
    ['GET', '/', '-b', 'x'],
    ['GET', '/', '-H', 'x'],
    ['GET'],
  ]) {
    const ran = await banyan(folder, ['explain', ...args]);
    t.equal(ran.code, 2, args.join(' '));
    t.equal(ran.stdout, '');
    t.not(ran.stderr, '');
  }
});
