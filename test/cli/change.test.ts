import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { textHash } from '../../src/config/text-hash.ts';
import { banyan } from '../helpers/cli.ts';

const file = (tcpPort: number): string => `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:${tcpPort}
routes:
  /view: { to: port 25%, port: view.ts }   # moved
  /cart: { to: port, port: view.ts }
`;
const folderOf = (t: Test, tcpPort = 1): string =>
  t.testdir({ 'routes.yaml': file(tcpPort), 'view.ts': 'export default 1;\n' });
const textOf = (folder: string): Promise<string> => readFile(join(folder, 'routes.yaml'), 'utf8');

/** Plays the admin listener of a gateway: `status` says each time what GET /config answers, or null for a 404. */
async function playGateway(t: Test, status: (folder: string, asked: number) => Promise<object | null>) {
  let asked = 0;
  let folder = '';
  const server = createServer((_, response) => {
    void status(folder, ++asked).then((answer) => {
      response.statusCode = answer === null ? 404 : 200;
      response.end(JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  folder = folderOf(t, (server.address() as AddressInfo).port);
  return folder;
}

t.test('it is said how soon the gateway ran it', async (t) => {
  const folder = await playGateway(t, async (at, asked) => ({
    hash: asked < 3 ? 'another' : textHash(await textOf(at)),
  }));
  t.match(await banyan(folder, ['flip', '/view', 'legacy']), {
    code: 0,
    stdout: /\n✔ rev 2, live in \d+ ms\. Undo: banyan rollback view\n$/,
  });
});

t.test('a gateway that refuses the file makes it exit code 1, with the reason', async (t) => {
  const findings = [{ line: 2, severity: 'error', message: '"admin" was changed' }];
  const folder = await playGateway(t, async (at) => ({
    hash: 'another',
    refused: { hash: textHash(await textOf(at)), findings },
  }));
  t.match(await banyan(folder, ['flip', '/view', 'legacy']), {
    code: 1,
    stdout: /to: legacy/,
    stderr:
      /✖ rev 2 is written, but the gateway refused it: line 2: "admin" was changed\. Undo: banyan rollback view\n/,
  });
});

t.test('one that runs another file is waited for 2 s and named', async (t) => {
  const folder = await playGateway(t, async () => ({ hash: 'another' }));
  const { stdout } = await banyan(folder, ['flip', '/view', 'legacy']);
  t.match(stdout, /▲ rev 2 is written; the gateway at 127\.0\.0\.1:\d+ does not run it\./);
});

t.test('one that is too old to say what it runs is not waited for', async (t) => {
  const folder = await playGateway(t, async () => null);
  t.match((await banyan(folder, ['flip', '/view', 'legacy'])).stdout, /does not run it\./);
});

t.test('who was overtaken by another change is told, and does not wait', async (t) => {
  const folder = await playGateway(t, async (at) => {
    await writeFile(join(at, 'routes.yaml'), 'changed again\n');
    return { hash: 'another' };
  });
  t.match(
    (await banyan(folder, ['flip', '/view', 'legacy'])).stdout,
    /✔ rev 2 is written; the file was changed again since/,
  );
});

/** Runs a verb on a terminal of its own and answers its question, after `meanwhile`. */
async function onTerminal(
  folder: string,
  args: string,
  answer: string,
  meanwhile = async (): Promise<void> => {},
) {
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn('script', ['-qec', `'${process.execPath}' '${main}' ${args}`, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const wasAsked = said.includes('apply?');
    said += String(chunk);
    if (!wasAsked && said.includes('apply?')) void meanwhile().then(() => child.stdin.write(answer));
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

t.test('on a terminal a move towards the port is shown and asked for', async (t) => {
  const folder = folderOf(t);
  const no = await onTerminal(folder, 'flip /view port', 'n\n');
  t.match(no, {
    code: 1,
    said: /- {3}\/view: \{ to: port 25%.*\r\n\+ {3}.*to: port,[^]*apply\? \[y\/N\] [^]*nothing was changed/,
  });
  t.equal(await textOf(folder), file(1));
  t.match(await onTerminal(folder, 'flip /view port', '\x04'), { code: 1 }, 'an end of input is no yes');
  t.equal(await textOf(folder), file(1));
  const yes = await onTerminal(folder, 'flip /view port', 'y\n');
  t.match(yes, { code: 0, said: /▲ rev 2 is written/ });
  t.equal(yes.said.match(/to: port,/g)?.length, 1, 'the lines are shown once');
});

t.test('what was shown must still be there when the answer comes', async (t) => {
  const folder = folderOf(t);
  const theirs = `${file(1)}# theirs\n`;
  const ran = await onTerminal(folder, 'flip /view port', 'y\n', () =>
    writeFile(join(folder, 'routes.yaml'), theirs),
  );
  t.match(ran, { code: 4, said: /was changed by somebody else meanwhile; read it again and repeat/ });
  t.equal(await textOf(folder), theirs);
});

t.test('Ctrl-C at the question changes nothing', async (t) => {
  const folder = folderOf(t);
  t.match(await onTerminal(folder, 'flip /view port', '\x03'), { code: 130, said: /nothing was changed/ });
  t.equal(await textOf(folder), file(1));
});

t.test('passwords are shown by no verb', async (t) => {
  const secret = 'mysql://shop:hunter2@127.0.0.1/shop?table=sessions';
  const text = `${file(1)}session: { store: "${secret}" }\n`;
  const folder = t.testdir({ 'routes.yaml': text, 'view.ts': 'export default 1;\n' });
  await banyan(folder, ['flip', '/view', 'legacy']);
  await writeFile(join(folder, 'routes.yaml'), text.replace('hunter2', 'hunter22'));
  for (const args of [
    ['rollback', '1', '--yes', '--dry-run'],
    ['history'],
    ['history', '--json'],
    ['rollback', '1', '--yes'],
  ]) {
    const ran = await banyan(folder, args);
    t.equal(ran.code, 0, ran.stderr);
    t.notMatch(ran.stdout + ran.stderr, 'hunter2', args.join(' '));
  }
  t.equal(await textOf(folder), text);
});
