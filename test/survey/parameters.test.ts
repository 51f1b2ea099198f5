import t from 'tap';
import { linesOf, read } from './read.ts';

/** The parameters of a script, shortly: `x 1,2`, `*p_* 3`; a file has an f, a list an l, one of the address a u. */
const parametersOf = (script: string, modules: Readonly<Record<string, string>> = {}): string[] =>
  read(script, modules).parameters.map(({ name, isPattern, isList, from, places }) => {
    const marks = [
      isPattern ? '*' : '',
      from.includes('file') ? 'f' : '',
      isList ? 'l' : '',
      from.includes('url') ? 'u' : '',
    ];
    return `${marks.join('')}${marks.join('') === '' ? '' : ':'}${name} ${linesOf(places).join(',')}`;
  });

const cases: Record<string, Record<string, string[]>> = {
  'however CGI.pm is asked': {
    'my $q = new CGI;\n$q->param(\'x\');\n$q->param("y");': ['x 2', 'y 3'],
    "my $q = CGI->new; $q->param(-name => 'x'); $q->url_param('u'); my $f = $q->upload('f');": [
      'x 1',
      'u:u 1',
      'f:f 1',
    ],
    "use CGI qw(:standard);\nmy $x = param('x'); my @y = param('y'); CGI::param('z'); &param('w');": [
      'x 2',
      'l:y 2',
      'z 2',
      'w 2',
    ],
    "foreach my $v ($cgi->param('v')) { } my @w = $query->multi_param('w');": ['l:v 1', 'l:w 1'],
    "$self->{cgi}->param('a'); $self->query->param('b'); $c->cgi->param('c');": ['a 1', 'b 1', 'c 1'],
    'print "Hello @{[ $q->param(\'name\') ]}";': ['name 1'],
    'my %in = $q->Vars; $in{a}; my $v = $q->Vars; $v->{b}; print "$in{c}"; $in{d} = 1;': [
      'a 1',
      'b 1',
      'c 1',
    ],
    "&ReadParse; print $in{'a'}; ReadParse(*form); $form{b};": ['a 1', 'b 1'],
    'read(STDIN, $b, $ENV{CONTENT_LENGTH});\nforeach (split /&/, $b) {\n my ($n, $v) = split /=/; $FORM{$n} = $v;\n}\nmail($FORM{to});':
      ['to 5'],
  },
  'by names that are put together, or gone through': {
    "foreach my $n (1..3) { $q->param(\"qty_$n\"); $q->param('x' . $n . '_y') }": ['*:qty_* 1', '*:x*_y 1'],
    'foreach my $f (qw(a b)) { $h{$f} = $q->param($f) }': ['a 1', 'b 1'],
    "my @F = (['a', 'A'], ['b', 'B']);\nfor my $f (@F) { $q->param($f->[0]) }": ['a 2', 'b 2'],
    'my %L = (a => 1, b => 2); $q->param($_) foreach sort keys %L;': ['a 1', 'b 1'],
    'my %x = map { $_ => scalar $q->param($_) } qw(a b);': ['a 1', 'b 1'],
    "my $name = 'x'; $q->param($name);": ['x 1'],
    "my %S = (project => 'p', action => 'a');\nwhile (my ($name, $short) = each %S) { $q->param($short) }": [
      'p 2',
      'a 2',
    ],
  },
  'through subs that are handed the name, or the query': {
    "sub get { my ($n) = @_; return $q->param($n) }\nget('x');\nget('y');": ['x 2', 'y 3'],
    "sub get { my ($n, $default) = @_; my $v = $q->param($n); return defined $v ? $v : $default }\nsub num { return get($_[0], 0) }\nnum('x');":
      ['x 3'],
    "show(CGI->new);\nsub show { my $in = shift; $in->param('x') }": ['x 2'],
    "package App; sub new { bless { input => CGI->new } }\nsub run { my $self = shift; $self->{input}->param('x') }":
      ['x 2'],
  },
  'in methods of the classes of the site': {
    "my $f = new Form(1);\npackage Form; sub new { $q->param('x') } sub never { }": ['x 2'],
    "Form->new->show;\npackage Form; sub new { bless {} } sub show { $q->param('y') }": ['y 2'],
  },
  'and nothing else': {
    "# $q->param('x')\n=pod\n\nparam('x')\n\n=cut\nmy $t = 'param(\"x\")'; 1;\n__END__\nparam('x')": [],
    "my $t = HTML::Template->new; $t->param(title => 'x'); $q->param('x', 'set'); $q->param(-name => 'y', -value => 1);":
      [],
    "sub param { return $conf{$_[0]} }\nparam('x');": [],
    "my $s = CGI::Session->new; $s->param('x');": [],
  },
};

