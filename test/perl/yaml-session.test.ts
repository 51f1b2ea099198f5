import t from 'tap';
import type { Test } from 'tap';
import type { SessionData } from '../../src/session/session.ts';
import { yamlCodec, yamlSyckCodec, yamlXsCodec } from '../../src/perl/yaml-session.ts';
import { codecContract } from '../contract/codec.ts';
import { formatCalled, readAs } from '../contract/codec-formats.ts';
import { madeInPerl, readInPerl, viewOfValue } from '../contract/codec-perl.ts';

const codecs = [yamlCodec, yamlSyckCodec, yamlXsCodec];
for (const { name } of codecs) codecContract(t, formatCalled(name));

const read = (text: string, codec = yamlXsCodec) => codec.decode(Buffer.from(text));

t.test('objects are carried to another place in the text', async (t) => {
  const like = Buffer.from(
    '---\nlist:\n- !!perl/hash:C\n  a: |-\n    x\n      y\n  b:\n  - 1\n- !!perl/scalar:S |2-\n    x\n  y\n- !!perl/array:E []\nz: 1\n',
  );
  for (const codec of codecs) {
    const data = codec.decode(like);
    t.match(data['list'], [{ summary: 'blessed C' }, { summary: 'blessed S' }, { summary: 'blessed E' }]);
    const deeper = codec.encode({ list: { deep: [data['list'] as never] }, z: '1' } as SessionData, like);
    const [, , [, list] = []] = ['hash', ...(readAs(codec.name, [like])[0] as unknown as [][])] as never[][];
    const expected = ['hash', ['list', ['hash', ['deep', ['array', list]]]], ['z', '1']];
    t.same(readAs(codec.name, [deeper])[0], expected, deeper.toString());
    t.same(codec.encode(codec.decode(deeper), deeper), deeper);
  }
});

/** What Perl makes of values, and reads of it, is what we read. */
function readsAlike(t: Test, name: string, expressions: readonly string[]): void {
  const { codec, perl } = formatCalled(name);
  const images = madeInPerl(perl, expressions);
  const perls = readInPerl(perl, images);
  images.forEach((image, index) => t.same(viewOfValue(codec.decode(image)), perls[index], image.toString()));
}

t.test('keys of several lines, and what stands after them in the line of the colon', async (t) => {
  const keys = [`"two\\nlines"`, `"two\\nlines\\n"`, `"word " x 40`, `"\\n"`, `"a: b\\n"`, `"x" x 300`];
  const values = [
    `"v"`,
    'undef',
    '[1, [2]]',
    '[]',
    '{a => 1, b => [2]}',
    `{"x\\ny" => +{"word " x 40 => [3]}}`,
  ];
  for (const name of ['yaml-pm', 'yaml-syck', 'yaml-xs'])
    readsAlike(
      t,
      name,
      keys.flatMap((key) =>
        values.map((value) => `+{${key} => ${value}, l => [+{${key} => ${value}}], z => 1}`),
      ),
    );
});

t.test('carriage returns are text to YAML::Syck alone', async (t) => {
  const texts = [
    'a\\rb',
    'a\\r',
    '\\r',
    '\\ra',
    'a\\r\\r',
    'a \\r',
    '\\r~',
    'a:\\rb',
    'a\\r#b',
    "\\r\\r -  '",
  ];
  for (const name of ['yaml-pm', 'yaml-syck', 'yaml-xs'])
    readsAlike(
      t,
      name,
      texts.map((text) => `{k => "${text}", l => [1, "${text}"], "k${text}" => 1, z => 2}`),
    );
  for (const { codec } of [formatCalled('yaml-pm'), formatCalled('yaml-xs')])
    t.throws(() => read('---\nk: a\rb\n', codec), { message: /a carriage return/ });
  t.throws(() => read('---\nk: |\n  a\r\n  b\r\n', yamlSyckCodec), { message: /a carriage return/ });
});

t.test('to YAML.pm a no-break space is a blank, where Perl knows the text as characters', async (t) => {
  const texts = ['W', 'Wa', 'aW', 'aWb', ' W', 'aW:b', 'a:Wb', 'W~', 'WW', 'Wa\\n', 'a\\nW\\nb'];
  const blanks = ['\\x{a0}', '\\x{85}', '\\x{2003}'];
  const wide = blanks.flatMap((blank) => texts.map((text) => text.replaceAll('W', blank)));
  readsAlike(
    t,
    'yaml-pm',
    wide.map((text) => `{k => "${text}", l => [1, "${text}"], z => "\\x{263a}"}`),
  );
  readsAlike(
    t,
    'yaml-pm',
    texts.map((text) => `{k => "${text.replaceAll('W', '\\xa0')}", z => "caf\\xe9"}`),
  );
});

