import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';
import { until } from '../helpers/shop.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const routes = `legacy: http://127.0.0.1:8080
routes:
  /view.pl: legacy
  /**: legacy
`;

/** A folder with `banyan`, a file, and another one whose name has a blank. */
function shellFolder(t: Test): string {
  const folder = t.testdir({ 'routes.yaml': routes, 'my log': '' });
  writeFileSync(join(folder, 'banyan'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(folder, 'banyan'), 0o755);
  return folder;
}
const environment = (folder: string) => ({
  ...process.env,
  PATH: `${folder}:${process.env['PATH']}`,
  NO_COLOR: '1',
  PS1: '$ ',
  TERM: 'dumb',
});

/** Types at a bash on a terminal, and waits for each answer before it goes on. */
async function type(t: Test, steps: readonly (readonly [keys: string, shown: string])[]): Promise<void> {
  const cwd = shellFolder(t);
  const env = environment(cwd);
  const child = spawn('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], { cwd, env });
  t.teardown(() => child.kill('SIGKILL'));
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  const ready: [string, string] = [' eval "$(banyan completion bash)"; echo rea""dy\n', 'ready\r\n'];
  for (const [keys, shown] of [ready, ...steps]) {
    screen = '';
    child.stdin.write(keys);
    await until(`"${shown}" is on the screen`, () => screen.includes(shown)).catch(() => undefined);
    t.match(screen, shown, JSON.stringify(keys));
  }
}
const clear = '\x15'; // Ctrl-U

t.test('bash completes verbs, flags, routes, targets and files', (t) =>
  type(t, [
    ['banyan fl\t', 'banyan flip '],
    ['vi\t', 'view '],
    ['ret\t', 'retired '],
    ['--dr\t', '--dry-run '],
    [`${clear}banyan start --log=in\t`, '--log=info '],
    [`${clear}banyan check --against my\t`, 'my\\ log '],
    [`${clear}banyan flip view 'port 2\t`, "'port 25%' "],
    [`${clear}banyan flip --file 'rou\t`, "'routes.yaml' "],
  ]),
);

t.test('what comes back is never evaluated: names of bash itself are plain words', async (t) => {
  const folder = t.testdir({});
  const script = `${(await banyan(folder, ['completion', 'bash'])).stdout}
fake() { printf '%s\\n' '$(touch pwned)' '*' "it's"; }
COMP_WORDS=(fake flip '') COMP_CWORD=2
_banyan fake
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
  t.equal(stderr, '');
  t.equal(stdout, "\\$\\(touch\\ pwned\\)\n\\*\nit\\'s\n");
});

const own = { bash: 'compopt -o default', zsh: '_files', fish: '__fish_complete_path' };
for (const [shell, files] of Object.entries(own)) {
  t.test(`the script for ${shell} is one that ${shell} reads`, async (t) => {
    const { stdout, code } = await banyan(t.testdir({}), ['completion', shell]);
    t.equal(code, 0);
    t.match(stdout, ' __complete ', 'it asks banyan');
    t.match(stdout, files, 'and leaves files to the shell');
    t.match(stdout, new RegExp(`\\n#   .*banyan completion ${shell}`), 'it says what to do with it');
    t.notMatch(stdout, /^[^#]*\beval\b/m, 'and evaluates nothing');
    const { status, stderr, error } = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' });
    if (error !== undefined) t.comment(`${shell} is not installed`);
    else t.equal(status, 0, stderr);
  });
}
