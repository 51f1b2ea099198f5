import t from 'tap';
import { turnAdvice } from '../../src/survey/turn-advice.ts';
import { linesOf, read } from './read.ts';

/** The keys of a session, shortly: `cart hash r1 w2 x3 i4`, where x is removed and i changed in place. */
const keysOf = (script: string, modules: Readonly<Record<string, string>> = {}): string[] =>
  read(script, modules).session.keys.map((key) => {
    const places = [
      ['r', key.read],
      ['w', key.written],
      ['x', key.removed],
      ['i', key.changedInPlace],
    ] as const;
    const told = places.flatMap(([mark, list]) =>
      list.length === 0 ? [] : [` ${mark}${linesOf(list).join(',')}`],
    );
    return `${key.isPattern ? '*:' : ''}${key.name}${key.shape === null ? '' : ` ${key.shape}`}${told.join('')}`;
  });
const deedsOf = (script: string): string[] =>
  read(script).session.deeds.map(
    ({ what, text, place }) => `${place.line} ${what}${text === '' ? '' : ` ${text}`}`,
  );

const make = 'my $s = CGI::Session->new(undef, $q, {});';
const tie = "tie my %s, 'Apache::Session::MySQL', $id, {};";

t.test('keys of CGI::Session, as they are read, written and removed', async (t) => {
  t.same(keysOf(`${make}\n$s->param('a');\n$s->param('b', 1);\n$s->clear(['c', 'd']); $s->clear('e');`), [
    'a r2',
    'b w3',
    'c x4',
    'd x4',
    'e x4',
  ]);
  t.same(keysOf(`${make}\n$s->param(-name => 'a');\n$s->param(-name => 'b', -value => 1);`), [
    'a r2',
    'b w3',
  ]);
  t.same(
    keysOf("my $session = new CGI::Session('driver:File', $id);\nprint \"@{[ $session->param('a') ]}\";"),
    ['a r2'],
  );
  t.same(keysOf(`${make}\n$s->param("pref_$_", 1) foreach @x; $s->param($_) for qw(a b);`), [
    'a r2',
    'b r2',
    '*:pref_* w2',
  ]);
  t.same(keysOf(`${make}\n$s->save_param($q, ['a', 'b']);`), ['a w2', 'b w2']);
  t.same(
    keysOf("$self->{session}->param('a'); $app->session->param('b', 1);"),
    ['a r1', 'b w1'],
    'by custom',
  );
  t.same(keysOf(`${make}\n$q->param('a'); $other->param('b', 1);`), [], 'another param is another matter');
});

t.test('what is kept under a key is changed in place, or only a copy of it', async (t) => {
  t.same(keysOf(`${make}\nmy $c = $s->param('c') || {};\n$c->{7} += 1;\ndelete $c->{8};\nprint $c->{9};`), [
    'c hash r2 i3,4',
  ]);
  t.same(
    keysOf(`${make}\npush @{ $s->param('l') }, 1;\nmy $l = $s->param('l');\nunshift @$l, 2;\nprint @$l;`),
    ['l array r2,3 i2,4'],
  );
  t.same(keysOf(`${make}\nmy %c = %{ $s->param('c') };\n$c{7}++;`), ['c hash r2'], 'a copy');
  t.same(
    keysOf(`${make}\nadd($s->param('c'), 7);\nsub add { my ($c, $n) = @_; $c->{$n}++ }`),
    ['c hash r2 i3'],
    'in a sub that is handed it',
  );
});

