import { chmodSync, copyFileSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { startApache } from '../../scripts/shop/apache.ts';
import { giveToServers, makeScratch } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Problem } from '../../src/errors.ts';
import { normalisePath } from '../../src/exchange/path.ts';
import { makeDice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';
import { getRaw } from './raw-http.ts';

const script = '/cgi-bin/where.pl';

/** The decoded path, or the status of the refusal. */
function read(target: string): string | number {
  try {
    return normalisePath(target).decoded;
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.status;
    throw thrown;
  }
}

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

t.test('the real Apache', async (t) => {
  const scratch = makeScratch('path');
  t.teardown(scratch.remove);
  const root = join(scratch.path, 'legacy');
  cpSync(join(repository, 'legacy-stub'), root, { recursive: true });
  copyFileSync(resolve(import.meta.dirname, 'where.pl'), join(root, script));
  chmodSync(join(root, script), 0o755);
  giveToServers(root);
  const apache = await startApache(scratch.path, root);
  t.teardown(() => apache.stop());

  /** Asks Apache for all of these, over four connections; every target with what it should be and is. */
  async function disagreements(targets: readonly string[]): Promise<object[]> {
    const share = Math.ceil(targets.length / 4);
    const shares = [0, 1, 2, 3].map((at) => targets.slice(at * share, (at + 1) * share));
    const answers = (await Promise.all(shares.map((each) => getRaw(apache.tcpPort, each)))).flat();
    return targets.flatMap((target, at) => {
      const answer = answers[at] ?? { status: 0, body: '' };
      const [name, info, query] = answer.body
        .split(' ')
        .map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
      const ran = answer.status === 200 && (name ?? '') === script;
      const apacheSaw = ran ? { path: `${name}${info}`, query } : answer.status;
      const weSee = ours(target);
      return agree(target, weSee, apacheSaw) ? [] : [{ target, apacheSaw, weSee }];
    });
  }

  function agree(target: string, weSee: object | number | string, apacheSaw: object | number): boolean {
    if (weSee === 'another page') return typeof apacheSaw === 'number' && apacheSaw !== 400;
    // An escaped NUL is refused by both; Apache says 404 to it.
    if (weSee === 400 && apacheSaw === 404 && target.includes('%00')) return true;
    return JSON.stringify(weSee) === JSON.stringify(apacheSaw);
  }

  /** What we expect of Apache: the script with this path, a refusal, or anything but the script. */
  function ours(target: string): object | number | string {
    const decoded = read(target);
    if (typeof decoded === 'number') return decoded;
    if (decoded !== script && !decoded.startsWith(`${script}/`)) return 'another page';
    return { path: decoded, query: normalisePath(target).query };
  }

  await t.test('reads a table of addresses as we do', async (t) => {
    const around = words(`/ // /. /./ /.. /../ /... /.../ /..a /.a /a/.. /a/../ /a/../.. /a/../../..`);
    const escapes = words(`/%2e /%2E%2e /.%2e /%2e. /%2e%2e/x /%2F /%2f %2F /%5c /%5C /\\ %00 /%00`);
    const odd = words(`/% /%2 /%zz /%z /%%41 /%25 /%252F /%252e /%41 /%7e /%7E /%2d%5f /%3F /%3f?x`);
    const bytes = words(`/%E9 /\u00e9 /\u00ff /\u0080 /%C3%A9 /%7f /\u007f /%20 /+ /%0a /%0d%0a /%09 /%01
      /\u0001`);
    const other = [
      ...words(`;x /;x /a;x/b ;x/.. ? ?a=1 ?a?b /?/../x /# # ?a#b /%23 ?\u0001 ?\u007f ?\u00e9 ?"\\|
      ?%zz ?%00 ?%2F%2e/.. /" /<> /| /: /a:b@c /[x]`),
      '/^`{}',
    ];
    const front = words(`/ /./ /x/../ /%2e/ /cgi-bin/../ /cgi-bin//../ /../ /x/../../ /%63gi-bin/../ // ///`);
    const whole = [
      `http://shop.test${script}`,
      `http://shop.test:99${script}/x`,
      `HTTP://x${script}`,
      `https://x${script}`,
      `http://x/${script}`,
    ];
    const targets = [
      script,
      ...[around, escapes, odd, bytes, other].flat().map((tail) => script + tail),
      ...front.map((head) => `${head}cgi-bin/where.pl`),
      ...whole,
      ...words(`/cgi-bin/where%2epl /cgi-bin/%77here.pl /cgi-bin%2Fwhere.pl /CGI-BIN/where.pl
      /cgi-bin/where.pl. /cgi-bin/.where.pl`),
      ...words(`/ /style.css /style.css/x /nothing /cgi-bin /cgi-bin/ /cgi-bin/nothing.pl
      /nothing/../style.css`),
    ];
    t.same(await disagreements(targets), []);
  });

  await t.test('reads 2,000 random addresses as we do', async (t) => {
    const dice = makeDice(75);
    const pieces = [
      ...words(`/ / / // /./ /../ /.. /. . .. %2e %2E %2e%2e /%2e /.%2e/ cgi-bin /cgi-bin/`),
      ...words(
        `where.pl ${script} ${script} %5c \\ %E9 \u00e9 ;x ; a b ~ %7e %41 %20 %25 : %3B %3a ? ?a=%2F %3F + - *`,
      ),
    ];
    const rare = ['%2F', '%2f', '%2F', '%zz', '%', '%00', '%2', '#', '\u007f', '%0a'];
    const targets = Array.from({ length: 2000 }, () => {
      const head = dice.pick(['', '/', '//', '/./', '/a/../', '/%2e/', '/a/./../']);
      const body = dice.below(10) < 7 ? script : dice.text(pieces, 1, 4);
      const tail =
        dice.pick(['', '/', '/', '//', '?']) +
        dice.text(pieces, 0, 5) +
        (dice.below(6) === 0 ? dice.pick(rare) : '') +
        dice.text(pieces, 0, 2);
      const target = head + body + tail;
      return target.startsWith('/') ? target : `/${target}`;
    });
    const wrong = await disagreements(targets);
    t.same(wrong.slice(0, 10), [], `${wrong.length} of ${targets.length} are read otherwise`);
    const counts = [200, 400, 404].map((status) => {
      return targets.filter((target) => (typeof ours(target) === 'object' ? 200 : ours(target)) === status)
        .length;
    });
    t.ok(
      counts.every((count) => count > 50),
      `some of each: ${counts.join()}`,
    );
  });
});
