import fc from 'fast-check';
import t from 'tap';
import { Problem } from '../../src/errors.ts';
import {
  dumper2Codec,
  dumper3Codec,
  dumper40Codec,
  dumperCodec,
  dumperEvalCodec,
} from '../../src/perl/dumper.ts';
import { codecContract } from '../contract/codec.ts';
import { formatCalled, readAs } from '../contract/codec-formats.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

const dialects = [dumper2Codec, dumper3Codec, dumper40Codec, dumperEvalCodec];
for (const { name } of dialects) codecContract(t, formatCalled(name));

t.test('a line feed makes a session unreadable for CGI::Session 3.x, so none is ever written', async (t) => {
  t.throws(() => dumper3Codec.decode(bytes("{a => 'x\ny'}")), {
    code: 'SESSION_UNREADABLE',
    message: /byte 8: a line feed/,
  });
  const written = dumper3Codec.encode({ a: 'x\ny\xe9', 'b\nc': '\n' }, null);
  t.equal(written.toString('latin1'), '{a => "x\\ny\\x{e9}","b\\nc" => "\\n"}');
  t.same(readAs('dumper-3', [written]), [['hash', ['a', 'x\ny\xe9'], ['b\nc', '\n']]]);
});

t.test('what Perl takes for a block is refused', async (t) => {
  for (const text of ['{-1 => 1}', '{a::b => 1}']) {
    t.throws(() => dumper3Codec.decode(bytes(text)), { code: 'SESSION_UNREADABLE', message: /block/ }, text);
    t.ok('error' in (readAs('dumper-3', [bytes(text)])[0] as object), `${text} in Perl`);
  }
  t.equal(dumper3Codec.encode({ '-1': 1, 'a::b': 2 }, null).toString(), "{'-1' => 1,'a::b' => 2}");
  t.same(dumper40Codec.decode(bytes('$D = {-1 => 1,a::b => 2};')), { '-1': 1, 'a::b': 2 });
});

