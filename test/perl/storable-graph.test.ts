import t from 'tap';
import { storable, storableCodec } from '../../src/perl/storable.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { madeInPerl, thawInPerl } from '../contract/codec-perl.ts';
import type { Thawed } from '../contract/codec-perl.ts';

const freeze = { use: 'use Storable', thaw: 'Storable::thaw($_)', freeze: 'Storable::freeze($_)' };
const nfreeze = { ...freeze, freeze: 'Storable::nfreeze($_)' };
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const thaw = (image: Buffer) => thawInPerl(freeze, [image])[0] as Thawed;

/** Has Perl make a session, in both orders; lets `change` change it, and shows what Perl reads then. */
function rewrite(expression: string, change: (data: SessionData) => void): Thawed {
  const [network, native] = [nfreeze, freeze].map((module) => {
    const [image = Buffer.alloc(0)] = madeInPerl(module, [expression]);
    const data = storableCodec.decode(image);
    change(data);
    return thaw(storableCodec.encode(data, image));
  });
  t.same(network, native, `${expression} in both orders`);
  return network as Thawed;
}

/** What Perl itself reads when it made the changed session. */
const asPerl = (expression: string) => thaw(madeInPerl(freeze, [expression])[0] as Buffer);

t.test('what refers back still refers to the same when something before it comes or goes', async (t) => {
  const made = 'my $h = {n => 1}; my @k = map { "k$_" } 1 .. 9; my %s = map { $_ => [$h, {}] } @k; \\%s';
  for (const key of ['k1', 'k4', 'k9']) {
    const expected = made.replace('; \\%s', `; delete $s{${key}}; $s{new} = [1]; \\%s`);
    const found = rewrite(made, (data) => {
      delete data[key];
      data['new'] = [1];
    });
    t.same(found, asPerl(expected), `without ${key}`);
  }
});

t.test('the names of classes move to the first object that is left', async (t) => {
  const made = 'my %s = map { ("k$_" => bless({n => $_}, $_ % 2 ? "A" : "B::" . "x" x 200)) } 1 .. 6; \\%s';
  for (let key = 1; key <= 6; key += 1) {
    const found = rewrite(made, (data) => delete data[`k${key}`]);
    t.same(found, asPerl(made.replace('; \\%s', `; delete $s{k${key}}; \\%s`)));
  }
});

t.test('hooks take along what they refer to when it loses its place', async (t) => {
  const made =
    'my $p = {p => 1}; my %s = (a => $p, b => bless({n => 5, extra => $p}, "My::Hooked"), c => bless([$p, [2]], "My::HookedList"), d => bless({n => 6}, "My::Hooked")); \\%s';
  for (const key of ['a', 'b', 'c', 'd']) {
    const found = rewrite(made, (data) => delete data[key]);
    t.same(found, asPerl(made.replace('; \\%s', `; delete $s{${key}}; \\%s`)), `without ${key}`);
  }
});

t.test('a copied or moved Opaque refers to the same thing, as in Perl', async (t) => {
  const made = 'my %s = (cart => bless({n => 1}, "C"), x => 1); \\%s';
  const copied = rewrite(made, (data) => (data['saved'] = [data['cart'] as SessionValue]));
  t.same(copied, asPerl(made.replace('; \\%s', '; $s{saved} = [$s{cart}]; \\%s')));
  const moved = rewrite(made, (data) => {
    data['saved'] = [data['cart'] as SessionValue];
    delete data['cart'];
  });
  t.same(moved, asPerl(made.replace('; \\%s', '; $s{saved} = [delete $s{cart}]; \\%s')));
});

t.test('cycles, weak and tied things live through a change', async (t) => {
  const cases = [
    'my $s = {n => 1}; $s->{self} = $s; $s->{p} = {up => $s}; $s',
    'use Scalar::Util "weaken"; my $p = {}; $p->{kid} = {up => $p}; weaken $p->{kid}{up}; {p => $p, n => 1}',
    'use Tie::Hash; tie my %h, "Tie::StdHash"; %h = (a => 1); {h => \\%h, n => 1, v => v1.22.333, r => qr/a\\/b/ix}',
    'use Hash::Util "lock_keys"; my %h = (a => 1, b => 2); delete $h{b}; lock_keys %h; {h => \\%h, n => 1}',
    'my %s = (x => 1, n => 1); $s{px} = \\$s{x}; $s{ppx} = \\\\"y"; \\%s',
    '{n => 1, "\\x{263a}" => 2, list => [undef, 1, "caf\\xe9", "\\x{e9}\\x{263a}"]}',
  ];
  for (const made of cases) {
    const before = asPerl(made);
    const found = rewrite(made, (data) => (data['n'] = 'two'));
    t.same(found, JSON.parse(JSON.stringify(before).replace('["n",1]', '["n","two"]')), made);
  }
});

t.test('a scalar that something refers to is not replaced behind its back', async (t) => {
  const [image = Buffer.alloc(0)] = madeInPerl(freeze, ['my %s = (x => 1); $s{px} = \\$s{x}; \\%s']);
  const data = storableCodec.decode(image);
  data['x'] = 2;
  t.throws(() => storableCodec.encode(data, image), { code: 'SESSION_UNWRITABLE', message: /session x: / });
  delete data['px'];
  t.same(thaw(storableCodec.encode(data, image)).value, ['hash', ['x', 2]]);
});

