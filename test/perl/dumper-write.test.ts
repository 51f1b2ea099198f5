import t from 'tap';
import { dumperCodec } from '../../src/perl/dumper.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { codecFixture } from '../contract/codec-fixtures.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const write = (data: unknown, like: Buffer | null = null) => {
  return dumperCodec.encode(data as SessionData, like).toString('latin1');
};

/** Reads a session, lets `change` change it, and writes it along what was read. */
function rewrite(like: string | Buffer, change: (data: SessionData) => void): string {
  const source = typeof like === 'string' ? bytes(like) : like;
  const data = dumperCodec.decode(source);
  change(data);
  return write(data, source);
}

t.test('a new session is written in the style of the XS writer', async (t) => {
  const data = { user: "it's", uid: 17, price: 19.9, flash: null, cart: [{ qty: 2 }, []], 7: 'seven' };
  t.equal(
    write(data),
    `$D = {'7' => 'seven','user' => 'it\\'s','uid' => 17,'price' => '19.9','flash' => undef,'cart' => [{'qty' => 2},[]]};;$D`,
  );
  t.equal(write({}), '$D = {};;$D');
});

t.test('numbers are written as Perl writes them', async (t) => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '0'],
    [1234567890, '1234567890'],
    [12345678901, `'12345678901'`],
    [-123456789, '-123456789'],
    [-1234567890, `'-1234567890'`],
    [2 ** 53 - 1, `'9007199254740991'`],
    [2 ** 53, `'9.00719925474099e+15'`],
    [0.1 + 0.2, `'0.3'`],
    [1e20, `'1e+20'`],
    [1e-7, `'1e-07'`],
    [1e-4, `'0.0001'`],
    [5e-324, `'4.94065645841247e-324'`],
    [1000000000000.125, `'1000000000000.12'`],
    [1000000000000.375, `'1000000000000.38'`],
  ];
  for (const [number, text] of cases) t.equal(write({ n: number }), `$D = {'n' => ${text}};;$D`);
});

t.test('text of bytes stays raw, wide text is spelled out', async (t) => {
  t.equal(write({ k: 'caf\xe9\n\0$x@y"\\' }), `$D = {'k' => 'caf\xe9\n\0$x@y"\\\\'};;$D`);
  t.equal(write({ k: '\u263a' }), '$D = {\'k\' => "\\x{263a}"};;$D');
  t.equal(
    write({ '\u{1f600}': '\xe9\u20ac"\\$@\'' }),
    '$D = {"\\x{1f600}" => "\\x{e9}\\x{20ac}\\"\\\\\\$\\@\'"};;$D',
  );
});

t.test('spellings that our own writer would not choose are kept', async (t) => {
  const odd = `$D = {1 => "caf\\x{e9}",'k' => "\\n",'n' => 123456789012,"k2" => "plain"};`;
  t.equal(
    rewrite(odd, () => {}),
    odd,
  );
});

t.test('a changed key keeps its place and everything beside it its bytes', async (t) => {
  const changed = rewrite(
    `$D = {'b' => "caf\\x{e9}",'a' => '5','c' => {'z' => "\\n",'y' => 1}};;$D`,
    (data) => {
      data['a'] = 6;
      (data['c'] as SessionData)['y'] = 2;
    },
  );
  t.equal(changed, `$D = {'b' => "caf\\x{e9}",'a' => 6,'c' => {'z' => "\\n",'y' => 2}};;$D`);
});

t.test('a removed key vanishes and a new one comes last', async (t) => {
  const changed = rewrite(`$D = {'b' => 1,'a' => 2,'c' => 3};;$D`, (data) => {
    delete data['a'];
    data['0'] = 'new';
  });
  t.equal(changed, `$D = {'b' => 1,'c' => 3,'0' => 'new'};;$D`);
});

t.test('arrays are kept element by element', async (t) => {
  const changed = rewrite(`$D = {'l' => ["\\n",'1',[2]]};;$D`, (data) =>
    (data['l'] as SessionValue[]).push('x'),
  );
  t.equal(changed, `$D = {'l' => ["\\n",'1',[2],'x']};;$D`);
});

t.test('a value of another type is another value', async (t) => {
  t.equal(
    rewrite(`$D = {'a' => '5','b' => 5};;$D`, (data) => Object.assign(data, { a: 5, b: '5' })),
    `$D = {'a' => 5,'b' => '5'};;$D`,
  );
});

t.test('an object of Perl is carried along, also to another place', async (t) => {
  const like = `$D = {'cart' => bless( {'n' => 1}, 'My::Cart' ),'x' => 1};;$D`;
  t.equal(
    rewrite(like, (data) => (data['x'] = 2)),
    like.replace("'x' => 1", "'x' => 2"),
  );
  t.equal(
    rewrite(like, (data) => {
      data['saved'] = [data['cart'] ?? null];
      delete data['cart'];
    }),
    `$D = {'x' => 1,'saved' => [bless( {'n' => 1}, 'My::Cart' )]};;$D`,
  );
});

