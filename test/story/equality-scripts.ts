import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What each echo prints first: `NAME=value` follow, a line each, and what it has read. */
export const echoMark = 'echo of a request\n';

const perlEcho = String.raw`
my ($read, $said) = ('', 0);
while (my $n = sysread STDIN, my $some, 65536) { $read .= $some }
print map { (my $v = $ENV{$_}) =~ s/\n/\\n/g; "$_=$v\n" } sort keys %ENV;
print 'argv=', join('|', @ARGV), "\n", 'stdin=', length $read, ' ', md5_hex($read), "\n", 'cwd=', getcwd(), "\nzero=$0\n";
`;

const echo = String.raw`#!/usr/bin/perl -w
use Digest::MD5 'md5_hex'; use Cwd;
print "Content-Type: text/plain\n\n${'echo of a request'}\n";
${perlEcho}`;

/** What a script prints before its body, by name; \`h-NAME.pl\` prints it. Escapes are Perl's. */
const heads: Readonly<Record<string, string>> = {
  'status-words': String.raw`Status: 404 Odd Words; of (it)\nContent-Type: text/html\n\n<p>hi`,
  'status-bare': String.raw`Status: 404\nContent-Type: text/html\n\nhi`,
  'status-201': String.raw`Status: 201 Created\nLocation: /made/1\nContent-Type: text/plain\n\nmade`,
  'status-401': String.raw`Status: 401 No\nWWW-Authenticate: Basic realm="a b"\nContent-Type: text/plain\n\nno`,
  'status-204': String.raw`Status: 204 Nothing\nX-A: b\n\n`,
  'status-204-body': String.raw`Status: 204\nContent-Type: text/plain\n\nbody`,
  'status-304': String.raw`Status: 304\nETag: "x"\n\n`,
  'status-503': String.raw`Status: 503 Later\nRetry-After: 1\nContent-Type: text/plain\n\nlater`,
  'status-600': String.raw`Status: 600 Six\nContent-Type: text/plain\n\nsix`,
  'status-999': String.raw`Status: 999\nContent-Type: text/plain\n\nb`,
  'status-abc': String.raw`Status: abc\nContent-Type: text/plain\n\nb`,
  'status-last': String.raw`Content-Type: text/plain\nStatus: 202 Late\n\nb`,
  'location-absolute': String.raw`Location: http://example.org/y?a=1&b="2"\n\n`,
  'location-302': String.raw`Status: 302 Moved Over\nLocation: /x?y\nContent-Type: text/html\n\n<a href="/x">x</a>`,
  'location-303': String.raw`Status: 303\nLocation: ../up\n\n`,
  'location-relative': String.raw`Location: echo.pl\n\n`,
  'location-local': String.raw`Location: /cgi-bin/echo.pl/more?x=1;y\nSet-Cookie: a=b\nX-First: 1\n\n`,
  'location-file': String.raw`Location: /help.html\nSet-Cookie: a=b\n\n`,
  'location-missing': String.raw`Location: /missing.html\n\n`,
  'location-twice': String.raw`Location: /cgi-bin/h-location-local.pl\nX-Zero: 0\n\n`,
  cookies: String.raw`Set-Cookie: a=1; path=/; expires=Thu, 01-Jan-2026 00:00:00 GMT\nSet-Cookie: b=2\nSet-Cookie: a=3\nContent-Type: text/plain\n\nx`,
  'fields-repeated': String.raw`X-D: 1\nVary: A\nX-D: 2\nVary: B\nCache-Control: no-cache\nCache-Control: private\nContent-Type: text/plain\n\nx`,
  'fields-case': String.raw`content-type: text/plain\nx-lower: a\nX-UPPER: b\nLast-modified: x\n\nx`,
  'fields-latin1': String.raw`X-L: caf\xe9 \xa0 \xff\nContent-Type: text/plain; charset=iso-8859-1\n\ncaf\xe9`,
  'fields-odd': String.raw`X-Empty:\nX-Tab:\tt\t\nX_Under: u\nX-Colon: a:b: c\nContent-Type: text/plain\n\nx`,
  'fields-long': String.raw`X-Long: ${'${\\("v" x 7000)}'}\nContent-Type: text/plain\n\nx`,
  'fields-many': String.raw`${'@{[join "", map "X-N$_: $_\\n", 1 .. 80]}'}Content-Type: text/plain\n\nx`,
  'fields-way': String.raw`Connection: close, X-Named\nX-Named: 1\nKeep-Alive: timeout=1\nDate: then\nServer: me\nTransfer-Encoding: chunked\nTrailer: X\nContent-Type: text/plain\n\nx`,
  'type-none': String.raw`X-A: b\n\nx`,
  'type-upper': String.raw`Content-Type: TEXT/Plain; Charset=X\n\nx`,
  'type-two': String.raw`Content-Type: text/plain\nContent-Type: text/html\n\nx`,
  crlf: String.raw`Content-Type: text/plain\r\nX-B: c\r\n\r\nz\r\n`,
  'length-right': String.raw`Content-Length: 6\nContent-Type: text/plain\n\nabcdef`,
  'length-short': String.raw`Content-Length: 3\nContent-Type: text/plain\n\nabcdef`,
  'length-long': String.raw`Content-Length: 60\nContent-Type: text/plain\n\nabcdef`,
  ranges: String.raw`Accept-Ranges: bytes\nContent-Type: text/plain\n\n0123456789`,
  'bad-none': String.raw`hello\n`,
  'bad-empty': '',
  'bad-blank': String.raw`\n\nbody`,
  'bad-open': String.raw`Content-Type: text/plain\n`,
  'bad-folded': String.raw`X: a\n b\nContent-Type: text/plain\n\nx`,
  'bad-space': String.raw`Content-Type : text/plain\n\nx`,
  'bad-html': String.raw`<html>no head</html>\n\n`,
};

