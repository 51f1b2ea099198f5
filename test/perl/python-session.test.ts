// docs/python-host/perl_session.py: what it writes is a program to Perl, so it is held against the real one, and what it
// reads against our own codec, which knows the whole of the format.
import t from 'tap';
import { breedOf } from '../contract/codec-breed.ts';
import { codecFixtures } from '../contract/codec-fixtures.ts';
import { formatCalled } from '../contract/codec-formats.ts';
import { againInPerl, readInPerl, viewOfValue, type View } from '../contract/codec-perl.ts';
import { hostileInput } from '../contract/mutations.ts';
import { askPython, askPythonOf, type Answered } from '../helpers/python.ts';

const format = formatCalled('dumper');
const fixtures = ['cgisession-default', 'cgisession-default-pp'].flatMap(codecFixtures);

const viewOf = (read: Answered<unknown>): View =>
  'answer' in read ? viewOfValue(read.answer) : ['refused', read.refused];
const bytesOf = (written: Answered<string>): Buffer =>
  'answer' in written ? Buffer.from(written.answer, 'hex') : Buffer.from(`refused: ${written.refused}`);

/** Whether anything but hashes, arrays, text and numbers is in what our codec reads. */
const hasOther = (view: unknown): boolean =>
  Array.isArray(view) && (view[0] === 'other' || view.slice(1).some(hasOther));

t.test('what Perl wrote is read as it is, or not at all', async (t) => {
  const read = askPythonOf(
    'decode',
    fixtures.map(({ bytes }) => bytes),
  );
  let count = 0;
  for (const [at, { session, bytes }] of fixtures.entries()) {
    if (session === 'top_array') continue;
    const ours = viewOfValue(format.codec.decode(bytes));
    const its = viewOf(read[at] as Answered<unknown>);
    if (hasOther(ours)) t.match(its, ['refused', /^byte \d+ of the session: /], session);
    else if (t.same(its, ours, session)) count++;
  }
  t.ok(count >= 20, `${count} were read`);
});

t.test('what nobody touched keeps its bytes', async (t) => {
  const images = fixtures.map(({ bytes }) => bytes);
  for (const [at, again] of askPythonOf<string>('again', images).entries())
    if ('answer' in again) t.same(bytesOf(again), images[at], String(fixtures[at]?.session));
});

t.test('what it writes anew is to Perl what it was', async (t) => {
  const readable = fixtures.filter((_, at) => 'answer' in (anew[at] as Answered<string>));
  t.ok(readable.length >= 20);
  const before = readInPerl(
    format.perl,
    readable.map(({ bytes }) => bytes),
  );
  const after = readInPerl(
    format.perl,
    anew.flatMap((each) => ('answer' in each ? [bytesOf(each)] : [])),
  );
  for (const [at, { session }] of readable.entries()) t.same(after[at], before[at], session);
});
const anew = askPythonOf<string>(
  'anew',
  fixtures.map(({ bytes }) => bytes),
);

t.test('text that would like to be a program stays text', async (t) => {
  const evil = [
    `'; system('id'); '`,
    `\\'; die; #`,
    '\\',
    `\\\\'`,
    `'`,
    `";$D`,
    '@{[ die ]} ${\\ die } $x @y %z',
    `};;$D;die;`,
    'two\nlines\r\n\t\0\x01\x1b',
    '\x7f\x80\x9f\xa0\xad\xe9\xff',
    '\u263a "$x" @y \\ \n \xe9',
    '\u263a\\',
    '\u{1f600}\'"',
    'q{x} qw(y) <<EOT\nEOT\n__END__\n=pod\n',
    '',
    '0',
    '01',
    '-0',
    '1_000',
    ' 1',
    '1e3',
    'undef',
  ];
  const sessions = [
    ...evil.map((text) => ({ [text]: text, list: [text, { [text]: text }] })),
    { numbers: [0, 1, -1, 2147483647, -214748364, 9999999999, 12345678901, -99999999999] },
    { nothing: null, list: [], hash: {}, mixed: [null, [], {}, [[]], ''] },
    Object.fromEntries(evil.map((text, at) => [text, at])),
  ];
  const images = askPython<string>('encode', sessions).map(bytesOf);
  // A number of more than ten characters is text to Perl, whoever wrote it.
  const asRead = (value: unknown): unknown =>
    typeof value === 'number' && String(value).length > 10
      ? String(value)
      : Array.isArray(value)
        ? value.map(asRead)
        : value;
  const expected = sessions.map((session) =>
    viewOfValue('numbers' in session ? { numbers: asRead(session.numbers) } : session),
  );
  t.same(readInPerl(format.perl, images), expected);
  t.same(
    images.map((bytes) => viewOfValue(format.codec.decode(bytes))),
    expected,
    'and to us',
  );
  t.same(
    againInPerl(format.perl, images.slice(0, evil.length)).length,
    evil.length,
    'and Perl writes it again',
  );
});

t.test('what has no form in Perl is refused', async (t) => {
  let deep: unknown = 'bottom';
  for (let level = 0; level < 200; level++) deep = [deep];
  for (const value of [1.5, true, false, '\ud800', { '\udfff': 1 }, [[0.1]], deep]) {
    const [written] = askPython('encode', [{ k: value }]);
    t.ok('refused' in (written as object), JSON.stringify(value).slice(0, 40));
  }
});

t.test('of what an enemy writes nothing is read but what it is', async (t) => {
  const { sessions, tokens } = breedOf(format);
  const hand = [
    `$D = {'a' => system('id')};;$D`,
    `$D = {'a' => "$(x)"};;$D`,
    `$D = {'a' => "@{[die]}"};;$D`,
    `$D = {'a' => "\\x{110000}"};;$D`,
    `$D = {'a' => 1,'a' => 2};;$D`,
    `$D = {'a' => 010};;$D`,
    `$D = {'a' => 1.5};;$D`,
    `$D = {'a' => 1,};;$D`,
    `$D = {'a'=>1};;$D`,
    `$D = {'a' => 1};;$D `,
    `$D = {'a' => 1};die;$D`,
    `$D = {a => 1};;$D`,
    `{'a' => 1}`,
    `$D = ['a'];;$D`,
    `$D = {'a' => {}};$D->{'b'} = $D->{'a'};;$D`,
    `$D = {'a' => 'x\\n'};;$D`,
    `$D = {'a' => 'x`,
    '',
  ].map((text) => Buffer.from(text, 'latin1'));
  t.ok(
    askPythonOf('decode', hand).every((read) => 'refused' in read),
    'written by hand',
  );
  const megabyte = ['[', '{', "'", '"', "\\'", "{'a' => "].map((unit) =>
    Buffer.from(`$D = {'k' => ${unit.repeat(1_000_000 / unit.length)}`),
  );
  t.ok(
    askPythonOf('decode', megabyte).every((read) => 'refused' in read),
    'a megabyte of anything',
  );

  const bred = Array.from({ length: 3_000 }, (_, i) => hostileInput({ sessions, tokens }, i));
  const read = askPythonOf('decode', bred);
  const known = bred.filter((_, at) => 'answer' in (read[at] as object));
  const values = read.flatMap((each) => ('answer' in each ? [viewOfValue(each.answer)] : []));
  t.same(
    values,
    known.map((bytes) => viewOfValue(format.codec.decode(bytes))),
    `${known.length} of 3,000 are read`,
  );
  t.ok(known.length > 100);
});
