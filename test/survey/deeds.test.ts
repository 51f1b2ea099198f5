import t from 'tap';
import { read } from './read.ts';

t.test('statements are found wherever they stand, with what they are given', async (t) => {
  const of = (script: string): unknown[] =>
    read(script).statements.map(({ verb, text, isComputed, values, method, additions }) =>
      [
        verb,
        text.replace(/\s+/g, ' ').trim(),
        isComputed ? 'computed' : '',
        values ?? '',
        method ?? '',
        ...additions,
      ].join(' | '),
    );
  t.same(of("$dbh->do('UPDATE t SET a = ?', undef, $x, 1);"), [
    'UPDATE | UPDATE t SET a = ? |  | $x, 1 | do',
  ]);
  t.same(of('my $h = $dbh->prepare(<<SQL);\nSELECT a\n  FROM t WHERE b = ?\nSQL\n$h->execute($id, 2);'), [
    'SELECT | SELECT a FROM t WHERE b = ? |  | $id, 2 | prepare',
  ]);
  t.same(
    of(
      'my $sql = "SELECT a FROM t";\n$sql .= " WHERE b = \'$b\'" if $b;\n$dbh->selectall_arrayref($sql, undef, @v);',
    ),
    ["SELECT | SELECT a FROM t | computed | @v | selectall_arrayref |  WHERE b = '$b'"],
  );
  t.same(of("$dbh->do('DELETE FROM ' . $table . ' WHERE id = ?', undef, 7);"), [
    'DELETE | DELETE FROM $table WHERE id = ? | computed | 7 | do',
  ]);
  t.same(of('print "Update your address"; my $t = "Delete from cart"; # SELECT a FROM t'), []);
  t.match(read("$dbh->do('DELETE FROM ' . $table);").tables, [], 'a table whose name is computed has none');
});

t.test('what is done outside is found, and what kind it is', async (t) => {
  const of = (script: string): string[] => read(script).effects.map(({ kind, what }) => `${kind}: ${what}`);
  t.same(of('open(F, "> $x"); open(my $f, \'>>\', $y); open F, ">$z" or die; open(G, "+<$w");'), [
    'file: open(F, "> $x")',
    "file: open(my $f, '>>', $y)",
    'file: open F, ">$z"',
    'file: open(G, "+<$w")',
  ]);
  t.same(of('open(F, $x); open(F, "<$x"); open(my $f, "<", $y); my $n = "> out"; open(O, $n);'), [
    'reads a file: open(F, $x)',
    'reads a file: open(F, "<$x")',
    'reads a file: open(my $f, "<", $y)',
    'file: open(O, $n)',
  ]);
  t.same(
    of('open(M, "|/usr/lib/sendmail -t"); open(M, "| $mailprog"); open(P, "ls |"); open(P, "-|", "ls");'),
    [
      'mail: open(M, "|/usr/lib/sendmail -t")',
      'mail: open(M, "| $mailprog")',
      'program: open(P, "ls |")',
      'program: open(P, "-|", "ls")',
    ],
  );
  t.same(of('system("rm", $x); my $d = `date`; my $m = qx(mail $to); unlink $x; rename($a, $b); exec "x"'), [
    'program: system("rm", $x)',
    'program: `date`',
    'mail: qx(mail $to)',
    'file: unlink $x',
    'file: rename($a, $b)',
    'program: exec "x"',
  ]);
  t.same(
    of(
      "LWP::UserAgent->new; new MIME::Lite(To => 1); HTTP::Tiny->new->get($u); IO::Socket::INET->new(1); tie %d, 'DB_File', 'x';",
    ).map((each) => each.split(':')[0]),
    ['network', 'mail', 'network', 'network', 'file'],
  );
  t.same(of('print OUT $x; $file->open(1); my %h = (open => 1, system => 2); $o->system'), []);
});