t.test('an Opaque of another session, or a forged one, is refused', async (t) => {
  const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = madeInPerl(
    freeze,
    [1, 2].map((n) => `{c => bless [${n}], "C"}`),
  );
  const data = storableCodec.decode(one);
  const refused = { code: 'SESSION_UNWRITABLE', message: /session c: an Opaque/ };
  t.throws(() => storableCodec.encode(data, null), refused);
  t.throws(() => storableCodec.encode(data, two), refused);
  t.throws(() => storableCodec.encode(structuredClone(data), one), refused);
  t.ok(storableCodec.encode(data, Buffer.from(one)).equals(one));
});

t.test('what is untouched keeps its representation, class and place', async (t) => {
  const [image = Buffer.alloc(0)] = madeInPerl(nfreeze, ['{n => 300}']);
  t.equal(image.toString('hex'), '050b0300000001090000012c000000016e');
  const changed = storableCodec.encode({ n: 300, u: '\u263a', f: 1.5 }, image);
  t.equal(
    changed.toString('hex'),
    '050b0300000003090000012c000000016e1703e298ba00000001750a03312e350000000166',
  );
});

t.test('every dialect is read and written in its own order', async (t) => {
  const cases = [
    [
      '04 0b 04 31323334 04 04 04 08',
      '03 01000000 06 2c010000 01000000 6e',
      '03 01000000 06 2d010000 01000000 6e',
    ],
    [
      '04 0b 04 34333231 04 04 04 08',
      '03 00000001 06 0000012c 00000001 6e',
      '03 00000001 06 0000012d 00000001 6e',
    ],
    [
      '04 0b 08 3837363534333231 04 08 08 08',
      '03 00000001 06 000000000000012c 00000001 6e',
      '03 00000001 06 000000000000012d 00000001 6e',
    ],
    ['70737430 05 0b', '03 00000001 09 0000012c 00000001 6e', '03 00000001 09 0000012d 00000001 6e'],
    [
      '70737430 04 0b 08 3132333435363738 04 08 08 08',
      '03 01000000 06 2c01000000000000 01000000 6e',
      '03 01000000 06 2d01000000000000 01000000 6e',
    ],
    ['05 04', '03 00000001 09 0000012c 00000001 6e', '03 00000001 09 0000012d 00000001 6e'],
  ];
  for (const [header = '', before = '', after = ''] of cases) {
    const image = bytes(header + before);
    t.same(storableCodec.decode(image), { n: 300 }, header);
    t.equal(
      storableCodec.encode({ n: 301 }, image).toString('hex'),
      bytes(header + after).toString('hex'),
      header,
    );
  }
  t.throws(() => storableCodec.encode({ '\u263a': 1 }, bytes('05 04 03 00000000')), {
    code: 'SESSION_UNWRITABLE',
  });
});

t.test('new sessions are in the order that is asked for', async (t) => {
  const native = storable({ order: 'native' }).encode({ a: 1 }, null).toString('hex');
  t.equal(native, '040b08313233343536373804080808030100000008810100000061');
  t.equal(storableCodec.encode({ a: 1 }, null).toString('hex'), '050b030000000108810000000161');
});

t.test('bytes that are no session say where and why, never what', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /byte 0: the session ends/],
    ['0b0b', /byte 0: neither freeze nor nfreeze/],
    ['050b02 00000000', /byte 2: a session must be a hash/],
    ['050b11014103 00000000', /a session must be a hash without a class/],
    ['050b03ffffffff', /byte 7: more is announced/],
    ['050b0300000001 02ffffffff', /more is announced/],
    ['050b0300000001 01ffffffff', /ends in the middle/],
    ['050b0300000001 00000000ff', /a tag of something not seen/],
    ['050b0300000001 12000881 00000000', /a class that was not named/],
    ['050b0300000001 21 00000000', /byte 7: an opcode/],
    ['050b0300000001 07 00000000', /a native number/],
    ['040b03616263', /an unknown byte order/],
    ['050b0300000002 0881 00000001 61 0881 00000001 61', /a hash key stands twice/],
    [`050b0300000001 ${'04'.repeat(100_000)}`, /more than 1024/],
    [`050b0300000001 ${'1101410400'.repeat(3)}`, /byte/],
    [`050b0300000001 ${'0200000001'.repeat(50_000)}`, /more than 1024/],
    [`050b0300000001 ${'1340'.repeat(50_000)}`, /more than 1024/],
  ];
  for (const [hex, message] of cases) {
    t.throws(
      () => storableCodec.decode(bytes(hex)),
      { code: 'SESSION_UNREADABLE', message },
      hex.slice(0, 60),
    );
  }
});

t.test('as deep as we may write, Perl can read and write again', async (t) => {
  let value: SessionValue = 'bottom';
  for (let level = 1; level < 256; level += 1) value = { k: value };
  const image = storableCodec.encode({ k: value }, null);
  t.doesNotThrow(() => madeInPerl(freeze, [`Storable::thaw(pack 'H*', '${image.toString('hex')}')`]));
  t.throws(() => storableCodec.encode({ d: { k: value } }, null), { code: 'SESSION_UNWRITABLE' });
});
