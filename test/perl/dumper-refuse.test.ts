import t from 'tap';
import { dumperCodec } from '../../src/perl/dumper.ts';

const decode = (text: string) => dumperCodec.decode(Buffer.from(text, 'latin1'));
const refusal = (message: RegExp) => ({ code: 'SESSION_UNREADABLE', message });

t.test('a refusal names the byte and the reason', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /byte 0: expected \$D = $/],
    ["$D = {'k' => 1", /byte 14: expected ,$/],
    ["$D = {'k' => 1}", /byte 15: expected ;$/],
    ["$D = {'k' => 'open};;$D", /byte 13: a string has no end/],
    ["$D = {'k' => \"open}", /byte 13: a string has no end/],
    ["$D = {'k' => qr/open};;$D", /byte 13: a regular expression has no end/],
    ["$D = {'k' => 1};;$D;system('id')", /byte 19: text after the end/],
    ["$D = {'k' => 1};;$D\n", /byte 19: text after the end/],
    ["$D = {'k' => 1,'k' => 2};;$D", /byte 15: a hash key stands twice/],
    ["$D = {'k' => 1};$D->{'k'} = $D->{'k'};;$D", /byte 16: a statement that sets something already set/],
    ["$D = {'k' => {}};$D->{'k'} = $D->{'x'};;$D", /byte 17: a statement that reads something not there/],
    ["$D = {'k' => {}};$D->{'x'} = $D->{'k'};;$D", /byte 17: a statement that sets/],
  ];
  for (const [text, message] of cases) t.throws(() => decode(text), refusal(message), text);
});

t.test('a refusal never shows what stands in the session', async (t) => {
  for (const text of [
    "$D = {'k' => hunter2};;$D",
    "$D = {'hunter2",
    '$D = {"hunter2$',
    'hunter2',
    "$D = {'hunter2'=>1}",
  ]) {
    t.throws(() => decode(text), refusal(/^((?!hunter2).)*$/), text);
  }
});

t.test('Perl that Data::Dumper would not write is refused, whatever it would do', async (t) => {
  const values = [
    'system("id")',
    '`id`',
    'do{system("id")}',
    'sub { system("id") }',
    'bless( system("id"), "C" )',
    "bless( bless( [], 'A' ), 'B' )",
    "bless( 'x', 'C' )",
    '"@{[system(1)]}"',
    '"$x"',
    '"\\N{U+263a}"',
    '"\\x41"',
    '"\\x{}"',
    '"\\u"',
    "'a\\nb'",
    "'a'.'b'",
    "'a' x 9",
    "q'a'",
    '1.5',
    '1e5',
    '1_000',
    '1..3',
    '1...3',
    '1.2.',
    '-1.2.3',
    '007',
    '-0',
    '0x1f',
    '+1',
    '-',
    'v',
    'v1.',
    '*STDOUT',
    '\\*::STDOUT',
    '<STDIN>',
    '@INC',
    '%ENV',
    '$D',
    '$ENV{PATH}',
    '${$ENV}',
    '(1)',
    ' 1',
    '1 ',
    '[1, 2]',
    '[1,]',
    '[,1]',
    '{1}',
    "{'a' => }",
    "{'a'=>1}",
    "{'a' => 1,}",
    '{a => 1}',
    '{undef => 1}',
    '{"\\x{d800}" => 1}',
    '{"\\x{110000}" => 1}',
    '#',
    '',
  ];
  for (const value of values)
    t.throws(() => decode(`$D = {'k' => ${value}};;$D`), refusal(/byte \d+/), value);
});

t.test('so are statements that would do more than tie a knot', async (t) => {
  const statements = [
    'system("id");',
    '$D = 1;',
    "$D = $D->{'a'};",
    "$D->{'p'} = system('id');",
    "$D->{'p'} = 1;",
    "$D->{'p'} = $ENV{'PATH'};",
    "$D->{'p'}->method;",
    "$D->{'p'}->() = $D;",
    "$D->{'p'}[0] = $D;",
    "$D->{'p'} = $D",
    "$D->{'p'} = \\\\$D->{'a'};",
    "$D->{'p'}= $D;",
    "${$D->{'p'} = $D;",
    "${$D->{'a'}} = $D;",
    '$D->[0] = $D;',
    '*::x = $D;',
  ];
  for (const statement of statements) {
    t.throws(() => decode(`$D = {'p' => {},'a' => ['x']};${statement};$D`), refusal(/byte \d+/), statement);
  }
});
