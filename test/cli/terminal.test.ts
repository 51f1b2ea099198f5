import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const file = `legacy: http://127.0.0.1:8080
routes:
  /help.pl: legacy
  /reports/quarterly.pl: { to: legacy, timeout: 5m }
`;
const folderOf = (t: Test, routes = file): string => t.testdir({ 'routes.yaml': routes });

/** Runs banyan on a terminal of so many columns (util-linux's script makes one), and gives what stands on it. */
async function onTerminal(folder: string, columns: number, args: string, env = {}): Promise<string> {
  const command = `stty cols ${columns}; ${process.execPath} ${main} ${args}`;
  // Node gives no colours where CI is set and is none that it knows (tty.WriteStream.getColorDepth).
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { ...rest, LC_ALL: 'C.UTF-8', TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (await text(child.stdout)).replaceAll('\r\n', '\n');
}

t.test('--color wins over the environment and over what stdout is, for stdout and stderr', async (t) => {
  const folder = folderOf(t, file.replace('help.pl: legacy', 'help.pl: lagacy'));
  const colours = async (args: string[], env: Record<string, string>) => {
    const check = await banyan(folder, ['check', ...args], env);
    const routes = await banyan(folder, ['routes', ...args], env);
    t.equal(check.stderr, '', 'no warning of Node either');
    return [check.stdout, routes.stderr].map((out) => out.includes('\x1b['));
  };
  t.same(await colours([], {}), [false, false], 'NO_COLOR, and no terminal');
  t.same(await colours(['--color', 'always'], { NO_COLOR: '1' }), [true, true]);
  t.same(await colours(['--color=never'], { NO_COLOR: '', FORCE_COLOR: '1' }), [false, false]);
  t.same(await colours(['--color=auto'], { NO_COLOR: '' }), [false, false]);
});

t.test('a terminal gets colours, and those columns of a table that fit', async (t) => {
  const folder = folderOf(t);
  t.equal(
    await onTerminal(folder, 58, 'routes --color never'),
    `NAME               KEY                    TARGET  …
help               /help.pl               legacy
reports.quarterly  /reports/quarterly.pl  legacy
`,
  );
  t.match(await onTerminal(folder, 60, 'routes'), '\x1b[1mNAME');
  t.notMatch(await onTerminal(folder, 60, 'routes', { NO_COLOR: '1' }), '\x1b[');
  t.match(await onTerminal(folder, 60, 'routes --wide'), 'PORT FILE');
  t.match(await onTerminal(folder, 120, 'routes'), 'PORT FILE');
  t.match(await onTerminal(folder, 3, 'routes --color never'), /^NAME +…\nhelp\n/, 'one column at least');
});

t.test('--ascii has words instead of symbols, in a UTF-8 locale too', async (t) => {
  t.match(await onTerminal(folderOf(t), 58, 'routes --ascii --color never'), /TARGET {2}\.\.\.\n/);
});

t.test('a control character of the file never reaches the terminal', async (t) => {
  const folder = folderOf(t, file + '  "/x\\e[2J\\x9b31m.pl": legacy\n  "/a\\u202eb.pl": legacy\n');
  for (const args of [['check'], ['routes'], ['routes', '--json'], ['flip', '/x\x1b[2J', 'port']]) {
    const { stdout, stderr } = await banyan(folder, [...args, '--color', 'never']);
    t.notMatch(stdout + stderr, /[^\P{Cc}\n]|\u202e/u, args.join(' '));
  }
});

t.test('nobody reads what is printed: that is no failure, and what was found is still told', async (t) => {
  const many = Array.from({ length: 5_000 }, (_, at) => `  /r${at}.pl: legacy\n`).join('');
  const unread = (stream: 'stdout' | 'stderr', folder: string, ...args: string[]) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder });
    child[stream].destroy(); // long before anything is written
    const other = text(stream === 'stdout' ? child.stderr : child.stdout);
    const closed = new Promise((done) => child.on('close', done));
    return Promise.all([closed, other]);
  };
  const folder = folderOf(t, file + many);
  t.same(await unread('stdout', folder, 'routes'), [0, '']);
  t.same(await unread('stdout', folder, 'routes', '--json'), [0, '']);
  t.same(await unread('stderr', folder, 'chek'), [2, '']);
  t.same(await unread('stdout', t.testdir({ 'routes.yaml': 'routes: [' }), 'check'), [1, '']);
});

t.test('a full disk is said in words', async (t) => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [main, 'routes'], {
    cwd: folderOf(t),
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const closed = new Promise((done) => child.on('close', done));
  t.match(
    await text(child.stderr as NodeJS.ReadableStream),
    /^banyan: stdout cannot be written: ENOSPC[^\n]*\n$/,
  );
  t.equal(await closed, 1);
});