t.test('words that Perl finds too long are refused, and never written', async (t) => {
  for (const [length, readable] of [
    [252, true],
    [253, false],
  ] as const) {
    const text = bytes(`$D = {${'k'.repeat(length)} => 1};`);
    t.equal('error' in (readAs('dumper-4.0', [text])[0] as object), !readable);
    if (readable) t.same(dumper40Codec.decode(text), { ['k'.repeat(length)]: 1 });
    else t.throws(() => dumper40Codec.decode(text), { code: 'SESSION_UNREADABLE' });
  }
  t.match(dumper40Codec.encode({ ['k'.repeat(300)]: 1 }, null).toString(), /^\$D = \{'k/);
});

t.test('a path is what Perl reads there while nothing is there yet', async (t) => {
  const text = bytes(
    `$data = {'a' => $data,'b' => [$data->{'x'}{'y'},$data->{'x'}],'c' => $data->{'l'}[2][0],'d' => $data->{'l'},'e' => $data};`,
  );
  const vivified = { x: {}, l: [null, null, []] };
  const data = dumper2Codec.decode(text);
  t.same(data, { a: vivified, b: [null, {}], c: null, d: [null, null, []], e: vivified });
  t.same(dumper2Codec.encode(data, text), text);
  const after = dumper2Codec.encode({ ...data, new: 1 }, text);
  t.equal(
    after.toString(),
    `$data = {'a' => {'x' => {},'l' => [undef,undef,[]]},'b' => [undef,{}],'c' => undef,'d' => [undef,undef,[]],'e' => {'x' => {},'l' => [undef,undef,[]]},'new' => 1};`,
  );
  t.same(
    readAs('dumper-2', [after])[0],
    (readAs('dumper-2', [text])[0] as unknown as unknown[]).concat([['new', 1]]),
  );
});

const own = `$VAR1 = {
          'a' => [
                   1,
                   {
                     'b' => 'x
y'
                   }
                 ],
          'c' => {},
          'd' => 'z'
        };
`;

t.test('a text of the script’s own keeps its layout', async (t) => {
  const data = dumperEvalCodec.decode(bytes(own));
  t.same(data, { a: [1, { b: 'x\ny' }], c: {}, d: 'z' });
  t.equal(dumperEvalCodec.encode(data, bytes(own)).toString(), own);
  t.equal(
    dumperEvalCodec.encode({ ...data, a: [1, { b: 'q' }, []], e: [[2]] }, bytes(own)).toString(),
    own
      .replace('x\ny', 'q')
      .replace('                   }\n', '                   },\n                   []\n')
      .replace(
        "'z'\n",
        `'z',
          'e' => [
                   [
                     2
                   ]
                 ]
`,
      ),
  );
});

t.test('whatever name, blanks and Purity a script chose', async (t) => {
  const same = { a: 1, b: ['x'] };
  for (const text of [
    `$session = {a => 1,'b' => ["x"]};`,
    `{ 'a' => 1, 'b' => [ 'x', ], }\n`,
    `$VAR1 = {'a' => 1,'b' => ['x']};`,
  ]) {
    const data = dumperEvalCodec.decode(bytes(text));
    t.same(data, same, text);
    t.equal(dumperEvalCodec.encode(data, bytes(text)).toString(), text);
    const grown = dumperEvalCodec.encode({ ...data, c: 'new' }, bytes(text));
    t.same(readAs('dumper-eval', [grown]), [['hash', ['a', 1], ['b', ['array', 'x']], ['c', 'new']]], text);
  }
  const pure = `$VAR1 = {
  'a' => [],
  'b' => {}
};
$VAR1->{'a'} = $VAR1->{'b'};
`;
  const data = dumperEvalCodec.decode(bytes(pure));
  t.match(data, { a: { summary: 'shared or cyclic' }, b: { summary: 'shared or cyclic' } });
  t.equal(
    dumperEvalCodec.encode({ ...data, c: 1 }, bytes(pure)).toString(),
    pure.replace('{}\n', "{},\n  'c' => 1\n"),
  );
});

t.test('what would do more than hold a session is refused', async (t) => {
  for (const text of [
    `$VAR1 = {'a' => system('id')};`,
    `$VAR1 = {'a' => "$x"};`,
    `$VAR1 = {'a' => 1}; system('id');`,
    `$VAR1 = {'a' => 1};\n# x`,
    `$VAR1 = {a() => 1};`,
    `$VAR1 = {'a' => @x};`,
    `$1 = {};`,
    `$VAR1 = {'a' => $VAR11};`,
    `$VAR1 = {'a' => $VAR1->foo};`,
  ]) {
    t.throws(() => dumperEvalCodec.decode(bytes(text)), { code: 'SESSION_UNREADABLE' }, text);
  }
});

t.test(
  'paths that reach far do not fill the memory, nor is what they read compared over and over',
  async (t) => {
    const before = process.memoryUsage().rss;
    const started = process.cpuUsage();
    const far = Array.from({ length: 20_000 }, (_, n) => `$data->{'k${n}'}[9999]{'x'}`);
    const many = [`$data->{'x'}[9999]{'x'}`, ...Array.from({ length: 20_000 }, () => `$data->{'x'}`)];
    for (const paths of [far, many]) {
      const text = bytes(`$data = {'a' => [${paths.join(',')}]};`);
      const data = dumper2Codec.decode(text);
      t.equal((data['a'] as unknown[]).length, paths.length);
      t.same(dumper2Codec.encode(data, text), text);
    }
    t.ok(process.memoryUsage().rss - before < 500 * 2 ** 20, 'Perl would have filled 1.6 GB');
    t.ok(process.cpuUsage(started).user < 5e6);
  },
);

t.test('deep and long texts of all dialects take moments', async (t) => {
  const started = process.cpuUsage();
  for (const codec of [dumperCodec, ...dialects]) {
    for (const unit of [
      '{',
      '[',
      '$data',
      '$VAR1->',
      '${',
      '{a => ',
      '\n',
      ' ',
      'a::',
      '\\',
      '[$data->{a}[9999],',
    ]) {
      for (const opening of ['', '$data = {a => ', '{a => ', '$VAR1 = {a => ', '$VAR1 = {'])
        try {
          codec.decode(bytes(opening + unit.repeat(300_000 / unit.length)));
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
    }
  }
  t.ok(process.cpuUsage(started).user < 20e6);
});

t.test('any layout is kept when one key changes', async (t) => {
  const texts = fc.sample(
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ noUnicodeString: false }), {
      maxKeys: 5,
    }),
    { seed: 20261123, numRuns: 300 },
  );
  const plain = texts.map((text) =>
    JSON.parse(JSON.stringify(text, (_, v) => (typeof v === 'boolean' ? 'b' : v))),
  );
  const grown = plain.map((data) =>
    dumperEvalCodec.encode({ ...data, new: 1 }, dumperEvalCodec.encode(data, null)),
  );
  t.same(
    grown
      .map((text, at) => text.equals(dumperEvalCodec.encode({ ...plain[at], new: 1 }, null)))
      .includes(false),
    false,
  );
});
