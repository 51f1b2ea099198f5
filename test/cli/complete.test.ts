import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeProgram } from '../../src/cli/program.ts';
import { parseTarget } from '../../src/routing/target.ts';
import { banyan } from '../helpers/cli.ts';

const file = `legacy: http://127.0.0.1:8080
routes:
  /cgi-bin/view.pl: legacy
  /cgi-bin/voucher.pl: legacy
  "/cgi-bin/it's $HOME.pl": { to: legacy, name: odd }
  /**: legacy
`;
const folderOf = (t: Test): string => t.testdir({ 'routes.yaml': file.replace(' $HOME', '%20$HOME') });

/** What stands there after a Tab, without what it means. */
async function tab(
  folder: string,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<string[]> {
  const { stdout, stderr, code } = await banyan(folder, ['__complete', ...words], env);
  if (stderr !== '' || code !== 0) throw new Error(`a Tab ended with ${code}: ${stderr}`);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

t.test('verbs, flags and their words come from the declarations', async (t) => {
  const folder = t.testdir({});
  const verbs = makeProgram().commands.map((verb) => verb.name());
  t.same(await tab(folder, ['']), verbs);
  t.same(await tab(folder, []), verbs);
  t.same(await tab(folder, ['fl']), ['flip']);
  t.same(await tab(folder, ['help', 'sess']), ['sessions']);
  t.same(await tab(folder, ['help', 'sessions', '']), ['decode']);
  t.same(await tab(folder, ['sessions', 'd']), ['decode']);
  t.same(await tab(folder, ['routes', '--j']), ['--json']);
  t.same(await tab(folder, ['routes', '--c']), ['--color'], 'and those of all verbs');
  t.same(await tab(folder, ['routes', '--json', '--j']), [], 'each once');
  t.same(await tab(folder, ['explain', 'GET', '/', '-H', 'a: b', '--h']), ['--header', '--help'], 'or more');
  t.same(await tab(folder, ['sessions', '--by', '']), ['last', 'waits', 'held', 'outside']);
  t.same(await tab(folder, ['start', '--log=w']), ['--log=warn']);
  t.same(await tab(folder, ['start', '--log', '=', 'w']), ['warn'], 'as bash takes it apart');
  t.same(await tab(folder, ['start', '--log', '=']), [
    'silent',
    'fatal',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
  ]);
  t.same(await tab(folder, ['completion', '']), ['bash', 'zsh', 'fish']);
  t.same(await tab(folder, ['--color', 'always', 'ver']), ['version'], 'a flag may stand before the verb');
  t.same(await tab(folder, ['--color', 'a']), ['auto', 'always']);
  t.match(await tab(folder, ['routes', 'x.yaml', '']), ['--json'], 'flags where nothing else can stand');
});

t.test('files are left to the shell', async (t) => {
  const folder = t.testdir({});
  for (const words of [
    ['check', ''],
    ['flip', '--file', 'r'],
    ['check', '--against', '/var'],
    ['routes', 'r'],
  ])
    t.same(await tab(folder, words), [':files'], words.join(' '));
});

t.test('routes come from the file, by names that need no quotes', async (t) => {
  const folder = folderOf(t);
  t.same(await tab(folder, ['flip', '']), ['cgi-bin.view', 'cgi-bin.voucher', 'odd', 'rest']);
  t.same(await tab(folder, ['rollback', 'o']), ['odd']);
  t.same(await tab(t.testdirName, ['flip', '--file', join(folder, 'routes.yaml'), 'o']), ['odd']);
  t.same(await tab(t.testdirName, ['flip', 'o'], { BANYAN_ROUTES: join(folder, 'routes.yaml') }), ['odd']);
  const { stdout } = await banyan(folder, ['__complete', 'flip', 'cgi-bin.vi']);
  t.equal(stdout, 'cgi-bin.view\t/cgi-bin/view.pl  legacy\n', 'with what they mean, for shells that show it');
});

t.test('a broken file has no routes, and is no error', async (t) => {
  t.same(await tab(t.testdir({ 'routes.yaml': 'routes: [' }), ['flip', '']), []);
  t.same(await tab(t.testdir({}), ['flip', '']), []);
});

t.test('a target is completed word by word, or in quotes', async (t) => {
  const folder = t.testdir({});
  t.same(await tab(folder, ['flip', 'view', '']), ['legacy', 'shadow', 'port', 'port,', 'retired']);
  t.same(await tab(folder, ['flip', 'view', 'port', '']), ['1%', '5%', '25%', '50%', '10%,']);
  t.same(await tab(folder, ['flip', 'view', 'port,', '']), ['shadow']);
  t.same(await tab(folder, ['flip', 'view', "'port 5"]), ['port 5%', 'port 50%']);
  t.same(await tab(folder, ['flip', 'view', 'port\\ 2']), ['port 25%']);
  t.same(await tab(folder, ['split', 'view', '']), ['1%', '5%', '25%', '50%']);
  const whole = await tab(folder, ['flip', 'view', "'port "]);
  for (const target of whole) t.doesNotThrow(() => parseTarget(target), target);
});

t.test('words of a visitor are words: nothing is obeyed', async (t) => {
  const folder = t.testdir({});
  t.same(
    await tab(folder, ['--version', '']),
    makeProgram().commands.map((verb) => verb.name()),
  );
  t.same(await tab(folder, ['flip', '--', '-']), []);
  t.same(await tab(folder, ['nosuch', '--he']), ['--help']);
});
