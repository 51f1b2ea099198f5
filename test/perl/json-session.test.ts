import t from 'tap';
import { jsonCodec } from '../../src/perl/json-session.ts';
import { codecContract } from '../contract/codec.ts';
import { formatCalled, readAs } from '../contract/codec-formats.ts';
import { viewOfValue } from '../contract/codec-perl.ts';

const read = (text: string) => jsonCodec.decode(Buffer.from(text));

codecContract(t, formatCalled('json'));

t.test('what changed is written anew, all other text stays', async (t) => {
  const like = Buffer.from(
    '{ "a" : "caf\u00e9" , "b":true,"c": [1.50, {"d":false}],"e":12345678901234567890}',
  );
  const data = jsonCodec.decode(like);
  t.match(data, { a: 'caf\u00e9', b: { summary: 'boolean' }, c: [1.5, { d: { summary: 'boolean' } }] });
  t.match(data, { e: { summary: 'number beyond 2^53' } });
  (data['c'] as unknown[]).push('\u263a\u{1f600}\x7f');
  data['new'] = 0.1;
  t.equal(
    jsonCodec.encode(data, like).toString(),
    '{"a" : "caf\u00e9","b":true,"c": [1.5,{"d":false},"\\u263a\\ud83d\\ude00\\u007f"],"e":12345678901234567890,"new":0.1}',
  );
});

t.test('a double without a fraction stays a number that both languages read', async (t) => {
  const data = { a: 1e17, b: -(2 ** 60), c: 2 ** 53, d: 1e21, e: 9007199254740991, f: -0 };
  const written = jsonCodec.encode(data, null);
  t.equal(
    written.toString(),
    '{"a":1e+17,"b":-1.152921504606847e+18,"c":9.007199254740992e+15,"d":1e+21,"e":9007199254740991,"f":0}',
  );
  t.same(jsonCodec.decode(written), data);
  t.same(readAs('json', [written]), [viewOfValue(data)]);
});

t.test('bytes that are not UTF-8 are latin-1, and stay it', async (t) => {
  const like = Buffer.from('{"a":"caf\xe9"}', 'latin1');
  t.same(jsonCodec.decode(like), { a: 'caf\u00e9' });
  t.equal(jsonCodec.encode({ a: 'caf\u00e9', b: 1 }, like).toString('latin1'), '{"a":"caf\xe9","b":1}');
});

t.test('what Perl cannot read is refused', async (t) => {
  for (const text of [
    '{"a":inf}',
    '{"a":nan}',
    '{"a":1,}',
    '{"a":"\n"}',
    '{"a":"\\ud83d"}',
    '{"a":01}',
    '{"a":.5}',
    '',
  ]) {
    t.throws(() => read(text), { code: 'SESSION_UNREADABLE' }, text);
    t.match(readAs('json', [Buffer.from(text)]), [{ error: String }], `${text} in Perl`);
  }
  t.throws(() => read('{"a":1,"a":2}'), {
    code: 'SESSION_UNREADABLE',
    message: /byte 7: a key stands twice/,
  });
  t.throws(() => read('[]'), { code: 'SESSION_UNREADABLE' });
});

t.test('as deep as Perl reads, and not deeper', async (t) => {
  const nest = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  t.doesNotThrow(() => read(nest(512)));
  t.notMatch(readAs('json', [Buffer.from(nest(512))]), [{ error: String }]);
  t.match(readAs('json', [Buffer.from(nest(513))]), [{ error: String }]);
  for (const depth of [513, 1_000_000]) t.throws(() => read(nest(depth)), { code: 'SESSION_UNREADABLE' });
});

t.test('what cannot be written is named', async (t) => {
  const cases: [unknown, RegExp][] = [
    [{ a: [1, Number.NaN] }, /a\[1\]: NaN/],
    [{ a: { b: undefined } }, /a\.b: undefined/],
    [{ a: '\ud83d' }, /surrogate/],
    [{ a: new Date(0) }, /class/],
    [{ a: { opaque: true, summary: 'x' } }, /Opaque/],
    [read('{"a":true}'), /Opaque/],
  ];
  for (const [data, message] of cases)
    t.throws(() => jsonCodec.encode(data as never, null), { code: 'SESSION_UNWRITABLE', message });
});
