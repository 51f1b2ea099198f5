import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { codecNamed, formatNames, recognise } from '../../src/perl/formats.ts';
import { fixturesOf } from './fixtures.ts';
import { shapeOf } from './real-perl.ts';

/** What each serializer of the fixtures is called here. */
const names: Record<string, string> = {
  'cgisession-default': 'dumper',
  'cgisession-default-pp': 'dumper',
  'cgisession2-default': 'dumper-2',
  'cgisession3-default': 'dumper-3',
  'cgisession40-default': 'dumper-4.0',
  'dumper-useqq': 'dumper-eval',
  'apachesession-json': 'json',
  'cgisession-yaml': 'yaml-syck',
  'yaml-pp': 'yaml-pm',
  'yaml-xs': 'yaml-xs',
  'cgisession-freezethaw': 'freezethaw',
};

t.test('every fixture is known by its own marks', async (t) => {
  for (const [serializer, name] of Object.entries(names)) {
    for (const { name: fixture, bytes, session } of fixturesOf(serializer)) {
      const codec = recognise(bytes);
      const expected = codecNamed(name);
      if (codec === expected) continue;
      // Where two write the same, they read the same.
      const isAlike = ['yaml-pm', 'yaml-xs'].includes(name) || session === 'empty' || session === 'top_array';
      t.ok(isAlike, `${fixture}: ${codec.name}`);
      if (session !== 'top_array')
        t.same(shapeOf(codec.decode(bytes)), shapeOf(expected?.decode(bytes)), `${fixture}: read alike`);
    }
  }
});

t.test('so is every fixture of Storable, plain and armoured', async (t) => {
  const armours: Record<string, string> = {
    'cgisession-storable': 'storable-native',
    'apachesession-storable': 'storable',
    'apachesession-base64': 'storable-base64',
    'apachesession-uuencode': 'storable-uuencode',
  };
  const folder = new URL('../fixtures/perl/', import.meta.url);
  for (const file of readdirSync(folder)) {
    const name = armours[file.split('.')[1] ?? ''];
    if (name !== undefined) t.equal(recognise(readFileSync(new URL(file, folder))), codecNamed(name), file);
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
