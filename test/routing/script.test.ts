import t from 'tap';
import { scriptOf } from '../../src/routing/script.ts';
import { read, startWhere, type Seen } from '../exchange/where.ts';
import { makeDice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';

t.test('the first segment that is called like a script ends the script name', async (t) => {
  const table: Record<string, [scriptName: string, pathInfo: string]> = {
    '/cgi-bin/view.pl': ['/cgi-bin/view.pl', ''],
    '/cgi-bin/view.pl/': ['/cgi-bin/view.pl', '/'],
    '/cgi-bin/view.pl/a/b.pl/c': ['/cgi-bin/view.pl', '/a/b.pl/c'],
    '/a/b/c.cgi/d': ['/a/b/c.cgi', '/d'],
    '/gift.py/x': ['/gift.py', '/x'],
    '/cgi-bin/nph-stock/x/': ['/cgi-bin/nph-stock', '/x/'],
    '/cgi-bin/view.plx/a': ['/cgi-bin/view.plx/a', ''],
    '/cgi-bin/view.pl\n/a.pl': ['/cgi-bin/view.pl\n/a.pl', ''],
    '/cgi-bin/': ['/cgi-bin/', ''],
    '/': ['/', ''],
  };
  for (const [path, [scriptName, pathInfo]] of Object.entries(table))
    t.same(scriptOf(path), { scriptName, pathInfo }, path);
});

/** Names that are the beginning of others, in folders within folders, and with bytes that escapes hide. */
const scripts = words(`/cgi-bin/where.pl /cgi-bin/where.pl.cgi /cgi-bin/where.p.pl /cgi-bin/nph-where
  /cgi-bin/nph-where.pl /cgi-bin/where.py /cgi-bin/.pl /cgi-bin/..pl /cgi-bin/a;b.pl /cgi-bin/a\\b.pl
  /cgi-bin/%2e.pl /cgi-bin/caf\u00e9.cgi /cgi-bin/caf\u00c3\u00a9.cgi /cgi-bin/sub/where.pl /cgi-bin/sub/sub/where.cgi
  /cgi-bin/sub.d/where.pl /cgi-bin/pl/where.pl`).concat('/cgi-bin/a b.pl', '/cgi-bin/where.pl .pl');

const dotted = words(
  `/ / / // /// /./ /../ /.. /. . .. ... %2e %2E %2e%2e /%2e /.%2e/ /%2E%2E/ ..;/ /..%5c .%20 %20. `,
);
const names =
  words(`cgi-bin /cgi-bin/ where.pl where.p where .pl .cgi .py nph- nph-where sub /sub/ sub.d pl a b
  WHERE.PL where.PL %77here%2Epl %63gi%2dbin caf%E9.cgi caf%c3%a9.cgi caf\u00e9.cgi a%20b.pl a+b.pl a;b.pl a%3Bb.pl a%5cb.pl
  a\\b.pl %252e.pl where.pl%20.pl`);
const odd =
  words(`%5c %5C \\ %E9 \u00e9 \u00ff ;x ; ;a=1 : %3B %3a ~ %7e %41 %20 + - * %25 %252e %252F %c0%ae %c0%af
  %e0%80%af %ef%bc%8f %u002f %09 %0a %0d%0a %7f %23 "|" <> [] ^ ? ?a=%2F %3F ?? ?%zz ?\u00e9`);
const rare = words(`%2F %2f %2F %zz % %00 %2 %g1 # ?# \u007f \u0001`);
const hosts =
  words(`http://other http://other:99 HTTP://x: http://x:99999/ https://x http:// http://[::1]:80 http://x_y.
  http://u@x http://x:y http://x,y http://%78`);

/** A random target that often names a script in some spelling. */
function makeTarget(dice: ReturnType<typeof makeDice>): string {
  const origin = dice.below(20) === 0 ? dice.pick(hosts) : '';
  const head = dice.pick(['', '', '/', '//', '/./', '/a/../', '/%2e/', '/a/./../', '/../', '/;x/../']);
  const plain = dice.pick(scripts).replaceAll('%', '%25').replaceAll(' ', '%20');
  const body = dice.below(10) < 7 ? plain : dice.text([...dotted, ...names, ...odd], 1, 6);
  const respelled = dice.below(4) === 0 ? respell(body, dice) : body;
  const long =
    dice.below(200) === 0 ? `/${dice.pick(['a', 'a/', '%41', '.%2e/b/'])}`.repeat(dice.below(400)) : '';
  const tail =
    dice.pick(['', '', '/', '/', '//', '?']) +
    dice.text([...dotted, ...names, ...odd], 0, 5) +
    (dice.below(8) === 0 ? dice.pick(rare) : '') +
    dice.text(dotted, 0, 2);
  const target = head + respelled + long + tail;
  return origin + (target.startsWith('/') ? target : `/${target}`);
}

/** Some characters as escapes, of either case. */
function respell(text: string, dice: ReturnType<typeof makeDice>): string {
  return text.replace(/[\w.;-]/g, (character) => {
    if (dice.below(3) > 0) return character;
    const hex = character.charCodeAt(0).toString(16);
    return `%${dice.below(2) === 0 ? hex : hex.toUpperCase()}`;
  });
}

/** What Apache will do: run this script with this, refuse with this status, or run none of ours. */
function predict(target: string): Seen | 'none' {
  const ours = read(target);
  if (typeof ours === 'number') return ours;
  const { scriptName, pathInfo } = scriptOf(ours.decoded);
  return scripts.includes(scriptName) ? { script: scriptName, pathInfo, query: ours.query } : 'none';
}

function agree(target: string, ours: Seen | 'none', seen: Seen): boolean {
  if (ours === 'none') return typeof seen === 'number' && seen !== 400;
  if (typeof ours === 'number') return seen === ours || (seen === 404 && target.includes('%00')); // a NUL: 404 there
  return JSON.stringify(seen) === JSON.stringify(ours);
}

t.test(
  '10,000 random addresses reach the script that we say, with what we say, in the real Apache',
  async (t) => {
    const ask = await startWhere(t, scripts);
    const count = 10_000;
    const dice = makeDice(4);
    const targets = Array.from({ length: count }, () => makeTarget(dice));
    const seen = await ask(targets);
    const wrong = targets.flatMap((target, at) => {
      const ours = predict(target);
      return agree(target, ours, seen[at] as Seen) ? [] : [{ target, ours, apache: seen[at] }];
    });
    t.same(wrong.slice(0, 10), [], `${wrong.length} of ${count} are read otherwise`);
    const ran = seen.filter((each) => typeof each === 'object');
    t.ok(ran.length > count / 3, `${ran.length} ran a script`);
    t.same(
      scripts.filter((script) => !ran.some((each) => each.script === script)),
      [],
      'and each script ran',
    );
    for (const status of [400, 404]) {
      const refused = targets.filter((target) => predict(target) === status).length;
      t.ok(refused > count / 100, `${refused} are refused with ${status}`);
    }
  },
);