t.test('an Opaque of another session, or a forged one, is refused', async (t) => {
  const like = bytes(`$D = {'cart' => bless( {'n' => 1}, 'My::Cart' )};;$D`);
  const data = dumperCodec.decode(like);
  const refused = { code: 'SESSION_UNWRITABLE', message: /session cart: an Opaque that was not read/ };
  t.throws(() => write(data), refused, 'a new session');
  t.throws(
    () => write(data, bytes(`$D = {'cart' => bless( {'n' => 2}, 'My::Cart' )};;$D`)),
    refused,
    'another',
  );
  t.throws(() => write({ cart: { ...(data['cart'] as object) } }, like), refused, 'a copy');
  t.throws(() => write(structuredClone(data), like), refused, 'a clone');
  t.equal(
    write(dumperCodec.decode(Buffer.from(like)), like),
    like.toString('latin1'),
    'the same bytes read twice',
  );
});

t.test('shared things stay while all of them stay', async (t) => {
  const text = codecFixture('shared', 'cgisession-default').toString('latin1');
  t.equal(
    rewrite(text, (data) => (data['new'] = 1)),
    text.replace('};$D->', `,'new' => 1};$D->`),
  );
});

t.test('shared things go when all of them go', async (t) => {
  const gone = rewrite(codecFixture('shared', 'cgisession-default'), (data) => {
    for (const key of ['l1', 'l2', 's1']) delete data[key];
    data['s2'] = 'plain';
  });
  t.match(
    gone,
    /^\$D = \{'b' => .*'s2' => 'plain'\};\$D->\{'c'\}\[0\] = .*;\$D->\{'a'\} = \$D->\{'b'\};;\$D$/,
  );
  t.equal(
    rewrite(codecFixture('selfref', 'cgisession-default'), (data) => {
      for (const key of ['self', 'list', 'p']) delete data[key];
    }),
    `$D = {'name' => 'root'};;$D`,
  );
});

t.test('one of two shared things cannot be removed, replaced or moved', async (t) => {
  const like = codecFixture('shared', 'cgisession-default');
  const refusal = (message: RegExp) => ({ code: 'SESSION_UNWRITABLE', message });
  t.throws(() => rewrite(like, (data) => delete data['l1']), refusal(/l1 is shared with l2/), 'removed');
  t.throws(() => rewrite(like, (data) => (data['b'] = {})), refusal(/b is shared with c/), 'replaced');
  const swap = (data: SessionData) => Object.assign(data, { l1: data['l2'], l2: data['l1'] });
  t.throws(() => rewrite(like, swap), refusal(/cannot leave l[12]/), 'swapped');
  const copy = (data: SessionData) => (data['deep'] = [data['l1'] ?? null]);
  t.throws(() => rewrite(like, copy), refusal(/session deep\[0\]: .*cannot leave l1/), 'copied');
});

t.test('what Perl could not read back is refused, naming the place', async (t) => {
  const cycle: { list: unknown[] } = { list: [] };
  cycle.list.push(cycle);
  const cases: [unknown, RegExp][] = [
    [{ cart: [{ ok: true }] }, /session cart\[0\]\.ok: boolean/],
    [{ a: undefined }, /session a: undefined/],
    // eslint-disable-next-line no-sparse-arrays
    [{ a: [1, , 2] }, /session a\[1\]: undefined/],
    [{ a: () => 1 }, /session a: function/],
    [{ a: 1n }, /session a: bigint/],
    [{ a: Symbol('s') }, /session a: symbol/],
    [{ a: NaN }, /session a: NaN/],
    [{ a: -Infinity }, /session a: -Infinity/],
    [{ 'a b': new Date(0) }, /session \["a b"\]: an object of a class/],
    [{ a: new Map() }, /session a: an object of a class/],
    [{ a: new (class Cart {})() }, /session a: an object of a class/],
    [{ a: { [Symbol('s')]: 1 } }, /session a: an object of a class/],
    [{ a: 'x\ud800' }, /session a: text with half a surrogate pair/],
    [{ 'x\udc00': 1 }, /a key with half a surrogate pair/],
    [{ a: { opaque: true, summary: 'code' } }, /session a: an Opaque/],
    [cycle, /session list\[0\]: it contains itself/],
    [[1], /would not read back/],
  ];
  for (const [data, message] of cases) {
    t.throws(() => write(data), { code: 'SESSION_UNWRITABLE', message }, String(message));
  }
});

t.test('as deep as Perl can write, and no deeper', async (t) => {
  const nest = (depth: number) => {
    let value: SessionValue = 'bottom';
    for (let level = 1; level < depth; level += 1) value = [value];
    return { d: value };
  };
  t.match(write(nest(1000)), /'bottom'/);
  t.same(dumperCodec.decode(bytes(write(nest(1000))))['d'], nest(1000).d);
  t.throws(() => write(nest(1001)), { code: 'SESSION_UNWRITABLE', message: /more than 1000/ });
  t.throws(() => write(nest(100_000)), { code: 'SESSION_UNWRITABLE', message: /more than 1000/ });
});

t.test('one object used over and over does not fill the memory', async (t) => {
  let value: SessionValue = ['x'];
  for (let level = 0; level < 60; level += 1) value = [value, value];
  t.throws(() => write({ value }), { code: 'SESSION_UNWRITABLE', message: /grows beyond/ });
});