t.test('what is answered besides the page', async (t) => {
  const of = (script: string): string[] => read(script).answers.map(({ what, text }) => `${what} ${text}`);
  t.same(
    of(
      'print $q->redirect(\'/a\'); print redirect(-uri => "/b?x=$x", -status => 301); print "Location: /c\\n\\n";',
    ),
    ['redirect /a', 'redirect /b?x=*', 'redirect /c'],
  );
  t.same(
    of(
      "print header('text/plain'); print $q->header(-type => 'text/xml', -status => '404 Not Found'); print \"Status: 500 Oops\\n\";",
    ),
    ['type text/plain', 'status 404 Not Found', 'type text/xml', 'status 500 Oops'],
  );
  t.same(
    of(
      "$q->cookie(-name => 'a', -value => 1); new CGI::Cookie(-name => 'b', -value => 2); print \"Set-Cookie: c=3\\n\";",
    ),
    ['cookie a', 'cookie b', 'cookie c'],
  );
  t.same(of("go('/x');\ngo('/y');\nsub go { my $where = shift; print $q->redirect($where) }"), [
    'redirect /x',
    'redirect /y',
  ]);
  t.same(
    read(
      "$q->cookie('a'); cookie('b'); $ENV{HTTP_COOKIE}; fetch CGI::Cookie; my $s = CGI::Session->new; $s->cookie;",
    ).cookies.map(({ name }) => name),
    ['a', 'b', null, null],
  );
});

t.test('what is asked of the request has its name in a port', async (t) => {
  const of = (script: string): string[] =>
    read(script).requests.map(({ name, inPort }) => `${name} ${inPort ?? 'nothing'}`);
  t.same(
    of(
      '$ENV{REMOTE_ADDR}; $ENV{\'HTTP_USER_AGENT\'}; $q->request_method; referer(); $ENV{SHOP_CONF}; $ENV{REMOTE_USER}; "$ENV{PATH_INFO}";',
    ),
    [
      'REMOTE_ADDR request.clientAddress',
      "HTTP_USER_AGENT request.header('user-agent')",
      'REQUEST_METHOD request.method',
      "HTTP_REFERER request.header('referer')",
      "SHOP_CONF process.env['SHOP_CONF']",
      'REMOTE_USER nothing',
      'PATH_INFO request.path',
    ],
  );
});

t.test('what Perl does another way is pointed out', async (t) => {
  const of = (script: string): string[] => read(script).minds.map(({ code }) => code);
  const cases: Record<string, string[]> = {
    "my $n = $q->param('n'); print $n * 2;": ['parameter as number'],
    "my $n = $q->param('n'); if ($n) { }": ['parameter as truth'],
    "my $n = $q->param('n'); print $n;": [],
    'printf "%d", $x % 3;': ['sprintf', 'modulo'],
    'my %h = (a => 1); my @l = split(/,/, $x); int($y); rand; time;': ['int', 'time', 'rand', 'split'],
    'my @t = localtime; strftime("%Y", @t)': ['localtime'],
    'if ($x =~ /^\\d+$/) { }': ['end of line'],
    '$x =~ /^\\S+@[^\\s]+$/; $x =~ s/\\s+//g;': ['end of line', 'white space'],
    '$x =~ /a\\\\s/; $x =~ tr/a-z//d; split(/\\w\\d/, $y);': ['split'],
    '$x =~ s/[\\r\\n]+$//; $x =~ /a$b/;': [],
    'foreach (keys %h) { } foreach (sort keys %h) { } my $n = keys %h;': ['order of keys'],
    'sort { $a <=> $b } @x; sort { $a cmp $b } @x;': ['numeric sort'],
    '$| = 1; sleep 1;': ['piece by piece'],
    "$dbh->begin_work; $dbh->do('LOCK TABLES a READ'); $dbh->do('SELECT GET_LOCK(?, 1)');": [
      'own transaction',
    ],
    '$dbh->{mysql_insertid}; $dbh->last_insert_id;': ['new id'],
    'eval $text; eval { safe() };': ['code in text'],
  };
  for (const [script, codes] of Object.entries(cases)) t.same(of(script), codes, script);
});
