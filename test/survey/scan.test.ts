import fc from 'fast-check';
import t from 'tap';
import { scanPerl } from '../../src/survey/scan.ts';
import type { Token } from '../../src/survey/token.ts';

/** The tokens, shortly: strings in quotes, patterns between slashes, code in a literal between < and >. */
const briefly = (source: string): string => scanPerl(source).tokens.map(brief).join(' ');

function brief(token: Token): string {
  const inside = token.pieces.map((piece) =>
    typeof piece === 'string' ? piece : `<${piece.map(brief).join(' ')}>`,
  );
  if (token.kind === 'string') return `"${inside.join('')}"`;
  if (token.kind === 'pattern') return `/${inside.join('')}/`;
  if (token.kind === 'words') return `qw(${inside.join(',')})`;
  return token.kind === 'shell' ? `\`${inside.join('')}\`` : token.text;
}

const cases: Record<string, [source: string, tokens: string][]> = {
  'comments are no code, and what looks like one may be': [
    ["f(1); # param('x')\n# 'open\ng();", 'f ( 1 ) ; g ( ) ;'],
    ['$#list + $#{$x} + $#$y', '$#list + $# { $x } + $# $y'],
    ["q#a# . 'b'", '"a" . "b"'],
    ['s#/+#/#g; m#x#', '//+// ; /x/'],
  ],
  'POD and what follows __END__ is no code': [
    ["a();\n\n=head1 param('x')\n\n  'quote\n\n=cut\n\nb();", 'a ( ) ; b ( ) ;'],
    ["a();\n=pod\n\nparam('x')", 'a ( ) ;'],
    ["a();\n__END__\nparam('x')", 'a ( ) ;'],
    ["$x{__END__} . '__DATA__'", '$x { "__END__" } . "__DATA__"'],
  ],
  'a format is no code': [['format STDOUT =\n@<<<< "\n$name\n.\nb();', 'b ( ) ;']],
  'here-documents are read where they are announced': [
    ['print <<A, <<"B"; f();\na $x\nA\nb\nB\ng();', 'print "a <$x>\n" , "b\n" ; f ( ) ; g ( ) ;'],
    ["my $t = <<'A';\n$x 'y\nA\ng();", 'my $t = "$x \'y\n" ; g ( ) ;'],
    ['print <<~A;\n  x\n  A\ng();', 'print "  x\n" ; g ( ) ;'],
    ['print OUT <<A;\nx\nA\n', 'print OUT "x\n" ;'],
    ['print $fh <<A;\nx\nA\n', 'print $fh "x\n" ;'],
    ['print <<`A`;\nls $d\nA\n', 'print `ls <$d>\n` ;'],
    ['print <<A;\r\nx\r\nA\r\ng();', 'print "x\r\n" ; g ( ) ;'],
    ['my $n = 1 << 3; my $m = $n <<2;', 'my $n = 1 << 3 ; my $m = $n << 2 ;'],
  ],
  'a slash divides behind a value, and opens a pattern elsewhere': [
    ['$x / 2 / $y', '$x / 2 / $y'],
    ['if (/a b/) { split /,/, $x }', 'if ( /a b/ ) { split /,/ , $x }'],
    ['$h{x} / 2; f() / 3; time / 60', '$h { "x" } / 2 ; f ( ) / 3 ; time / 60'],
    ['} /x/; return /x/ && $x =~ /y/', '} /x/ ; return /x/ && $x =~ /y/'],
    ['$x // 1; shift // 2', '$x // 1 ; shift // 2'],
    ['$i++ / 2; ++$i', '$i ++ / 2 ; ++ $i'],
  ],
  'sigils and operators are told apart': [
    ['$i % 2; %h; keys %$h; f(%h, &g, *STDOUT)', '$i % 2 ; %h ; keys % $h ; f ( %h , &g , *STDOUT )'],
    ['$x & $y && &z', '$x & $y && &z'],
    [
      '@{$x->{y}}; ${$x}{y}; $$x[0]; ${name}; @{name}',
      '@ { $x -> { "y" } } ; $ { $x } { "y" } ; $ $x [ 0 ] ; $name ; @name',
    ],
    ['$/ = undef; $, . $" . $& . $1 . $$ . $Foo::bar', '$/ = undef ; $, . $" . $& . $1 . $$ . $Foo::bar'],
    ['$x < $y; <$fh>; <STDIN>; <*.txt>', '$x < $y ; <$fh> ; <STDIN> ; <*.txt>'],
    ['-e $file && -s "x"; -name => 1', '-e $file && -s "x" ; "-name" => 1'],
  ],
  'words that could begin a literal are but words where Perl takes them so': [
    ['y => 1, s => 2, q => 3', '"y" => 1 , "s" => 2 , "q" => 3'],
    ['$h{y}{s} . $x->{q} . $o->s(1) . $o->y', '$h { "y" } { "s" } . $x -> { "q" } . $o -> s ( 1 ) . $o -> y'],
    ['sub y { } sub s($$) { }', 'sub y { } sub s { }'],
    ['$x =~ s,a,b,; $x =~ m;c;; s(a)\n {b}x', '$x =~ /ab/ ; $x =~ /c/ ; /ab/'],
    ['tr/a-z/A-Z/; y{a}{b}', '/a-z/ ; /a/'],
  ],
  'literals hold what Perl puts into them': [
    [String.raw`'it\'s' . q(a (b) c) . q{\}}`, `"it's" . "a (b) c" . "}"`],
    [
      String.raw`"a\n\"$x->{b}[0] @{[ f('y') ]} \$z \x41 $h{'k'} me@x"`,
      `"a\n"<$x -> { "b" } [ 0 ]> <@ { [ f ( "y" ) ] }> $z A <$h { "k" }> me<@x>"`,
    ],
    ['"$x [1] $y->method $z->[1] ${\\ g() }"', '"<$x> [1] <$y>->method <$z -> [ 1 ]> <$ { \\ g ( ) }>"'],
    ['/^$x$|\\d{2}$y{3}/', '/^<$x>$|\\d{2}<$y>{3}/'],
    ["s/%(..)/chr(hex($1))/eg; s'$x'$y'", '/%(..)<chr ( hex ( $1 ) )>/ ; /$x$y/'.replace('$x$y', '$x<$y>')],
    ['qw(a b\n c); `ls $d`; qx{w}', 'qw(a,b,c) ; `ls <$d>` ; `w`'],
    ['1..10; 1.5; .5; 1e3; 0x1F; 1_000', '1 .. 10 ; 1.5 ; .5 ; 1e3 ; 0x1F ; 1_000'],
  ],
};

