// Programs that people run, from Debian's packages, as they are: gitweb, AWStats, UseModWiki and Blosxom in Perl, git's
// server and mimeTeX in C. Every page of them is the same from Apache, through the gateway, and from its own runner.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { giveToServers } from '../../scripts/shop/process.ts';
import { differenceOf, inOneLine, seenBy, withoutTcpPorts } from '../helpers/equality.ts';
import { useSite, useWays, type Way } from '../helpers/ways.ts';
import { explanationOf } from './differences.ts';
import { installPrograms, programEnvironment } from './real-programs.ts';

const run = promisify(execFile);
const site = await useSite(t, 'programs', installPrograms);
const ways = await useWays(t, site, {
  kept: ['gitweb.cgi', 'awstats/awstats.pl', 'wiki.pl', 'blosxom.cgi'],
  env: programEnvironment(site.root),
});

/** What a program makes of the moment. */
const momentary = /\d+:\d\d(?::\d\d)? ?(?:am|pm)?|(?<=field (?:Expires|expires): ).*|\b\d{10}\b/g;

async function pageOf(way: Way, target: string, form?: string): Promise<string[]> {
  const head = `${form === undefined ? 'GET' : 'POST'} ${target} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: test\r\n`;
  const framing = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form?.length}\r\n\r\n${form}`;
  const pieces = [head + (form === undefined ? '\r\n' : framing)];
  const asked = { method: form === undefined ? 'GET' : 'POST', target, pieces };
  const lines = await seenBy(way, asked, (body) =>
    body.includes('\0') ? inOneLine(body) : body.split('\n').map((line) => `body: ${line}`),
  );
  return withoutTcpPorts(lines, ways).map((line) => line.replace(momentary, 'THEN'));
}

const gitweb = '/cgi-bin/gitweb.cgi';
const awstats = '/cgi-bin/awstats/awstats.pl?config=shop&month=04&year=2003';
const pages: Readonly<Record<string, readonly string[]>> = {
  gitweb: [
    gitweb,
    ...[
      'a=summary',
      'a=log',
      'a=shortlog;h=HEAD',
      'a=tree',
      'a=blob;f=README',
      'a=blob_plain;f=logo.bin',
      'a=commitdiff;h=HEAD',
      'a=history;f=lib/Shop.pm',
      'a=atom',
      'a=rss',
      'a=snapshot;h=HEAD;sf=tgz',
      'a=search;h=HEAD;st=commit;s=logo',
      'a=blame;f=README',
      'a=nonsense',
    ].map((query) => `${gitweb}?p=shop.git;${query}`),
    `${gitweb}?p=none.git;a=summary`,
    `${gitweb}?a=project_index`,
    `${gitweb}?a=opml`,
    `${gitweb}/shop.git/tree/HEAD:/lib`,
  ],
  AWStats: [
    awstats,
    ...[
      'framename=mainleft',
      'output=urldetail',
      'output=allhosts',
      'output=errors404',
      'lang=de',
      'output=refererpages',
    ].map((more) => `${awstats}&${more}`),
    '/cgi-bin/awstats/awstats.pl?config=none',
  ],
  Blosxom: [
    '',
    '/index.rss',
    '/music',
    '/music/',
    '/first.html',
    '/2003/Apr/05',
    '/none.html',
    '/index.wml',
  ].map((path) => `/cgi-bin/blosxom.cgi${path}`),
  mimeTeX: ['\\frac{a}{b+1}', 'x^2', '\\sqrt{\\alpha}%20+%20\\beta', 'formdata=x', ''].map(
    (formula) => `/cgi-bin/mimetex.cgi?${formula}`,
  ),
};

/** What is not the same and has no explanation in differences.ts. */
function unexplained(way: Way, target: string, apache: readonly string[], here: readonly string[]): string[] {
  const compared = { way: way.name, method: 'GET', head: '', target, apache, here };
  return differenceOf(apache, here).filter((line) => explanationOf(line, compared) === null);
}

for (const [program, targets] of Object.entries(pages)) {
  t.test(program, async (t) => {
    for (const target of targets) {
      const [apache = [], ...others] = await Promise.all(ways.map((way) => pageOf(way, target)));
      for (const [i, here] of others.entries()) {
        const way = ways[i + 1] as Way;
        t.same(unexplained(way, target, apache, here), [], `${target}: ${way.name}`);
      }
    }
  });
}

t.test('UseModWiki, whose pages are written', async (t) => {
  const data = join(site.root, 'wiki');
  cpSync(data, `${data}.before`, { recursive: true });
  const text = 'text=A+page+about+caf%C3%A9s%0D%0A%0D%0A*+one%0D%0A&summary=new';
  const wiki = '/cgi-bin/wiki.pl';
  const requests: [target: string, form?: string][] = [
    [wiki],
    [`${wiki}?HomePage`],
    [`${wiki}?action=edit&id=NewPage`],
    [wiki, `title=NewPage&oldtime=0&oldconflict=0&${text}&Save=Save`],
    [`${wiki}?NewPage`],
    [`${wiki}?action=rc`],
    [`${wiki}?action=index`],
    [`${wiki}?search=caf`],
    [`${wiki}?action=history&id=NewPage`],
  ];
  const visit = async (way: Way): Promise<string[][]> => {
    rmSync(data, { recursive: true });
    cpSync(`${data}.before`, data, { recursive: true });
    giveToServers(data);
    const seen: string[][] = [];
    for (const [target, form] of requests) seen.push(await pageOf(way, target, form));
    return seen;
  };
  const [apache, ...others] = ways;
  const expected = await visit(apache as Way);
  t.match(expected[4]?.join('\n'), /caf/, 'the page is written');
  for (const way of others) {
    const seen = await visit(way);
    for (const [i, [target]] of requests.entries())
      t.same(unexplained(way, target, expected[i] ?? [], seen[i] ?? []), [], `${target}: ${way.name}`);
  }
});

t.test("git's own server: cloned, pushed to in chunks, and cloned again", async (t) => {
  const git = (...args: string[]): Promise<{ stdout: string }> =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.test', '-c', 'safe.directory=*', ...args], {
      env: { PATH: process.env['PATH'], HOME: site.scratch },
    });
  for (const way of ways) {
    const url = `${way.url}/cgi-bin/git.cgi/shop.git`;
    const [work, again] = ['work', 'again'].map((name) => join(site.scratch, `${name}-${way.name}`)) as [
      string,
      string,
    ];
    await git('clone', '-q', url, work);
    const big = randomBytes(1_500_000);
    writeFileSync(join(work, `${way.name}.bin`), big);
    await git('-C', work, 'add', '.');
    await git('-C', work, 'commit', '-q', '-m', way.name);
    await git('-C', work, 'push', '-q', 'origin', 'HEAD');
    await git('clone', '-q', url, again);
    t.ok(readFileSync(join(again, `${way.name}.bin`)).equals(big), `${way.name}: what was pushed is there`);
    await git('-C', again, 'fsck', '--strict');
  }
});
