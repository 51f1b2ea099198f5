import t from 'tap';
import { jsonCodec } from '../../src/perl/json-session.ts';
import { holdCodec } from './codec-promises.ts';
import { fixturesOf } from './fixtures.ts';
import { readInPerl } from './other-perl.ts';

const read = (text: string) => jsonCodec.decode(Buffer.from(text));

holdCodec(jsonCodec, fixturesOf('apachesession-json'), {
  unreadable: ['top_array', 'floats'],
  pieces: ['"', '\\', '{', '}', '[', ']', ',', ':', 'null', 'true', '\\u', '\\ud83d', 'e5', '.'],
});

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
    t.match(readInPerl('json', [Buffer.from(text)]), [{ error: String }], `${text} in Perl`);
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
  t.notMatch(readInPerl('json', [Buffer.from(nest(512))]), [{ error: String }]);
  t.match(readInPerl('json', [Buffer.from(nest(513))]), [{ error: String }]);
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
