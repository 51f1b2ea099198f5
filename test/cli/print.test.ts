import t from 'tap';
import { columns, forLocale, harmless } from '../../src/cli/print.ts';
import { displayWidth, padToWidth } from '../../src/cli/width.ts';

t.test('a text is as wide as a terminal shows it', (t) => {
  const cases: [string, number][] = [
    ['view.pl', 7],
    ['', 0],
    ['\u6f22\u5b57', 4],
    ['\ud55c\uae00', 4],
    ['\uff21\uff22', 4],
    ['\uff71', 1],
    ['Z\u00fcrich', 6],
    ['Zu\u0308rich', 6],
    ['a\u200bb', 2],
    ['\u2714 \u2192', 3],
    ['\u{1f600}', 2],
    ['\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', 2],
    ['\u{1f1e9}\u{1f1ea}', 2],
    ['\u2764\ufe0f', 2],
    ['\u{20000}', 2],
    ['\x1b[31mred\x1b[39m', 3],
  ];
  for (const [text, width] of cases) t.equal(displayWidth(text), width, JSON.stringify(text));
  t.equal(padToWidth('\u6f22', 4), '\u6f22  ');
  t.equal(padToWidth('too long', 4), 'too long');
  t.end();
});

t.test('columns stand below each other whatever they hold', (t) => {
  const rows = [
    ['NAME', 'KEY'],
    ['\u6f22\u5b57\u6f22', 'a.pl'],
    ['u\u0308', 'b.pl'],
  ];
  t.equal(columns(rows), 'NAME    KEY\n\u6f22\u5b57\u6f22  a.pl\nu\u0308       b.pl\n');
  t.end();
});

t.test(
  'nothing that moves a cursor, ends a line or turns it around is left in a word of somebody else',
  (t) => {
    t.equal(harmless('a\x1b[2Jb\nc\r\x9b1m\u202ed\u2066e\u2028f\x07'), 'a?[2Jb?c??1m?d?e?f?');
    t.equal(harmless('/caf\u00e9/\u6f22'), '/caf\u00e9/\u6f22');
    t.equal(
      columns([
        ['a\nb', 'c\x1b[31mred\x1b[39m'],
        ['\x1b[8mhidden', '\x1b[2J'],
      ]),
      'a?b         c\x1b[31mred\x1b[39m\n?[8mhidden  ?[2J\n',
    );
    t.end();
  },
);

t.test('symbols become words where the locale is not UTF-8', (t) => {
  t.equal(forLocale('\u2714 a \u2192 b', { LC_ALL: 'C' }), 'ok a -> b');
  t.equal(forLocale('\u2714 a \u2192 b', { LC_ALL: '', LANG: 'de_DE.utf8' }), '\u2714 a \u2192 b');
  t.end();
});