t.test('what is shared stays together', async (t) => {
  const like = Buffer.from('---\na: &1\n  n: 1\nb: *1\nc: 2\n');
  const data = read(like.toString());
  t.match(data, { a: { summary: 'shared or cyclic' }, b: { summary: 'shared or cyclic' }, c: '2' });
  t.equal(yamlXsCodec.encode({ ...data, c: 'x' }, like).toString(), '---\na: &1\n  n: 1\nb: *1\n"c": "x"\n');
  t.equal(yamlXsCodec.encode({ c: '2' }, like).toString(), '---\nc: 2\n');
  for (const change of [{ a: data['a'] }, { a: data['a'], b: 1 }, { a: data['b'], b: data['b'] }])
    t.throws(() => yamlXsCodec.encode(change as SessionData, like), { code: 'SESSION_UNWRITABLE' });
});

t.test('no alias makes more than there is', async (t) => {
  const bomb = [
    '---',
    'a0: &a0 [] ',
    ...Array.from({ length: 60 }, (_, n) => `a${n + 1}: &a${n + 1}\n  - *a${n}\n  - *a${n}`),
  ];
  const data = read(`${bomb.join('\n')}\n`);
  t.equal(Object.keys(data).length, 61);
  t.match(data['a60'], { summary: 'shared or cyclic' });
});

t.test('parts of YAML that these modules do not write are refused', async (t) => {
  for (const text of [
    '',
    'a: 1\n',
    '--- x\n',
    '---\n- 1\n',
    '---\na: {b: 1}\n',
    '---\na: [1]\n',
    '---\na: >\n  x\n',
    '---\na: x # y\n',
    '---\na: 1\na: 2\n',
    '---\na: *x\n',
    '---\na: 1\n---\nb: 1\n',
    '---\n\ta: 1\n',
    '%YAML 1.1\n---\na: 1\n',
    '---\na: "\\q"\n',
    '---\na: "\n',
    '---\na: 1\n  b: 2\n',
    '---\na:\n  b: 1\n c: 2\n',
    '---\n- a: 1\n',
    '---\n~: 1\n',
    '---\n? a\nb: 1\n',
  ])
    t.throws(() => read(text), { code: 'SESSION_UNREADABLE' }, JSON.stringify(text));
});

t.test('deep and long texts take moments', async (t) => {
  const started = process.cpuUsage();
  for (const codec of codecs) {
    for (const unit of [
      '- ',
      '? ',
      '"',
      "'",
      '\n',
      ' ',
      'a: ',
      '- a: ',
      '&a ',
      '!a ',
      '\\',
      '|\n',
      'a:\n',
      '- x\n',
      ' - x\n',
      ' #',
      ': ',
      '\t',
      ' \n',
      '\n\n',
    ])
      for (const opening of ['---\n', '---\na: ', '---\na: "', '---\na:\n  - ', '---\na: |\n  x', '---\na'])
        try {
          codec.decode(Buffer.from(`${opening}${unit.repeat(200_000 / unit.length)}x\ny"\n`));
        } catch (error) {
          t.match(error, { code: 'SESSION_UNREADABLE' });
        }
  }
  t.ok(process.cpuUsage(started).user < 20e6, 'of the processor, whoever else uses it');
});

t.test('texts that mean something in YAML are only texts, as keys and as values', async (t) => {
  const words =
    '= << ~ null true false yes no y n .inf .nan - -- --- ... ? : # ! & * | > % @ ` [] {} [x {x 1_000 0x1f 1:30 2001-01-01 str'.split(
      ' ',
    );
  const texts = [
    ...words,
    ' ',
    'a: b',
    'a #b',
    'x\n',
    '\n',
    '\ty',
    'x'.repeat(2000),
    'x y '.repeat(300),
    '\\"',
    '\\',
    '"\\',
  ];
  for (const codec of codecs) {
    const data = Object.fromEntries(
      texts.flatMap((text, n) => [
        [text, text],
        [`l${n}`, [text, [text], { [text]: text }]],
      ]),
    );
    const written = codec.encode(data, null);
    t.same(readAs(codec.name, [written]), [viewOfValue(data)], codec.name);
    t.same(codec.decode(written), data);
  }
});
