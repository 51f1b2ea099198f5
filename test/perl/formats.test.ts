import t from 'tap';
import { codecNamed, formatNames, recognise } from '../../src/perl/formats.ts';
import { codecFixtures } from '../contract/codec-fixtures.ts';
import { everyFormat, purePerlDumper } from '../contract/codec-formats.ts';
import { viewOfValue } from '../contract/codec-perl.ts';

t.test('every fixture is known by its own marks', async (t) => {
  for (const { name, codec: expected, serializer } of [...everyFormat(), purePerlDumper()]) {
    for (const { session, bytes } of codecFixtures(serializer)) {
      const codec = recognise(bytes);
      if (codec === expected) continue;
      // Where two write the same, they read the same.
      const isAlike = ['yaml-pm', 'yaml-xs'].includes(name) || session === 'empty' || session === 'top_array';
      t.ok(isAlike, `${session}.${serializer}: ${codec.name}`);
      if (session !== 'top_array')
        t.same(
          viewOfValue(codec.decode(bytes)),
          viewOfValue(expected.decode(bytes)),
          `${session}: read alike`,
        );
    }
  }
});

t.test('what a codec writes anew is read alike by whoever recognises it', async (t) => {
  const data = { a: 'x', b: [1, ['caf\u00e9', {}], { c: null }], d: { e: [] } };
  for (const name of formatNames) {
    if (name === 'auto') continue;
    const codec = codecNamed(name);
    for (const session of [data, {}]) {
      const bytes = codec?.encode(session, null) ?? Buffer.alloc(0);
      t.same(recognise(bytes).decode(bytes), codec?.decode(bytes), `${name}: ${recognise(bytes).name}`);
    }
  }
});

t.test('auto reads all and writes what it read', async (t) => {
  const auto = codecNamed('auto');
  const like = Buffer.from('--- \na: b\n');
  t.same(auto?.decode(like), { a: 'b' });
  t.equal(auto?.encode({ a: 'c' }, like).toString(), '--- \n"a": "c"\n');
  t.throws(() => auto?.encode({}, null), { code: 'SESSION_UNWRITABLE' });
  t.equal(codecNamed('none'), null);
  t.equal(codecNamed('__proto__'), null);
  for (const text of ['', 'x', '<html>', '[]', '\x00\x01', 'Bxxx', '12'])
    t.throws(
      () => recognise(Buffer.from(text)).decode(Buffer.from(text)),
      { code: 'SESSION_UNREADABLE' },
      text,
    );
});
