import t from 'tap';
import { complaints, read } from '../helpers/settings.ts';

const message = (text: string): string => complaints(text).split('\n')[0] ?? '';

t.test('aliases, anchors, tags and merge keys are refused', async (t) => {
  t.match(
    message('legacy: &x http://a\n'),
    '1:12: error: anchors (&name) are not used in routes.yaml [yaml]',
  );
  t.match(message('legacy: *x\n'), 'aliases (*name) are not used');
  t.match(message('legacy: !!str http://a\n'), 'tags (!name) are not used');
  t.match(message('legacy: http://a\n<<: { a: b }\n'), '2:1: error: merge keys (<<) are not used');
});

t.test('what the library says is said in our words', async (t) => {
  t.match(message('legacy: @x\n'), 'a value cannot start with this character');
  t.match(message('legacy: > 500ms\n'), 'a value cannot start with ">" or "|"');
  t.match(message('a: b\n---\nc: d\n'), 'the file holds a second document');
  t.match(message('routes:\n  *.pl: port\n'), 'a key that starts with "*" must stand in quotes');
  t.match(message('routes: { a: ${X} }\n'), 'inside { } a variable must stand in quotes');
  t.match(message('legacy: "http://a\n'), 'something is missing here: a closing quote');
  t.match(message('legacy http://a\nroutes:\n'), 'this line has no colon');
  t.match(complaints('routes:\n  ? [a]\n  : b\n'), 'a key must be a single word or path [bad-key]');
});

t.test('every line with a syntax error is shown, once', async (t) => {
  const { findings } = read('legacy: @x\nlisten: %y\nroutes: {}\n');
  t.same(
    findings.map((finding) => finding.line),
    [1, 2],
  );
});

t.test('nesting that would take the process down is refused before it is read', async (t) => {
  for (const text of ['['.repeat(100_000), '- '.repeat(100_000), '{a: '.repeat(1000), '? '.repeat(5000)]) {
    t.match(message(text), 'the file is nested too deeply', text.slice(0, 8));
  }
});

t.test('a value with a comma in { } is not taken for two settings', async (t) => {
  const said = complaints('legacy: http://a\nroutes:\n  /view.pl: { to: port 5%, shadow }\n');
  t.match(said, '3:28: error: this setting in { } has no value [empty-value]');
  t.match(said, 'the value needs quotes: { to: "port 5%, shadow" }');
  t.match(complaints('legacy: http://a\nroutes: { /a: legacy, /b }\n'), '{ /a: "legacy, /b" }');
  t.match(complaints('legacy: http://a\nroutes: { /a: { to: } }\n'), 'write "key: value"');
  t.notMatch(message('legacy: http://a\nroutes: { /a: { to: legacy, notes: "" } }\n'), 'in { }');
  t.notMatch(
    complaints('admin: { token: hunter, hunter2 }\n'),
    /needs quotes: .*hunter/,
    'no secret is shown',
  );
});