for (const [sentence, list] of Object.entries(cases)) {
  t.test(sentence, async (t) => {
    for (const [source, tokens] of list) t.equal(briefly(source), tokens, source);
  });
}

t.test('every token knows its line, in here-documents too', async (t) => {
  const { tokens } = scanPerl('a(\n<<X, "b\n$c");\n$d\nX\ne();');
  const lines = (list: readonly Token[]): unknown[] =>
    list.flatMap(({ text, line, pieces }) => [
      `${line} ${text.replaceAll('\n', '|')}`,
      ...pieces.flatMap((piece) => (typeof piece === 'string' ? [] : lines(piece))),
    ]);
  t.match(lines(scanPerl('a();\nb(<<X,\nx $y\n$z\nX\n  c);').tokens).join(' '), /2 b .* 3 \$y 4 \$z .*6 c/);
  t.ok(tokens.length > 0);
});

t.test('what nothing closes is said, and the rest is read on', async (t) => {
  t.equal(scanPerl("f();\ng('x);\nh();").lostAt, 2);
  t.match(briefly("f();\ng('x);\nh();"), /h \( \) ;$/);
  t.equal(scanPerl("f('x');").lostAt, null);
});

t.test('whatever is read, it comes to an end and keeps its places', async (t) => {
  const pieces = [
    '"',
    "'",
    '<<A\n',
    '\nA\n',
    'q(',
    's{',
    '}',
    '$',
    '@{',
    '[',
    '=~ /',
    '\\',
    '#',
    '\n=pod\n',
    'x',
    ' ',
    '{',
    ')',
    '%',
    '=>',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      const source = parts.join('');
      let last = 0;
      for (const token of scanPerl(source).tokens) {
        if (token.from < last || token.to > source.length || token.to <= token.from) return false;
        last = token.from + 1;
      }
      return true;
    }),
    { seed: 20031129, numRuns: 3000 },
  );
  t.pass();
});
