import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';
import t from 'tap';
import { format } from 'prettier';
import { skeletonOf } from '../../src/survey/skeleton.ts';
import { testSkeletonOf } from '../../src/survey/skeleton-test.ts';
import { read } from './read.ts';

const skeleton = (
  script: string,
  more: { route?: string; remarks?: string[]; hasSession?: boolean } = {},
): string =>
  skeletonOf({
    route: 'x',
    key: more.route ?? 'x.pl',
    files: ['cgi-bin/x.pl'],
    remarks: [],
    hasSession: true,
    ...more,
    survey: read(script),
  });

/** Throws where a text is no TypeScript. */
function compile(text: string): void {
  const script = stripTypeScriptTypes(text)
    .replace(/^import .*$/gm, '')
    .replace('export default', 'void');
  new Script(`(async () => {${script}})`);
}

t.test('a port to begin with takes what the script takes, and leaves the rest to it', async (t) => {
  const text = skeleton(`use CGI; my $q = CGI->new; my $s = CGI::Session->new(undef, $q);
my $action = $q->param('action') || 'show';
my $n = param('n') || 1_000; my @all = param('all'); url_param('u'); upload('f');
param("qty_$n"); param('no-word'); param('d') // 'x';
my $cart = $s->param('cart') || {}; $s->param('seen', 1);
$dbh->selectrow_array('SELECT a FROM t WHERE b = ?', undef, $n);`);
  t.match(text, "action: or(params.get('action'), 'show'), // x.pl:2");
  t.match(text, "n: or(params.get('n'), 1000), // x.pl:3");
  t.match(text, "all: params.all('all'), // x.pl:3");
  t.match(text, "u: urlParams.get('u'), // x.pl:3");
  t.match(text, "f: upload('f'), // x.pl:3");
  t.match(text, "'qty_*': params.names().filter((name) => /^qty_.*$/.test(name)), // x.pl:4");
  t.match(text, "'no-word': params.get('no-word'), // x.pl:4");
  t.match(text, "d: params.get('d') ?? 'x', // x.pl:4");
  t.match(text, "cart: session.get('cart'), // a hash; read x.pl:5");
  t.match(text, "//   session.set('seen', …), x.pl:5");
  t.match(
    text,
    '// x.pl:6: selectrow_array with $n\n  // const { rows } = await db.query(\n  //   `SELECT a FROM t WHERE b = ?`,\n  //   [/* $n */],',
  );
  t.match(text, /\n {2}return legacy\(\);\n\}\);\n/);
  compile(text);
});

t.test('a script that takes nothing is begun, too', async (t) => {
  const text = skeleton('print "Content-Type: text/html\\n\\n";');
  t.match(text, 'async ({ legacy }) => {');
  t.notMatch(text, 'void [');
  compile(text);
});

t.test('a route without a session gives its port none to read', async (t) => {
  const script = "my $s = CGI::Session->new; $s->param('cart');";
  t.match(skeleton(script), "session.get('cart')");
  t.notMatch(skeleton(script, { hasSession: false }), 'session.get(');
});

t.test('it is laid out as prettier would', async (t) => {
  const options = { parser: 'typescript', singleQuote: true, printWidth: 110 };
  for (const script of [
    '1;',
    "my $s = CGI::Session->new; $s->param('a'); param('x') || 'y'; param('z-z'); param('w');",
  ]) {
    const text = skeleton(script);
    t.equal(await format(text, options), text);
    const test = testSkeletonOf({
      port: 'ports/x.ts',
      portFromTest: '../../ports/x.ts',
      script: 'x.pl',
      survey: read(script),
    });
    t.equal(await format(test, options), test);
  }
});

t.test('nothing that stands in a script gets out of the remarks, or into the code', async (t) => {
  const nasty = [
    '*/ process.exit(1) //',
    '`${process.exit(1)}`',
    '\\',
    "'",
    '\u2028process.exit(1)',
    '\r process.exit(1)',
    'gr\xf6\xdfe',
    '\x00',
  ];
  for (const text of nasty) {
    const perl = text.replace(/[\\']/g, '\\$&');
    const script = [
      `param('${perl}') || '${perl}'; if (param('a') eq '${perl}') { } if (param('a') eq 'b') { }`,
      `my $s = CGI::Session->new; $s->param('${perl}'); $s->param('${perl}', 1); $s->expire('${perl}');`,
      `$dbh->do('SELECT x FROM t WHERE ${perl}', undef, '${perl}'); print $q->redirect('${perl}'); system('${perl}');`,
      `param($x{'${perl}'}); $ENV{'${perl}'}; $q->cookie('${perl}'); open(F, '>${perl}');`,
    ].join('\n');
    const made = skeleton(script, { route: text, remarks: [text] });
    t.doesNotThrow(() => compile(made), text);
    const code = made.replace(/\/\*[^]*?\*\/|\/\/[^\r\n\u2028\u2029]*|'(?:[^'\\\r\n]|\\.)*'/g, '');
    t.notMatch(code, 'exit', text);
    compile(testSkeletonOf({ port: text, portFromTest: './x.ts', script: text, survey: read(script) }));
  }
});

t.test('a name in latin-1 is asked for by its bytes', async (t) => {
  t.match(skeleton("param('gr\xf6\xdfe');"), "'gr\\xf6\\xdfe': params.get('gr\\xf6\\xdfe')");
  t.match(
    skeleton("$dbh->do('SELECT `a` FROM t WHERE b = \\'\\\\n\\'');"),
    "`SELECT \\`a\\` FROM t WHERE b = '\\\\n'`",
    'statements as a template has them',
  );
  t.match(skeleton("$dbh->do('SELECT gr\xf6\xdfe FROM t');"), '`SELECT größe FROM t`');
});

t.test('the test names what parameters choose, and else the page and each value that is known', async (t) => {
  const cases = (script: string): string[] =>
    testSkeletonOf({ port: 'x.ts', portFromTest: './x.ts', script: 'x.pl', survey: read(script) })
      .split('apart, and so what to hold the port against it for:\n')[1]
      ?.trimEnd()
      .split('\n') ?? [];
  const [a, b] = ["my $a = param('a');", "my $b = param('b');"];
  t.same(cases("param('a');"), ['// its page without parameters']);
  t.same(cases(`${a} if ($a eq 'email') { }`), ['// its page without parameters', '// a=email']);
  t.same(cases(`${a} ${b} if ($a eq 'x') { } elsif ($a eq 'y') { } if ($b eq '1') { }`), [
    '// a=x',
    '// a=y',
    '// b=1',
  ]);
  t.same(cases(`${a} if ($a ne '') { }`), ['// its page without parameters']);
});
