import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const echo = String.raw`#!/usr/bin/perl -w
print "Content-Type: text/plain\n\n";
print map { "$_=$ENV{$_}\n" } sort keys %ENV;
print "ARGV ", join('|', @ARGV), "\n", "CWD ", ${'`pwd`'}, "ZERO $0 FILE ", __FILE__, " LINE ", __LINE__, "\n";
printf "UMASK %o WARN %s CALLER %s\n", umask, $^W, defined caller ? 'yes' : 'no';
my $body = do { local $/; <STDIN> };
print "BODY ", defined $body ? length($body) . " $body" : 'none', "\n";
`;

const semantics = String.raw`#!/usr/bin/perl
print "Content-Type: text/plain\n\n";
BEGIN { $main::order = 'begin ' }
END { print $main::order, "end $?\n" }
$main::order .= 'main ';
sub counted { our $count++; return $count }
print 'count ', counted(), "\n", 'data ', <DATA>;
seek DATA, 0, 0;
print 'first line ', scalar <DATA>;
printf "tty %s pipes %s socket %s\n", -t STDIN ? 1 : 0, $| , -S STDOUT ? 1 : 0;
print "young\n" if time - $^T < 5;
exit 3;
__END__
one
two
`;

/** What CGI::Carp has taken over, what it knows of itself, and what all that says and prints. */
const carpSeen = String.raw`
sub code { ref $_[0] eq 'CODE' ? B::svref_2object($_[0])->GV->STASH->NAME : $_[0] || 'none' }
BEGIN { require B; delete $ENV{SERVER_ADMIN}; open STDERR, '>&', STDOUT; $| = 1; print "Content-Type: text/plain\n\n" }
END { print "ends $?\n" }
sub seen {
  print "read ", $INC{'CGI/Carp.pm'} || 'no', ' warn ', code($SIG{__WARN__}), ' die ', code($SIG{__DIE__}), ' ',
    code(defined &CORE::GLOBAL::die ? \&CORE::GLOBAL::die : ''), "\n", join(' ', sort grep { /^[a-zA-Z]/ } keys %CGI::Carp::), "\n";
}
seen();
eval { die "caught" }; print $@;
eval { CGI::Carp::confess("deep") }; print $@ =~ /(CGI::Carp::\w+)/ ? "$1\n" : "nothing\n";
`;

/** What a script prints before its body, by name; `h-NAME.pl` prints it. Escapes are Perl's. */
const heads: Readonly<Record<string, string>> = {
  local: String.raw`Location: /cgi-bin/echo.pl?x=1\nSet-Cookie: a=b\nX-First: 1\n\n`,
  'local-200': String.raw`Status: 200 OK\nLocation: /cgi-bin/echo.pl/more\n\n`,
  'local-page': String.raw`Location: /help.html\n\n`,
  circle: String.raw`Location: /cgi-bin/h-circle.pl\n\n`,
  found: String.raw`Status: 302 Found\nLocation: /x\nContent-Type: text/html\n\n`,
  elsewhere: String.raw`Location: http://example.org/y\n\n`,
  relative: String.raw`Location: echo.pl\n\nbody`,
  '404': String.raw`Status: 404 Nope Nope\nContent-Type: text/html\n\nhi`,
  '204': String.raw`Status: 204\n\n`,
  '304': String.raw`Status: 304\n\n`,
  abc: String.raw`Status: abc\nContent-Type: text/plain\n\nb`,
  '999': String.raw`Status: 999\nContent-Type: text/plain\n\nb`,
  none: String.raw`hello\n`,
  empty: '',
  'no-blank': String.raw`Content-Type: text/plain\n`,
  folded: String.raw`X: a\n b\nContent-Type: text/plain\n\nx`,
  space: String.raw`Content-Type : text/plain\n\nx`,
  repeated: String.raw`Set-Cookie: a=1\nSet-Cookie: b=2\nX-D: 1\nX-D: 2\nContent-Type: TEXT/Plain; charset=X\n\nx`,
  'wrong-length': String.raw`Content-Length: 3\nContent-Type: text/plain\n\nabcdef`,
  connection: String.raw`Date: x\nServer: y\nConnection: close\nContent-Type: text/plain\n\nz`,
  crlf: String.raw`Content-Type: text/plain\r\nX-B: c\r\n\r\nz`,
  latin1: String.raw`X-L: caf\xe9\nContent-Type: text/plain\n\nz`,
  etag: String.raw`ETag: \"abc\"\nContent-Type: text/plain\n\nz`,
  modified: String.raw`Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\nContent-Type: text/plain\n\nz`,
};

const scripts: Readonly<Record<string, string>> = {
  'echo.pl': echo,
  'sub/echo.pl': echo,
  'semantics.pl': semantics,
  'echo.sh': '#!/bin/sh\necho "Content-Type: text/plain"; echo; echo "ARGS $*"; env | sort; cat\n',
  'length.py':
    '#!/usr/bin/python3\nimport sys\nd = sys.stdin.buffer.read()\nsys.stdout.write("Content-Type: text/plain\\n\\n%d\\n" % len(d))\n',
  'nph-own.pl': String.raw`#!/usr/bin/perl
print "HTTP/1.1 299 Nph Custom\r\nContent-Type: text/plain\r\nX-A: b\r\n\r\nbody\n";
`,
  'die-early.pl': '#!/usr/bin/perl\ndie "early";\n',
  'die-late.pl': String.raw`#!/usr/bin/perl
print "Content-Type: text/plain\n\nhalf"; die "late";
`,
  'killed.pl': String.raw`#!/usr/bin/perl
$| = 1; print "Content-Type: text/plain\n\nhalf"; kill 9, $$; sleep 1;
`,
  // Prints more than a pipe holds before it reads anything.
  'print-first.pl': String.raw`#!/usr/bin/perl
print "Content-Type: text/plain\n\n", 'x' x 300_000; my $n = 0; while (read STDIN, my $b, 65536) { $n += length $b } print "\n$n";
`,
  'taint.pl': String.raw`#!/usr/bin/perl -T
print "Content-Type: text/plain\n\ntaint ${'${^TAINT}'}\n";
`,
  'carp.pl': `#!/usr/bin/perl -w\nuse strict;\nuse CGI::Carp qw(fatalsToBrowser);\n${carpSeen}die "the end";\n`,
  'carp-late.pl': `#!/usr/bin/perl -w\nmy $x = 1; # use CGI::Carp;\n${carpSeen}require CGI::Carp; seen(); CGI::Carp::croak("the end");\n`,
  'carp-empty.pl': `#!/usr/bin/perl -w\nuse CGI::Carp ();\n${carpSeen}warn "so"; CGI::Carp->import; seen();\n`,
  'carp-none.pl': `#!/usr/bin/perl -w\n${carpSeen}`,
  ...Object.fromEntries(
    Object.entries(heads).map(([name, head]) => [`h-${name}.pl`, `#!/usr/bin/perl\nprint "${head}";\n`]),
  ),
};

/** Writes scripts that show what a script is told, and that answer oddly, into a folder. Returns the URLs of the odd heads. */
export function writeCgiScripts(folder: string): string[] {
  for (const [name, text] of Object.entries(scripts)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, 'latin1');
    chmodSync(file, 0o755);
  }
  symlinkSync('/bin/ls', join(folder, 'outside.cgi'));
  writeFileSync(join(folder, 'not-executable.pl'), '#!/usr/bin/perl\nprint "x";\n');
  return Object.keys(heads).map((name) => `/cgi-bin/h-${name}.pl`);
}
