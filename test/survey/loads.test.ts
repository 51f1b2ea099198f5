import t from 'tap';
import { loadsOf } from '../../src/survey/loads.ts';
import { remarksOf } from '../../src/survey/remarks.ts';
import { readFile } from '../../src/survey/unit.ts';

const of = (text: string) => loadsOf(readFile({ name: 'x.pl', text }));

t.test('folders of modules are those of use lib and @INC', async (t) => {
  const folders = (text: string): string[] =>
    of(text).folders.map(({ path, isPartial }) => (isPartial ? `…${path}` : path));
  t.same(folders('use lib "$FindBin::Bin/../lib", \'/srv/lib\'; use lib qw(a b);'), [
    './../lib',
    '/srv/lib',
    'a',
    'b',
  ]);
  t.same(folders('use FindBin qw($Bin); use lib "$Bin/lib"; use lib dirname(__FILE__) . \'/perl\';'), [
    './lib',
    './perl',
  ]);
  t.same(folders("BEGIN { unshift @INC, './here', \"$ENV{SHOP}/perl\"; push(@INC, '/there') }"), [
    './here',
    '…perl',
    '/there',
  ]);
});

t.test('modules and files are those that it names', async (t) => {
  const { modules, files } =
    of(`use strict; use 5.006; use Shop::Cart qw(add); require Shop; use base 'Shop::Base';
    use parent -norequire, 'Shop::P'; require "cgi-lib.pl"; do './conf.pl'; require "$dir/x.pl"; do { 1 } while 0;
    $o->require('no.pl'); # use Comment;
    eval { require Maybe };`);
  t.same(modules, ['strict.pm', 'Shop/Cart.pm', 'Shop.pm', 'Shop/Base.pm', 'Shop/P.pm', 'Maybe.pm']);
  t.same(files, [
    { path: 'cgi-lib.pl', isPartial: false },
    { path: './conf.pl', isPartial: false },
    { path: 'x.pl', isPartial: true },
  ]);
});

t.test('the remarks at the top of a script are kept as they are laid out', async (t) => {
  const text =
    '#!/usr/bin/perl -w\n\n# $Id: x.pl,v 1.2 $\n# the cart\n#\n#   x.pl?a=1      adds\n# caf\xe9\n###########\nuse strict;\n# no more\n';
  t.same(remarksOf(text), ['the cart', '', '  x.pl?a=1      adds', 'café']);
  t.same(remarksOf('use strict;\n'), []);
  t.same(remarksOf('# a\tb\n'), ['a b']);
  t.same(remarksOf('# caf\xc3\xa9 \x1b[2J\n'), ['café ?[2J'], 'UTF-8 where it is that, and no tricks');
});
