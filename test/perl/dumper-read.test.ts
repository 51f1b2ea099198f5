import t from 'tap';
import { dumperCodec } from '../../src/perl/dumper.ts';
import type { SessionData } from '../../src/session/session.ts';
import { codecFixture } from '../contract/codec-fixtures.ts';

const read = (text: string) => dumperCodec.decode(Buffer.from(text, 'latin1'));
const summary = (data: SessionData, key: string) => (data[key] as { summary?: string }).summary;

t.test('a session is a hash of strings, numbers and nothing', async (t) => {
  t.same(read("$D = {'user' => 'alice','uid' => 17,'flash' => undef};;$D"), {
    user: 'alice',
    uid: 17,
    flash: null,
  });
  t.same(read('$D = {};;$D'), {});
});

t.test('hashes and arrays nest', async (t) => {
  t.same(read("$D = {'cart' => [{'qty' => 2},[]],'prefs' => {}};;$D"), { cart: [{ qty: 2 }, []], prefs: {} });
});

t.test('a number in quotes stays a string', async (t) => {
  t.same(read("$D = {'a' => '5','b' => 5,'c' => -5,'d' => '1e+20'};;$D"), {
    a: '5',
    b: 5,
    c: -5,
    d: '1e+20',
  });
});

t.test('in single quotes only the backslash and the quote are escaped', async (t) => {
  t.equal(read(String.raw`$D = {'k' => 'it\'s \\n $x @{[ ]}'};;$D`)['k'], String.raw`it's \n $x @{[ ]}`);
});

t.test('in double quotes the escapes of Data::Dumper are understood', async (t) => {
  const escapes = read(String.raw`$D = {'k' => "\x{263a}\x{1f600}\n\t\r\f\b\a\e\0\33\\\"\$\@"};;$D`)['k'];
  t.equal(escapes, '\u263a\u{1f600}\n\t\r\f\b\x07\x1b\0\x1b\\"$@');
});

t.test('a byte above 0x7f is the character of that number', async (t) => {
  t.equal(read("$D = {'caf\xe9' => '\x80\xff'};;$D")['caf\xe9'], '\x80\xff');
});

t.test('older spellings are read: no trailer, whole numbers as bare keys', async (t) => {
  t.same(read("$D = {1 => 'one',-2 => 'two'};"), { 1: 'one', '-2': 'two' });
});

t.test('names that mean something to JavaScript are ordinary keys', async (t) => {
  const data = read("$D = {'__proto__' => {'admin' => 1},'constructor' => 'c','toString' => undef};;$D");
  t.same(Object.keys(data), ['__proto__', 'constructor', 'toString']);
  t.equal(Object.getPrototypeOf(data), null);
  t.equal(Object.getPrototypeOf(data['__proto__']), null);
  t.equal(({} as { admin?: number }).admin, undefined);
});

t.test('what has no value in JavaScript is an Opaque that says what it is', async (t) => {
  const cases: [string, string][] = [
    [`bless( {'n' => 1}, 'My::Cart' )`, 'blessed My::Cart'],
    [`bless( do{\\(my $o = 'v')}, 'C' )`, 'blessed C'],
    [`bless( qr/x/, 'RX' )`, 'blessed RX'],
    [`\\'x'`, 'reference'],
    ['\\\\undef', 'reference'],
    [`qr/^a(b+)"c'\\/\\\\$/ix`, 'regular expression'],
    ['v1.22_3', 'v-string'],
    ['1.2.3', 'v-string'],
    ['sub { "DUMMY" }', 'code'],
    ['${$D->{"a"}{"px"}}', 'shared or cyclic'],
    ['"\\x{d83d}\\x{de00}"', 'text outside Unicode'],
    ['"\\x{110000}"', 'text outside Unicode'],
    ['9007199254740993', 'integer beyond 2^53'],
  ];
  for (const [source, expected] of cases)
    t.equal(summary(read(`$D = {'k' => ${source}};;$D`), 'k'), expected, source);
});

t.test('an Opaque shows nothing of what it holds', async (t) => {
  const { k } = read("$D = {'k' => \\'secret'};;$D");
  t.equal(JSON.stringify(k), '{"opaque":true,"summary":"reference"}');
  t.ok(Object.isFrozen(k));
});

t.test('every key that a fixup touches is shared or cyclic, the others are plain', async (t) => {
  const shared = dumperCodec.decode(codecFixture('shared', 'cgisession-default'));
  for (const key of ['a', 'b', 'c', 'l1', 'l2', 's1', 's2'])
    t.equal(summary(shared, key), 'shared or cyclic', key);
  const self = dumperCodec.decode(codecFixture('selfref', 'cgisession-default'));
  t.equal(self['name'], 'root');
  for (const key of ['list', 'self', 'p']) t.equal(summary(self, key), 'shared or cyclic', key);
});

t.test('a session that is not a hash is refused', async (t) => {
  t.throws(() => dumperCodec.decode(codecFixture('top_array', 'cgisession-default')), {
    code: 'SESSION_UNREADABLE',
    message: /byte 5: .*hash/,
  });
});
