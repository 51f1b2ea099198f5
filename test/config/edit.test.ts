import fc from 'fast-check';
import t from 'tap';
import { openForEdit, routesIn } from '../../src/config/edit-document.ts';
import { setTargets } from '../../src/config/edit.ts';
import { hunkBetween } from '../../src/config/hunk.ts';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';

const file = `base: /cgi-bin/
legacy: http://127.0.0.1:8080   # the old one
routes:
  # --- done
  help.pl:           port
  view.pl:           port 25%        # moved 2026-11-02, pete
  "GET product.pl":  'legacy'        # quoted
  POST cart.pl:
    to: legacy
    session: read
  old.pl: { to: "port 1%", name: ancient }   # on one line
  /**:               legacy
`;
const set = (text: string, route: string, target: string): string => setTargets(text, [{ route, target }]);
const changed = (route: string, target: string, text = file): string | undefined => {
  const { removed, added } = hunkBetween(text, set(text, route, target));
  return removed.length === 1 && added.length === 1 ? added[0] : `not one line: ${removed.join('\n')}`;
};
const mistake = (text: string, route: string, target = 'legacy'): string => {
  const result = orMistake(() => set(text, route, target));
  return result instanceof Mistake ? `${result.message} [${result.code}]` : 'no mistake';
};

t.test('one word of one line changes', async (t) => {
  t.equal(
    set(file, 'help', 'port 50%'),
    file.replace('help.pl:           port\n', 'help.pl:           port 50%\n'),
  );
});

t.test('a comment behind it keeps its column, as far as there is room', async (t) => {
  t.equal(changed('view', 'port'), '  view.pl:           port            # moved 2026-11-02, pete');
  t.equal(changed('view', 'port 12.25%'), '  view.pl:           port 12.25%     # moved 2026-11-02, pete');
  t.equal(
    changed('x', 'port 100%', 'routes:\n  /x: legacy  # c\n'),
    '  /x: port 100%  # c',
    'a gap stays a gap',
  );
});

t.test(
  'a comment that follows its value after one blank goes on doing so, unless it is in a column',
  async (t) => {
    t.equal(changed('x', 'port', 'routes:\n  /x: legacy # c\n'), '  /x: port # c');
    const column = 'routes:\n  /x: legacy # c\n  /y: port   # d\n';
    t.equal(changed('x', 'port', column), '  /x: port   # c');
  },
);

t.test('quotes stay, and a route can be a map on several lines or on one', async (t) => {
  t.equal(changed('GET product.pl', 'port 5%'), `  "GET product.pl":  'port 5%'       # quoted`);
  t.equal(changed('cart.post', 'port'), '    to: port');
  t.equal(changed('ancient', 'port'), '  old.pl: { to: "port", name: ancient }   # on one line');
});

t.test('a comma gets quotes inside { }, where it would end the value', async (t) => {
  const text = 'routes:\n  /x: { to: legacy, name: x }\n  /y: legacy\n';
  t.equal(changed('x', 'port 5%, shadow', text), `  /x: { to: 'port 5%, shadow', name: x }`);
  t.equal(changed('/y', 'port 5%, shadow', text), '  /y: port 5%, shadow');
  t.equal(changed('/a', 'port 5%, shadow', 'routes: { /a: legacy }\n'), `routes: { /a: 'port 5%, shadow' }`);
});

t.test('a route is found by its name and by its key, and a key goes first', async (t) => {
  t.equal(hunkBetween(file, set(file, 'POST cart.pl', 'port')).line, 9);
  t.equal(hunkBetween(file, set(file, 'rest', 'port')).line, 12);
  const text = 'base: /\nroutes:\n  /y: { to: legacy, name: x }\n  x: { to: legacy, name: z }\n';
  t.equal(hunkBetween(text, set(text, 'x', 'port')).line, 4);
});

t.test('several at once are one edit', async (t) => {
  const routes = ['help', 'view', 'ancient'];
  const killed = setTargets(
    file,
    routes.map((route) => ({ route, target: 'legacy' })),
  );
  t.equal(
    killed,
    file
      .replace('help.pl:           port', 'help.pl:           legacy')
      .replace('port 25%        #', 'legacy          #')
      .replace('"port 1%"', '"legacy"'),
  );
});

t.test('Windows line ends, a byte order mark and a missing last newline stay', async (t) => {
  const odd = `\uFEFF${file.replaceAll('\n', '\r\n').trimEnd()}`;
  t.equal(set(odd, 'view', 'legacy'), odd.replace('port 25%        #', 'legacy          #'));
});

t.test('setting what is there already changes nothing', async (t) => {
  t.equal(set(file, 'view', 'port 25%'), file);
});

t.test('a variable is not written over, except where taking hold is all that counts', async (t) => {
  const text = 'routes:\n  /x: "${T:-port}"\n';
  t.equal(mistake(text, '/x'), 'the target of "/x" comes from "${T:-port}" [not-editable]');
  const anyway = setTargets(text, [{ route: '/x', target: 'legacy', mayReplaceVariable: true }]);
  t.equal(anyway, 'routes:\n  /x: "legacy"\n');
});

t.test('what cannot be changed says why', async (t) => {
  t.equal(mistake(file, 'nobody'), 'no route is called "nobody" [unknown-route]');
  t.match(mistake(file, 'view', 'prot'), '[bad-target]');
  t.match(mistake('routes: [\n', 'x'), 'the file has errors [not-editable]');
  t.match(mistake('routes: x\n', 'x'), 'the file has no routes [not-editable]');
  t.match(mistake('routes:\n  /x: { name: x }\n', 'x'), 'has no target to change');
  t.match(mistake('routes:\n  /x: >\n    port\n', 'x'), 'is not written on one line');
  t.match(mistake('routes:\n  /x: &a port\n  /y: *a\n', 'x'), 'the file has errors [not-editable]');
  const twice = 'routes:\n  /x: port\n  /x: port\n';
  t.match(mistake(twice, 'x'), 'this cannot be changed without changing something else [not-editable]');
});

t.test('where there is room for the comments any target can be taken back byte for byte', async (t) => {
  const route = fc.constantFrom('help', 'view', 'GET product.pl', 'cart.post', 'ancient', 'rest');
  const share = fc.integer({ min: 0, max: 10_000 }).map((n) => `port ${n / 100}%`);
  const target = fc.oneof(share, fc.constantFrom('legacy', 'port', 'retired', 'shadow 5%'));
  fc.assert(
    fc.property(route, target, (name, target) => {
      const old = routesIn(openForEdit(file)).find((each) => each.name === name || each.key === name);
      return set(set(file, name, target), name, String(old?.target?.value)) === file;
    }),
    { seed: 4, numRuns: 200 },
  );
  t.pass('all of them');
});
