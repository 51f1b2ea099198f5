import fc from 'fast-check';
import t from 'tap';
import { normalisePath } from '../../src/exchange/path.ts';
import { words } from '../helpers/words.ts';
import { read, startWhere, type Seen } from './where.ts';

const script = '/cgi-bin/where.pl';

t.test('a plain address is what it is', async (t) => {
  t.same(normalisePath('/cgi-bin/view.pl?sku=1'), {
    path: '/cgi-bin/view.pl',
    decoded: '/cgi-bin/view.pl',
    query: 'sku=1',
    target: '/cgi-bin/view.pl?sku=1',
  });
});

t.test('other spellings of an address are that address', async (t) => {
  const spellings = words(
    `//a/b.pl /./a/b.pl /a//b.pl /x/../a/b.pl /%61/b%2epl /a/%2e/b.pl /x/%2E%2e/a/b.pl`,
  );
  for (const spelling of spellings) t.equal(normalisePath(spelling).target, '/a/b.pl', spelling);
  t.equal(normalisePath('/%7Eu/%2Db%5fc%41').target, '/~u/-b_cA');
  t.equal(normalisePath('http://shop.test:8080/a/b.pl?x').target, '/a/b.pl?x');
  t.equal(normalisePath('HTTPS://shop.test').target, '/');
  t.equal(normalisePath('http://shop.test?x').target, '/?x');
});

t.test('escapes that mean something stay escaped on the way, and are decoded for matching', async (t) => {
  t.match(normalisePath('/a%20b/%E9%3f%25'), { path: '/a%20b/%E9%3f%25', decoded: '/a b/\u00e9?%' });
});

t.test('a query is not touched', async (t) => {
  for (const query of ['', '//', '/../x', '%zz', '%2F%2e', 'a?b', '\u00e9']) {
    t.match(normalisePath(`/a/../b?${query}`), { query, target: `/b?${query}` });
  }
  t.equal(normalisePath('/a/../b').target, '/b', 'no question mark where there was none');
});

t.test('what Apache refuses is refused', async (t) => {
  for (const target of [
    ...words(`/.. /a/../../b /% /%4 /%zz /a%2 a * /a#b /a?b#c /a?\u007f /%00`),
    '',
    '/a b',
    '/\u0000',
  ]) {
    t.equal(read(target), 400, JSON.stringify(target));
  }
  for (const target of ['/a%2Fb', '/%2f', '/a/%2F%2e%2e']) t.equal(read(target), 404, target);
});

t.test('reading twice changes nothing', async () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%25',
    '%41',
    'a',
    ';x',
    '%5c',
    '\\',
    '\u00e9',
    '%E9',
    '?',
    '%3F',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const target = `/${pieces.join('')}`;
      if (typeof read(target) === 'number') return;
      const once = normalisePath(target);
      const twice = normalisePath(once.target);
      if (JSON.stringify(once) !== JSON.stringify(twice))
        throw new Error(JSON.stringify({ target, once, twice }));
    }),
    { seed: 4, numRuns: 2000 },
  );
});

t.test('the host of an absolute address may be any, and must be one', async (t) => {
  for (const host of words(`shop.test SHOP.test:99999 x_y - : :80 [::1] [::1]:8080 127.0.0.1`)) {
    t.equal(normalisePath(`http://${host}/a`).target, '/a', host);
  }
  t.equal(normalisePath('http:///a').target, '/a', 'or none');
  for (const host of words(`u@x u:p@x x,y x;y x:a * x%00 %78 x~ [::1 [::1]x :a@x`)) {
    t.equal(read(`http://${host}/a`), 400, host);
  }
  for (const scheme of words(`ftp ws httpx file`)) t.equal(read(`${scheme}://x/a`), 400, scheme);
});

t.test('the real Apache reads a table of addresses as we do', async (t) => {
  const ask = await startWhere(t, [script]);
  const around = words(`/ // /. /./ /.. /../ /... /.../ /..a /.a /a/.. /a/../ /a/../.. /a/../../..`);
  const escapes = words(
    `/%2e /%2E%2e /.%2e /%2e. /%2e%2e/x /%2F /%2f %2F /%5c /%5C /\\ %00 /%00 /..%2f /..%5c`,
  );
  const odd = words(`/% /%2 /%zz /%z /%%41 /%25 /%252F /%252e /%41 /%7e /%7E /%2d%5f /%3F /%3f?x /%u002e`);
  const bytes =
    words(`/%E9 /\u00e9 /\u00ff /\u0080 /%C3%A9 /%c0%ae /%c0%af.. /%7f /\u007f /%20 /+ /%0a /%0d%0a /%09
    /%01 /\u0001`);
  const other = [
    ...words(`;x /;x /a;x/b ;x/.. /..;/x ? ?a=1 ?a?b /?/../x /# # ?a#b /%23 ?\u0001 ?\u007f ?\u00e9 ?"\\|
    ?%zz ?%00 ?%2F%2e/.. /" /<> /| /: /a:b@c /[x] . .. %20 %2e / %09 ~`),
    '/^`{}',
  ];
  const front =
    words(`/ /./ /x/../ /%2e/ /cgi-bin/../ /cgi-bin//../ /../ /x/../../ /%63gi-bin/../ // /// /..;/
    /%2e%2e/`);
  const hosts =
    words(`shop.test shop.test:99 x x:99999 x: : :80 x_y - .x x. [::1] [::1]:80 127.0.0.1 u@x u:p@x x,y x;y
    x:a * x%00 %78 x~ [::1 [::1]x x: x:80:90 @ x"y x\u00e9`);
  const targets = [
    script,
    ...[around, escapes, odd, bytes, other].flat().map((tail) => script + tail),
    ...front.map((head) => `${head}cgi-bin/where.pl`),
    ...hosts.flatMap((host) => [`http://${host}${script}/x?y`, `HTTP://${host}/${script}`]),
    ...words(`http://${script} https://x${script} https://x:99${script}/ ftp://x${script} ws://x${script}
      http://x/..${script} http://x?${script} http://x http:// http://x${script}?http://y/z http://x/./a/..//${script}`),
    ...words(`/cgi-bin/where%2epl /cgi-bin/%77here.pl /cgi-bin%2Fwhere.pl /CGI-BIN/where.pl
    /cgi-bin/where.pl. /cgi-bin/.where.pl /cgi-bin/where.PL /cgi-bin\\where.pl /%63%67%69%2D%62%69%6e/where.pl`),
    ...words(`/ /style.css /style.css/x /nothing /cgi-bin /cgi-bin/ /cgi-bin/nothing.pl
    /nothing/../style.css`),
    `${script}/${'a/'.repeat(1500)}`,
    `${script}/${'a'.repeat(3500)}`,
    `/${'%41'.repeat(2000)}/..${script}`,
  ];
  const seen = await ask(targets);
  const wrong = targets.filter((target, at) => !agree(target, seen[at] as Seen));
  t.same(wrong, []);
});

/** Whether Apache saw what we see: the script with this path, the same refusal, or anything but the script. */
function agree(target: string, seen: Seen): boolean {
  const ours = read(target);
  // An escaped NUL is refused by both; Apache says 404 to it.
  if (typeof ours === 'number') return seen === ours || (seen === 404 && target.includes('%00'));
  if (typeof seen === 'number') return seen !== 400 && `${ours.decoded}/`.indexOf(`${script}/`) !== 0;
  return `${seen.script}${seen.pathInfo}` === ours.decoded && seen.query === ours.query;
}