for (const [what, list] of Object.entries(cases)) {
  t.test(`parameters are found ${what}`, async (t) => {
    for (const [script, parameters] of Object.entries(list)) t.same(parametersOf(script), parameters, script);
  });
}

t.test('a module counts where the script calls it, and its place says from where', async (t) => {
  const modules = {
    'Shop.pm':
      "package Shop;\nsub page { $q->param('page') }\nsub sort_by { $q->param('sort') }\nsub top { page() }",
  };
  const { parameters } = read('use Shop;\n\ntop();\nShop::top();', modules);
  t.match(parameters, [
    { name: 'page', places: [{ file: 'Shop.pm', line: 2, sub: 'page', calledAt: [3, 4] }] },
  ]);
  t.equal(parameters.length, 1);
  const inSub = read('use Shop;\nshow();\nsub show {\n  top();\n}', modules).parameters;
  t.match(
    inSub,
    [{ places: [{ calledAt: [4] }] }],
    'the line that calls the module, and none that leads there',
  );
  t.equal(inSub[0]?.places[0]?.calledAt.length, 1);
});

t.test('what stands in for a parameter is known, and what it is compared with', async (t) => {
  const { parameters } = read(`
    my $a = $q->param('a') || 'show'; my $n = param('n') || 10; my $d = $q->param('d') // '';
    if ($a eq 'add' or 'x' ne $a) { } $a =~ /^(edit|view)$/; param('n') == 5;
  `);
  t.match(parameters, [
    {
      name: 'a',
      fallback: { text: 'show', isNumber: false, operator: '||' },
      values: ['add', 'x', 'edit', 'view'],
    },
    { name: 'n', fallback: { text: '10', isNumber: true, operator: '||' }, values: ['5'] },
    { name: 'd', fallback: { text: '', isNumber: false, operator: '//' }, values: [] },
  ]);
});

t.test('what cannot be told is said, with its place', async (t) => {
  const doubts = (script: string): string[] =>
    read(script).doubts.map(({ what, place }) => `${place.line} ${what}`);
  t.same(doubts('\n$q->param($names[$i]);'), ['2 the name of the parameter $names[$i]']);
  t.same(doubts('foreach my $p ($q->param) { $q->param($p) }'), [
    '1 which parameters it goes through: all there are',
    '1 the name of the parameter $p',
  ]);
  t.same(doubts("$thing->param('x');"), ['1 whether $thing-> is the query']);
  t.same(doubts('my $text = $ENV{QUERY_STRING};\nrequire "$dir/x.pl"; require "y.pl"; do $file;'), [
    '1 which parameters it reads out of the request by hand',
    '2 which file it loads: "$dir/x.pl"',
    '2 which file it loads: $file',
  ]);
  t.same(doubts("param('x');\n'open"), ['2 what begins here, and perhaps what follows']);
});

t.test('what a parameter chooses is a branch, with the subs it calls', async (t) => {
  const branches = (script: string): unknown[] =>
    read(script).branches.map(({ parameter, value, subs, places }) => [
      `${parameter}=${value}`,
      ...subs,
      linesOf(places).join(),
    ]);
  const subs = 'sub show { } sub add { }';
  t.same(
    branches(
      `my $a = $q->param('a');\nif ($a eq 'show') { show() }\nelsif ($a eq 'add') { add(); show() }\n${subs}`,
    ),
    [
      ['a=show', 'show', '2'],
      ['a=add', 'add', 'show', '3'],
    ],
  );
  t.same(branches(`my %DO = (show => \\&show, add => \\&add);\n$DO{ $q->param('a') }->();\n${subs}`), [
    ['a=show', 'show', '2'],
    ['a=add', 'add', '2'],
  ]);
  t.same(branches(`my $do = { show => sub { 1 }, add => sub { 2 } };\nmy $a = param('a');\n$do->{$a}->();`), [
    ['a=show', '3'],
    ['a=add', '3'],
  ]);
  t.same(branches("my $a = $q->param('a'); if ($a eq 'only') { }"), [], 'one value is no choice');
  t.match(read("my $a = $q->param('a'); &$a();").doubts, [{ what: 'which subs it calls by the name in $a' }]);
});
