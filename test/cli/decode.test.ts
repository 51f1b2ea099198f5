import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { showValue } from '../../src/cli/show-value.ts';
import { banyan } from '../helpers/cli.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/perl');
const fixture = (name: string): string => join(fixtures, `${name}.bin`);
const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** Runs `sessions decode` with these bytes on stdin; gives back the bytes that it wrote. */
function decodeStdin(input: Buffer, ...args: string[]): { stdout: Buffer; status: number | null } {
  return spawnSync(process.execPath, [main, 'sessions', 'decode', '-', ...args], { input });
}

t.test('banyan sessions decode shows what is in a session', async (t) => {
  const { code, stdout } = await banyan('.', ['sessions', 'decode', fixture('cart.cgisession-default')]);
  t.equal(code, 0);
  t.match(stdout, /^_SESSION_ID = "0123456789abcdef0123456789abcdef"$/m);
  t.match(stdout, /^cart = \[\n {2}\{ price => "19\.90", sku => "A-1", qty => 2 \},$/m);
  const json = await banyan('.', ['sessions', 'decode', fixture('cart.cgisession-default'), '--json']);
  t.match(JSON.parse(json.stdout), { schema: 1, format: 'dumper', data: { _SESSION_ID: String } });
});

t.test('--format reads with that codec, and a slip in its name is understood', async (t) => {
  const file = fixture('cart.cgisession-storable');
  t.match(await banyan('.', ['sessions', 'decode', file, '--format', 'storable-native', '--json']), {
    code: 0,
    stdout: /"format": "storable-native"/,
  });
  t.match(await banyan('.', ['sessions', 'decode', file, '--format', 'dumper']), {
    code: 1,
    stdout: '',
    stderr: /byte 0.*\n.*is it dumper\?/,
  });
  t.match(await banyan('.', ['sessions', 'decode', file, '--format', 'storable-nativ']), {
    code: 2,
    stderr: /unknown format "storable-nativ"\n.*did you mean "storable-native"\?/,
  });
});

t.test('--reencode writes the very bytes, whatever they are', async (t) => {
  for (const kind of ['cgisession-default', 'cgisession-storable', 'apachesession-base64', 'yaml-xs']) {
    for (const what of ['cart', 'strings', 'latin1', 'blessed']) {
      const name = readdirSync(fixtures).find((each) => each === `${what}.${kind}.bin`);
      if (name === undefined) continue;
      const bytes = readFileSync(join(fixtures, name));
      t.same(decodeStdin(bytes, '--reencode').stdout, bytes, name);
    }
  }
  const both = decodeStdin(Buffer.from('{}'), '--reencode', '--json');
  t.equal(both.status, 2);
});

t.test('what is no session is refused with the place', async (t) => {
  const folder = t.testdir({ bad: "$D = {'a' => system('ls')};;$D" });
  t.match(await banyan('.', ['sessions', 'decode', join(folder, 'bad')]), {
    code: 1,
    stdout: '',
    stderr: /byte/,
  });
  t.match(await banyan('.', ['sessions', 'decode', join(folder, 'none')]), {
    code: 2,
    stderr: /cannot be read/,
  });
});

t.test('values are shown as Perl has them, and none can play tricks with a terminal', async (t) => {
  const cases: [Parameters<typeof showValue>[0], string][] = [
    [null, 'undef'],
    [-1.5, '-1.5'],
    ['17', '"17"'],
    ['say "hi"\n\\', '"say \\"hi\\"\\n\\\\"'],
    ['caf\xe9', '"caf\\xE9"'],
    [Buffer.from('caf\xe9', 'utf8').toString('latin1'), '"caf\xe9" (UTF-8 bytes)'],
    ['\u263a', '"\u263a"'],
    ['\x1b[2J\x9b\u202e\u2028\ud800', '"\\x1B[2J\\x9B\\x{202E}\\x{2028}\\x{D800}"'],
    [[], '[]'],
    [{ 'a b': [1, null], c: '' }, '{ "a b" => [ 1, undef ], c => "" }'],
    [Object.freeze({ opaque: true as const, summary: 'blessed \x07' }), '\u2039blessed \\x07\u203a'],
    [['x'.repeat(80)], `[\n  "${'x'.repeat(80)}",\n]`],
  ];
  for (const [value, expected] of cases) t.equal(showValue(value), expected);
});