const perl = (text: string): string => `#!/usr/bin/perl\n${text}`;
/** Reads all of the body first: behind mod_cgid the answer of a script that does not is cut, sooner or later. */
const reader = (text: string): string => perl(`1 while sysread STDIN, my $body, 65536; ${text}`);
const plain = String.raw`print "Content-Type: text/plain\n\n"; `;

const scripts: Readonly<Record<string, string>> = {
  'echo.pl': echo,
  'sub/echo.cgi': echo,
  'sub/deep/echo.pl': echo,
  'echo.py': `#!/usr/bin/python3
import hashlib, os, sys
d = sys.stdin.buffer.read()
e = b''.join(k + b'=' + v.replace(b'\\n', b'\\\\n') + b'\\n' for k, v in sorted(os.environb.items()))
a = '|'.join(sys.argv[1:]).encode('utf-8', 'surrogateescape')
sys.stdout.buffer.write(b'Content-Type: text/plain\\n\\n${echoMark.trim()}\\n' + e + b'argv=' + a + b'\\nstdin=%d %s\\n' % (len(d), hashlib.md5(d).hexdigest().encode()))
`,
  'echo.sh': `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n${echoMark.trim()}\\n'; env | LC_ALL=C sort; echo "argv=$*"; printf 'stdin='; md5sum\n`,
  'nph-echo.pl': String.raw`#!/usr/bin/perl
use Digest::MD5 'md5_hex'; use Cwd;
print "HTTP/1.1 299 Own Words\r\nContent-Type: text/plain\r\nX-A: b\r\nX-A: c\r\n\r\n${'echo of a request'}\n";
${perlEcho}`,
  'nph-lines.pl': String.raw`#!/usr/bin/perl
1 while sysread STDIN, my $body, 65536; print "HTTP/1.0 200 OK\nContent-Type: text/plain\n\nlines\n";
`,
  // The fields of a form as CGI.pm reads them, and its files.
  'form.pl':
    perl(String.raw`use CGI; my $q = CGI->new; 1 while sysread STDIN, my $rest, 65536; print $q->header('text/plain');
for my $name ($q->multi_param) { print map { my $file = ref $_ ? do { local $/; my $text = <$_>; " file $text" } : ''; "$name: $_$file\n" } $q->multi_param($name) }
print "error: ", $q->cgi_error || '', "\n", 'url: ', $q->url_param('a') || '', "\n", map { "cookie $_=" . $q->cookie($_) . "\n" } sort $q->cookie;
`),
  'prints-first.pl': perl(
    String.raw`$| = 1; ${plain} print "begun\n"; my $n = 0; while (my $r = sysread STDIN, my $b, 4096) { $n += $r } print "read $n\n";`,
  ),
  'reads-some.pl': perl(
    String.raw`${plain} my $n = sysread STDIN, my $b, 10; print 'read ', defined $n && $n > 0 ? 'some' : 'nothing', "\n";`,
  ),
  'flushes.pl': reader(
    String.raw`$| = 1; ${plain} for (1 .. 5) { print "line $_\n"; select undef, undef, undef, 0.002 }`,
  ),
  'gzip.pl': reader(
    String.raw`print "Content-Type: text/html\nContent-Encoding: gzip\n\n", pack 'H*', '${gzipSync('<p>small</p>').toString('hex')}';`,
  ),
  'binary.pl': reader(
    String.raw`print "Content-Type: application/octet-stream\n\n", map { pack 'C*', 0 .. 255 } 1 .. 40;`,
  ),
  'big.pl': reader(
    String.raw`${plain} my $line = join('', 'a' .. 'z') x 2 . "\n"; print $line x 1000 for 1 .. 60;`,
  ),
  'sse.pl': reader(
    String.raw`$| = 1; print "Content-Type: text/event-stream\nCache-Control: no-cache\n\n"; print "id: $_\ndata: tick\n\n" for 1 .. 4;`,
  ),
  'parts.pl': reader(
    String.raw`$| = 1; print "Content-Type: multipart/x-mixed-replace;boundary=END\n\n"; print "--END\r\nContent-Type: text/plain\r\n\r\n$_\r\n" for 1 .. 3; print "--END--\r\n";`,
  ),
  'dies-early.pl': reader('die "early";'),
  'dies-in-head.pl': reader(String.raw`$| = 1; print "Content-Type: text/plain\n"; die "in the head";`),
  'dies-late.pl': reader(String.raw`${plain} print "half"; die "late";`),
  'exits-3.pl': reader(String.raw`${plain} print "three"; exit 3;`),
  'warns.pl': reader(String.raw`use warnings; warn "a warning"; ${plain} print "warned" . undef;`),
  'taint.pl': `#!/usr/bin/perl -T\n1 while sysread STDIN, my $body, 65536; ${plain} print "\${^TAINT}\\n";\n`,
  'env.pl': `#!/usr/bin/env perl\n1 while sysread STDIN, my $body, 65536; ${plain} print "by env\\n";\n`,
  noext: echo,
  ...Object.fromEntries(
    Object.entries(heads).map(([name, head]) => [`h-${name}.pl`, reader(`print qq{${head}};\n`)]),
  ),
};

