import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { conf } from '../../ports/lib/conf.ts';
import { repository } from '../../scripts/shop/shop.ts';

t.test('a setting of the shop is what Shop.pm reads; one that is not there fails the port', async (t) => {
  const file = join(t.testdir(), 'shop.conf');
  const lines = [
    '# a comment = none',
    '  # another = one',
    '',
    'upload_dir = /var/spool/shop/upload  ',
    'db_dsn=dbi:mysql:database=shop;host=127.0.0.1',
    '\tshop_name  =\tCaf\xe9 # noir\r',
    'empty =',
    'twice = first',
    'twice = last',
    'no sign of equality',
    'two words = none',
  ];
  writeFileSync(file, lines.join('\n'), 'latin1');
  process.env['SHOP_CONF'] = file;
  const names = ['upload_dir', 'db_dsn', 'shop_name', 'empty', 'twice'];
  const program = 'print join "\\n", map { conf($_) } @ARGV';
  const lib = join(repository, 'legacy-stub/lib');
  const said = execFileSync('/usr/bin/perl', [`-I${lib}`, '-MShop', '-e', program, ...names], {
    encoding: 'latin1',
    env: { SHOP_CONF: file },
  });
  t.same(names.map(conf), said.split('\n'));
  for (const name of ['no', 'words', 'a', 'another', 'db_user']) t.throws(() => conf(name), /has no/, name);
});
