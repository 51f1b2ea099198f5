import fc from 'fast-check';
import t from 'tap';
import { setTarget } from '../../src/config/edit.ts';
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
const changed = (name: string, target: string, text = file): string => setTarget(text, name, target).after;
const mistake = (text: string, name: string, target = 'legacy'): string => {
  const result = orMistake(() => setTarget(text, name, target));
  return result instanceof Mistake ? `${result.message} [${result.code}]` : 'no mistake';
};

t.test('one word of one line changes', async (t) => {
  const edit = setTarget(file, 'help', 'port 50%');
  t.match(edit, { line: 5, before: '  help.pl:           port', after: '  help.pl:           port 50%' });
  t.match(edit, { targetBefore: 'port', targetAfter: 'port 50%' });
  t.equal(edit.text, file.replace('help.pl:           port\n', 'help.pl:           port 50%\n'));
});

t.test('a comment behind it keeps its column, as far as there is room', async (t) => {
  t.equal(changed('view', 'port'), '  view.pl:           port            # moved 2026-11-02, pete');
  t.equal(changed('view', 'port 12.25%'), '  view.pl:           port 12.25%     # moved 2026-11-02, pete');
  t.equal(changed('x', 'port 100%', 'routes:\n  /x: legacy # c\n'), '  /x: port 100% # c');
});

t.test('quotes stay, and a route can be a map on several lines or on one', async (t) => {
  t.equal(changed('GET product.pl', 'port 5%'), `  "GET product.pl":  'port 5%'       # quoted`);
  t.equal(changed('cart.post', 'port'), '    to: port');
  t.equal(changed('ancient', 'port'), '  old.pl: { to: "port", name: ancient }   # on one line');
});

t.test('a route is found by its name and by its key, and a key goes first', async (t) => {
  t.equal(setTarget(file, 'POST cart.pl', 'port').line, 9);
  t.equal(setTarget(file, 'rest', 'port').line, 12);
  const text = 'base: /\nroutes:\n  /y: { to: legacy, name: x }\n  x: { to: legacy, name: z }\n';
  t.equal(setTarget(text, 'x', 'port').line, 4);
});

t.test('Windows line ends, a byte order mark and a missing last newline stay', async (t) => {
  const odd = `\uFEFF${file.replaceAll('\n', '\r\n').trimEnd()}`;
  const edit = setTarget(odd, 'view', 'legacy');
  t.equal(edit.text, odd.replace('port 25%        #', 'legacy          #'));
  t.equal(edit.line, 6);
  t.notMatch(edit.after, '\r');
});

t.test('setting what is there already changes nothing', async (t) => {
  t.equal(setTarget(file, 'view', 'port 25%').text, file);
});

t.test('what cannot be changed says why', async (t) => {
  t.equal(mistake(file, 'nobody'), 'no route is called "nobody" [unknown-route]');
  t.match(mistake(file, 'view', 'prot'), '[bad-target]');
  t.match(mistake('routes: [\n', 'x'), 'the file has errors [not-editable]');
  t.match(mistake('routes: x\n', 'x'), 'the file has no routes [not-editable]');
  t.match(mistake('routes:\n  /x: { name: x }\n', 'x'), 'has no target to change');
  t.match(
    mistake('routes:\n  /x: "${T:-port}"\n', 'x'),
    'the target of "x" comes from "${T:-port}" [not-editable]',
  );
  t.match(mistake('routes:\n  /x: >\n    port\n', 'x'), 'is not written on one line');
});

t.test('any target on any route changes exactly one line, and can be taken back byte for byte', async (t) => {
  const route = fc.constantFrom('help', 'view', 'GET product.pl', 'cart.post', 'ancient', 'rest');
  const share = fc.integer({ min: 0, max: 10_000 }).map((n) => `port ${n / 100}%`);
  const eol = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(route, fc.oneof(share, fc.constantFrom('legacy', 'port')), eol, (name, target, end) => {
      const text = file.replaceAll('\n', end);
      const edit = setTarget(text, name, target);
      const before = text.split(end);
      const after = edit.text.split(end);
      const differing = before.flatMap((line, at) => (line === after[at] ? [] : [at + 1]));
      const isOnlyOne = before.length === after.length && differing.every((line) => line === edit.line);
      return isOnlyOne && setTarget(edit.text, name, edit.targetBefore).text === text;
    }),
    { seed: 4, numRuns: 500 },
  );
  t.pass('all of them');
});
