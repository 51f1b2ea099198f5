// Why `banyan host` does not begin. How it serves is in test/story/52-host-elsewhere.test.ts.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { banyan } from '../helpers/cli.ts';

const routes = 'legacy: http://127.0.0.1:8080\nroutes:\n  /**: legacy\n';
const withSession = `session: { store: 'mysql://shop:secret@127.0.0.1:1/shop' }\n${routes}`;
const folder = mkdtempSync(join(tmpdir(), 'banyan-host-test-')); // short, as the name of a socket has to be
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('a host that cannot begin says why', async (t) => {
  writeFileSync(join(folder, 'routes.yaml'), withSession);
  writeFileSync(join(folder, 'bare.yaml'), routes);
  writeFileSync(join(folder, 'wrong.yaml'), 'routes: 1\n');
  writeFileSync(join(folder, 'file'), 'kept');
  symlinkSync('file', join(folder, 'link'));
  const socketPath = join(folder, 'socket');
  const server = createServer((socket) => socket.end());
  await new Promise<void>((up) => server.listen(socketPath, up));
  t.teardown(() => server.close());
  const { port: tcpPort } = await new Promise<{ port: number }>((up) => {
    const other = createServer().listen(0, '127.0.0.1', () => up(other.address() as { port: number }));
    t.teardown(() => other.close());
  });

  const cases: [string, string[], number, RegExp][] = [
    ['no session', ['bare.yaml', '--listen', '127.0.0.1:0'], 1, /bare\.yaml has no "session".*\n.*mysql:/],
    ['errors', ['wrong.yaml', '--listen', '127.0.0.1:0'], 1, /wrong\.yaml: \d+ errors/],
    ['no place', [], 2, /not said where to listen\n.*--listen unix:/],
    ['no whole path', ['--listen', 'unix:ports.sock'], 2, /no whole path/],
    ['no address', ['--listen', '9000'], 2, /cannot read --listen "9000"\n.*unix:\/run\/ports\.sock/],
    ['somebody there', ['--listen', `unix:${socketPath}`], 1, /somebody listens at .*socket already/],
    ['a file there', ['--listen', `unix:${folder}/file`], 1, /is no socket/],
    ['a link there', ['--listen', `unix:${folder}/link`], 1, /is no socket/],
    ['no folder', ['--listen', `unix:${folder}/no/socket`], 1, /cannot listen: .*no\/socket/],
    ['a name too long', ['--listen', `unix:/${'x'.repeat(107)}`], 1, /no more than 107 bytes/],
    ['a TCP port in use', ['--listen', `127.0.0.1:${tcpPort}`], 1, /cannot listen: .*EADDRINUSE/],
  ];
  for (const [what, args, code, message] of cases) {
    const ran = await banyan(folder, ['host', ...args]);
    t.match(ran, { code, stderr: message, stdout: '' }, what);
    t.notMatch(ran.stderr, 'secret', what);
  }
});
