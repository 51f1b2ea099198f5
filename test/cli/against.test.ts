import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
routes:
  help.pl: legacy
  view.pl: legacy
  POST cart.pl?action=add: legacy
  oldreport.pl: legacy
  /**: legacy
`;
const line = (request: string, status = 200): string =>
  `10.0.0.7 - - [24/Nov/2026:10:00:00 +0000] "${request} HTTP/1.1" ${status} 12 "-" "Mozilla/5.0"\n`;
const log = [
  ...Array.from({ length: 1_200 }, () => line('GET /cgi-bin/help.pl')),
  line('GET /cgi-bin/view.pl?sku=7'),
  line('GET /cgi-bin/view.pl/sku/7'),
  line('GET /cgi-bin/cart.pl'),
  line('POST /cgi-bin/cart.pl?action=add'),
  line('GET /wp-login.php', 404),
  line('GET /a%2Fb', 404),
  '10.0.0.7 - - [24/Nov/2026:10:00:00 +0000] "-" 408 - "-" "-"\n',
].join('');
const folderOf = (t: Test): string => t.testdir({ 'routes.yaml': file, 'access.log': log });

t.test('--against says what a log meets', async (t) => {
  const ran = await banyan(folderOf(t), ['check', '--against', 'access.log']);
  t.equal(ran.stderr, '');
  t.equal(ran.code, 0);
  t.equal(
    ran.stdout.slice(ran.stdout.indexOf('routes.yaml: ok')),
    `routes.yaml: ok, 5 routes: 0 on the port, 0 split, 5 legacy (0 errors, 1 warning)

1,206 requests in the log, 1 line without one, 1 that the gateway refuses, whatever the routes
ROUTE  REQUESTS  SHARE
help   1,200     99.5%
view   2         0.2%
rest   2         0.2%

0.2% of the requests meet only "/**":
 1  GET /cgi-bin/cart.pl  near it: "POST cart.pl?action=add"
 1  answered with 404

with PATH_INFO, which these routes take too (a $ behind the script refuses it):
 1  "view.pl"  such as /cgi-bin/view.pl/sku/7

not counted: 1 request that only parameters in the body tell apart, which no log holds; perhaps for cart.add.post
never asked for: oldreport
`,
  );
});

t.test('several logs, compressed ones among them, are one', async (t) => {
  const folder = t.testdir({ 'routes.yaml': file, 'access.log': log, 'access.log.1.gz': gzipSync(log) });
  const { stdout } = await banyan(folder, [
    'check',
    'routes.yaml',
    '--json',
    '--against',
    'access.log',
    'access.log.1.gz',
  ]);
  t.match(JSON.parse(stdout), {
    schema: 1,
    ok: true,
    against: {
      logs: ['access.log', 'access.log.1.gz'],
      unreadable: 2,
      coverage: { requests: 2_412, refused: 2, rest: '/**', neverSeen: ['oldreport'] },
    },
  });
});

t.test('hostile bytes of a log are printed harmlessly', async (t) => {
  const hostile = [line('GET /\\x1b]0;mine\\x07'), line('GET /\x9b31m'), line('GET /\u202e%1b[2J')].join('');
  const folder = t.testdir({ 'routes.yaml': file, 'a\x1b[31m.log': Buffer.from(hostile) });
  const ran = await banyan(folder, ['check', '--against', 'a\x1b[31m.log']);
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stdout, /GET \/%C2%9B31m\n/);
  t.notMatch(ran.stdout, /[^\n\x20-\x7e]/);
});

t.test('a log that cannot be read, or is none, is exit code 3, and says so', async (t) => {
  const folder = folderOf(t);
  for (const [name, reason] of [
    ['nowhere', 'there is no such file'],
    ['.', 'it is a folder'],
    ['routes.yaml', 'no request stands in any line of routes.yaml'],
  ] as const) {
    const { code, stderr, stdout } = await banyan(folder, ['check', '--against', name]);
    t.equal(code, 3);
    t.equal(stdout, '');
    t.match(stderr, reason);
  }
});

t.test('with errors in the file no log is read', async (t) => {
  const folder = t.testdir({ 'routes.yaml': file.replace('view.pl: legacy', 'view.pl: lagacy') });
  const { code, stderr } = await banyan(folder, ['check', '--against', 'nowhere']);
  t.equal(code, 1);
  t.equal(stderr, '');
});

t.test('a log is read from stdin as it comes, and Ctrl-C says how far', async (t) => {
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn(process.execPath, [main, 'check', join(folderOf(t), 'routes.yaml'), '--against', '-']);
  t.teardown(() => child.kill('SIGKILL'));
  const said = text(child.stderr);
  const ended = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
  // More than a pipe holds: when all of it is gone, some of it has been read.
  await new Promise((done) => child.stdin.write(log.repeat(20), done));
  child.kill('SIGINT');
  t.equal(await ended, 130);
  t.match(await said, /^banyan: stopped after [\d,]+ requests; nothing was changed\n$/);
});