t.test('keys of Apache::Session are those of the tied hash', async (t) => {
  t.same(
    keysOf(
      `${tie}\nprint $s{a};\n$s{b} = 1;\ndelete $s{c};\nexists $s{d};\nprint "Hello $s{e}";\n$s{f}{g} = 1;\n$s{_session_id};`,
    ),
    ['a r2', 'b w3', 'c x4', 'd r5', 'e r6', 'f i7'],
  );
  t.same(
    keysOf(`${tie}\nhello(\\%s);\nsub hello { my $session = shift; $session->{name} = $session->{login} }`),
    ['login r3', 'name w3'],
  );
  t.same(keysOf("tie my %db, 'DB_File', 'x';\n$db{a} = 1;"), [], 'another tied hash is no session');
  t.same(keysOf(`${tie}\nmy %copy = %s;\n$copy{a} = 1;`), [], 'nor is a copy');
  t.equal(read(`${tie}\n1;`).session.keeper, 'apache-session');
});

t.test('a session comes out of a module, and its keys through its functions', async (t) => {
  const module = `package Shop;
sub session { $session ||= CGI::Session->new(undef, query()); $session->expire('+1d'); return $session }
sub user { return session()->param('uid') }
sub keep { my ($key, $value) = @_; session()->param($key, $value) }
sub never { session()->param('never') }`;
  const script = "use Shop;\nmy $s = session();\n$s->param('own');\nuser();\nkeep('kept', 1);";
  t.same(keysOf(script, { 'Shop.pm': module }), ['kept w5', 'own r3', 'uid rShop.pm:3']);
  const { keeper, opened, deeds } = read(script, { 'Shop.pm': module }).session;
  t.equal(keeper, 'cgi-session');
  t.match(opened, [{ file: 'Shop.pm', line: 2, sub: 'session', calledAt: [2, 4, 5] }]);
  t.match(deeds, [{ what: 'expires', text: "'+1d'" }]);
  t.equal(read('use Shop;', { 'Shop.pm': module }).session.keeper, null, 'nobody calls for one');
});

t.test('what is done to the session as such', async (t) => {
  t.same(
    deedsOf(
      `${make}\n$s->expire('+2h');\n$s->expire('key', '+1m');\n$s->cookie;\n$s->dataref;\n$s->clear;\n$s->delete;`,
    ),
    ["2 expires '+2h'", '4 cookie', '5 all', '6 cleared', '7 removed'],
  );
  t.same(
    deedsOf(`${make}\nmy %keep = %{ $s->dataref };\n$s->delete;\n$s = CGI::Session->new(undef, undef, {});`),
    ['2 all', '3 renewed'],
  );
  t.same(deedsOf(`${tie}\ntied(%s)->delete;`), ['2 removed']);
  t.match(read(`${make}\n$s->param($k, 1);`).doubts, [
    { what: 'the session key $k, which it writes', place: { line: 2 } },
  ]);
});

t.test('a session setting that does not fit what the script does is advised against', async (t) => {
  const adviceFor = (script: string, use: 'none' | 'read' | 'write', isSure = true): string =>
    turnAdvice(read(script).session, use, isSure) ?? 'none';
  const [writes, looks] = [`${make} $s->param('a', 1);`, `${make} $s->param('a');`];
  t.match(adviceFor(writes, 'none'), /changes its session \(x\.pl:1\).*write "session: write"/);
  t.match(adviceFor(writes, 'read'), /changes its session/);
  t.equal(adviceFor(writes, 'write'), 'none');
  t.match(adviceFor(looks, 'read'), /CGI::Session then writes back.*while legacy serves/);
  t.equal(adviceFor(looks, 'write'), 'none', 'Perl writes it back');
  t.match(adviceFor(`${tie} print $s{a};`, 'none'), /write "session: read"/);
  t.match(adviceFor(`${tie} print $s{a};`, 'write'), /only reads its session: "session: read"/);
  t.equal(adviceFor(`${tie} print $s{a};`, 'read'), 'none');
  t.match(adviceFor('print 1;', 'write'), /opens no session: "session: none"/);
  t.equal(
    adviceFor('print 1;', 'write', false),
    'none',
    'of a text that was not understood nothing is promised',
  );
  t.equal(adviceFor('print 1;', 'none'), 'none');
});
