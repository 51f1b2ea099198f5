import type { Command } from 'commander';
import t from 'tap';
import { everyCommand, makeProgram } from '../../src/cli/program.ts';
import { banyan } from '../helpers/cli.ts';

const program = makeProgram();
const verbs = everyCommand(program).filter((command) => command !== program);
const wordsOf = (command: Command): string[] =>
  command.parent === null ? [] : [...wordsOf(command.parent), command.name()];

for (const verb of verbs) {
  const words = wordsOf(verb);
  t.test(`banyan ${words.join(' ')} says what it does, how it is typed and how it ends`, async (t) => {
    const { stdout, stderr, code } = await banyan(t.testdir({}), [...words, '--help']);
    t.equal(code, 0);
    t.equal(stderr, '');
    t.not(verb.description(), '');
    t.match(stdout, `\nExamples:\n  `);
    t.match(stdout, new RegExp(`\\n  .*banyan ${words.join(' ')}`), 'an example of this very verb');
    t.match(stdout, /\nExit codes:\n {2}0 {2}/);
    t.match(stdout, /\n {2}2 {2}wrong usage/);
    const widest = Math.max(...stdout.split('\n').map((line) => line.length));
    t.ok(widest <= 100, `${widest} columns`);
    t.same((await banyan(t.testdir({}), ['help', ...words])).stdout, stdout, 'banyan help says the same');
    t.same((await banyan(t.testdir({}), [...words, '-h'])).stdout, stdout, 'and so does -h');
    for (const option of verb.options) t.not(option.description, '', option.flags);
    for (const argument of verb.registeredArguments) t.not(argument.description, '', argument.name());
  });

  t.test(`banyan ${words.join(' ')} refuses what it does not know`, async (t) => {
    const { stdout, stderr, code } = await banyan(t.testdir({}), [...words, '--no-such-flag']);
    t.equal(code, 2);
    t.equal(stdout, '');
    t.match(stderr, /^banyan: .* knows no option "--no-such-flag"\n {2}= help: /);
  });
}

t.test('whatever says something can say it as JSON', async (t) => {
  const others = ['start', 'host', 'completion', 'help', 'port']; // `port` only has verbs below it
  for (const verb of verbs.filter((each) => !others.includes(each.name())))
    t.ok(
      verb.options.some(({ long }) => long === '--json'),
      wordsOf(verb).join(' '),
    );
});

t.test('all verbs fit on one small screen, in their groups', async (t) => {
  const { stdout, code } = await banyan(t.testdir({}), ['--help']);
  t.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  t.ok(lines.length <= 24, `${lines.length} lines`);
  t.ok(lines.every((line) => line.length <= 80));
  for (const verb of program.commands)
    t.match(stdout, new RegExp(`\n(?:About)?  (?:.*  )?${verb.name()}[ \n]`), verb.name());
  t.match(stdout, /\nLook\n {2}check .*\n(?: {2}.*\n)+Change\n {2}flip .*\n(?: {2}.*\n)*Run\n {2}start /);
  t.equal((await banyan(t.testdir({}), ['help'])).stdout, stdout);
});

t.test('banyan alone is wrong usage: in a script it is a variable that was empty', async (t) => {
  const { stdout, stderr, code } = await banyan(t.testdir({}), []);
  t.equal(code, 2);
  t.equal(stdout, '');
  t.match(stderr, /^Usage: banyan VERB/);
});

t.test('wrong usage is said in a sentence, with what was meant', async (t) => {
  const cases: [string[], string, string][] = [
    [['chek'], 'there is no verb "chek"', 'did you mean check?'],
    [['help', 'chek'], 'there is no verb "chek"', 'did you mean "check"?'],
    [['--colr'], 'there is no option "--colr"', 'did you mean --color?'],
    [['routes', '--jsno'], 'routes knows no option "--jsno"', 'did you mean --json?'],
    [['sessions', '--wach'], 'sessions knows no option "--wach"', 'did you mean --watch?'],
    [['explain'], 'explain needs METHOD', 'banyan explain --help shows what there is'],
    [['explain', 'GET'], 'explain needs URL', 'banyan explain --help shows what there is'],
    [['routes', 'a', 'b'], 'too many words for routes: a, b', 'banyan routes --help shows what there is'],
    [['start', '--log'], '--log <level> has no value', 'banyan start --help shows what there is'],
    [['start', '--log', 'inf'], '--log cannot be "inf"', 'did you mean "info"?'],
    [['routes', '--color', 'no'], '--color cannot be "no"', 'write auto, always, never'],
    [['sessions', '--by', 'wait'], '--by cannot be "wait"', 'did you mean "waits"?'],
    [
      ['history', '--limit', 'x'],
      '--limit cannot be "x": write a number from 1 to 999999',
      'banyan history --help shows what there is',
    ],
    [['completion', 'bsh'], 'the shell cannot be "bsh"', 'did you mean "bash"?'],
  ];
  for (const [args, sentence, help] of cases) {
    const { stdout, stderr, code } = await banyan(t.testdir({}), args);
    t.equal(code, 2, args.join(' '));
    t.equal(stdout, '');
    t.equal(stderr, `banyan: ${sentence}\n  = help: ${help}\n`);
  }
});

t.test('the version is said by --version, -V and a verb, and as JSON with that of Node', async (t) => {
  const said = `banyan 0.1.0, Node ${process.versions.node}\n`;
  for (const args of [['--version'], ['-V'], ['version'], ['check', '-V']])
    t.same(await banyan(t.testdir({}), args), { code: 0, stderr: '', stdout: said }, args.join(' '));
  const { stdout } = await banyan(t.testdir({}), ['version', '--json']);
  t.same(JSON.parse(stdout), { schema: 1, banyan: '0.1.0', node: process.versions.node });
});
