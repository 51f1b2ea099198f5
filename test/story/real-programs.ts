import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/shop/shop.ts';

/** Where `sh scripts/setup.sh --with cgi-programs` has unpacked Debian's packages. */
const unpacked = (path: string): string => join(repository, '.cache', path);

/** Everything that programs make of a moment is made of this one, where they let us. */
const then = new Date('2003-04-05T06:07:08Z');

/** What the programs find in their environment, on every way. */
export function programEnvironment(root: string): Record<string, string> {
  return {
    GITWEB_CONFIG: join(root, 'conf/gitweb.conf'),
    BLOSXOM_CONFIG_FILE: join(root, 'conf/blosxom.conf'),
    GIT_PROJECT_ROOT: join(root, 'git'),
    GIT_HTTP_EXPORT_ALL: '1',
  };
}

/** Sets up gitweb, git's own server, AWStats, UseModWiki, Blosxom and mimeTeX below a site's folder. */
export function installPrograms(root: string): void {
  const bin = join(root, 'cgi-bin');
  const run = (file: string, text: string): void => writeFileSync(join(bin, file), text, { mode: 0o755 });
  const environment = Object.entries(programEnvironment(root)).map(
    ([name, value]) => `SetEnv ${name} "${value}"\n`,
  );
  appendFileSync(join(root, 'conf/httpd.conf'), environment.join(''));

  copyFileSync('/usr/share/gitweb/gitweb.cgi', join(bin, 'gitweb.cgi'));
  chmodSync(join(bin, 'gitweb.cgi'), 0o755);
  writeFileSync(
    join(root, 'conf/gitweb.conf'),
    `$projectroot = '${join(root, 'git')}'; $feature{snapshot}{default} = ['tgz']; $feature{search}{default} = [1];\n1;\n`,
  );
  run('git.cgi', '#!/bin/sh\nexec git http-backend\n');
  makeRepository(root);

  mkdirSync(join(bin, 'awstats'));
  copyFileSync(unpacked('awstats/usr/lib/cgi-bin/awstats.pl'), join(bin, 'awstats/awstats.pl'));
  for (const part of ['lib', 'lang']) {
    cpSync(unpacked(`awstats/usr/share/awstats/${part}`), join(bin, 'awstats', part), { recursive: true });
  }
  buildStatistics(root);

  const wiki = readFileSync(unpacked('usemod-wiki/usr/lib/cgi-bin/wiki.pl'), 'latin1');
  const wikiConf = readFileSync(unpacked('usemod-wiki/etc/usemod-wiki/config'), 'latin1');
  const data = join(root, 'wiki');
  writeFileSync(
    join(bin, 'wiki.pl'),
    wiki.replace('/etc/usemod-wiki/config', join(root, 'conf/wiki.conf')),
    'latin1',
  );
  chmodSync(join(bin, 'wiki.pl'), 0o755);
  writeFileSync(join(root, 'conf/wiki.conf'), wikiConf.replace('/var/lib/usemod-wiki', data), 'latin1');
  mkdirSync(join(data, 'page/H'), { recursive: true });
  copyFileSync(unpacked('usemod-wiki/usr/share/usemod-wiki/HomePage.db'), join(data, 'page/H/HomePage.db'));

  copyFileSync(unpacked('blosxom/usr/lib/cgi-bin/blosxom'), join(bin, 'blosxom.cgi'));
  const entries = join(root, 'blog');
  writeFileSync(
    join(root, 'conf/blosxom.conf'),
    `$datadir = '${entries}'; $blog_encoding = 'iso-8859-1';\n1;\n`,
  );
  mkdirSync(join(entries, 'music'), { recursive: true });
  for (const [days, name] of ['first.txt', 'second.txt', 'music/caf\xe9.txt'].entries()) {
    const file = Buffer.from(join(entries, name), 'latin1');
    writeFileSync(file, `About ${name}\n<p>caf\xe9 & more</p>\n`, 'latin1');
    const written = then.getTime() / 1000 + days * 86_400;
    utimesSync(file, written, written);
  }

  copyFileSync(unpacked('mimetex/usr/bin/mimetex'), join(bin, 'mimetex.cgi'));
}

/** A repository with a few commits, one with a file that is no text; the same hashes on every run. */
function makeRepository(root: string): void {
  const bare = join(root, 'git/shop.git');
  const work = join(root, 'git-work');
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'safe.directory=*', '-c', 'init.defaultBranch=main', ...args], {
      cwd: work,
      stdio: 'pipe',
      env: {
        PATH: process.env['PATH'],
        HOME: work,
        ...Object.fromEntries(
          ['AUTHOR', 'COMMITTER'].flatMap((who) => [
            [`GIT_${who}_NAME`, 'Pete'],
            [`GIT_${who}_EMAIL`, 'pete@shop.test'],
            [`GIT_${who}_DATE`, then.toISOString()],
          ]),
        ),
      },
    });
  };
  mkdirSync(work);
  git('init', '-q');
  for (const [file, text] of [
    ['README', 'caf\xe9 records\n'],
    ['lib/Shop.pm', 'package Shop;\n1;\n'],
    ['logo.bin', Array.from({ length: 4096 }, (_, i) => String.fromCharCode((i * 7) % 256)).join('')],
  ] as const) {
    mkdirSync(join(work, file, '..'), { recursive: true });
    writeFileSync(join(work, file), text, 'latin1');
    git('add', '.');
    git('commit', '-q', '-m', `Add ${file} & more`);
  }
  git('clone', '-q', '--bare', work, bare);
  execFileSync('git', ['config', '-f', join(bare, 'config'), 'http.receivepack', 'true']);
  writeFileSync(join(bare, 'description'), 'the shop of 2003\n');
}

/** AWStats' own database, of an access log of three days. */
function buildStatistics(root: string): void {
  const folder = join(root, 'cgi-bin/awstats');
  const visits = Array.from({ length: 90 }, (_, i) => {
    const at = `${String(5 + (i % 3)).padStart(2, '0')}/Apr/2003:0${i % 10}:${String(i % 60).padStart(2, '0')}:00 +0000`;
    const page = ['/index.html', '/cgi-bin/view.pl?sku=1001', '/logo.gif', '/missing'][i % 4];
    return `10.0.0.${i % 7} - - [${at}] "GET ${page} HTTP/1.1" ${i % 4 === 3 ? 404 : 200} ${100 + i} "http://elsewhere.test/?q=vinyl" "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"\n`;
  }).sort((one, other) => one.slice(one.indexOf('[')).localeCompare(other.slice(other.indexOf('['))));
  writeFileSync(join(root, 'access.log'), visits.join(''));
  writeFileSync(
    join(folder, 'awstats.shop.conf'),
    [
      `LogFile="${join(root, 'access.log')}"`,
      `DirData="${folder}"`,
      'LogFormat=1',
      'SiteDomain="shop.test"',
      'HostAliases="shop.test"',
      'DNSLookup=0',
      'SkipHosts=""',
      'AllowToUpdateStatsFromBrowser=0',
    ].join('\n'),
  );
  execFileSync('/usr/bin/perl', [join(folder, 'awstats.pl'), '-config=shop', '-update'], { stdio: 'pipe' });
}