/** Scripts that stay in memory on the way that keeps them: all of Perl, but for those that cannot. */
export const keptScripts = Object.keys(scripts).filter(
  (name) => name.endsWith('.pl') && !name.startsWith('taint'),
);

/** Scripts that print what they were asked. */
export const echoes = [
  'echo.pl',
  'echo.py',
  'echo.sh',
  'nph-echo.pl',
  'sub/echo.cgi',
  'sub/deep/echo.pl',
  'noext',
];

/** All others that answer. */
export const answers = Object.keys(scripts).filter((name) => !echoes.includes(name));

/** Files of the document root, of types that old sites have. */
const pages: Readonly<Record<string, string>> = {
  'empty.txt': '',
  'text.txt': 'caf\xe9\n'.repeat(300),
  'page.htm': '<p>caf\xe9',
  'sheet.xml': '<a/>',
  'code.js': 'var a;',
  'pack.tar.gz': 'not really',
  'page.html.gz': 'nor this',
  noext: 'of no type',
  'caf\xe9.txt': 'latin-1 in its name',
  'with space.txt': 'a space',
  'sub/index.html': '<p>the index of a folder',
  'bare/page.html': '<p>a folder without an index',
  '.hidden': 'hidden',
  '.htaccess': 'Deny from all',
};

/** Writes all of them below a site's folder. */
export function writeScriptsAndPages(root: string): void {
  const write = (file: string, text: string, mode: number): void => {
    const path = Buffer.from(join(root, file), 'latin1');
    mkdirSync(dirname(path.toString('latin1')), { recursive: true });
    writeFileSync(path, text, 'latin1');
    chmodSync(path, mode);
  };
  for (const [name, text] of Object.entries(scripts)) write(`cgi-bin/${name}`, text, 0o755);
  write('cgi-bin/not-executable.pl', echo, 0o644);
  for (const [name, text] of Object.entries(pages)) write(`htdocs/${name}`, text, 0o644);
}
