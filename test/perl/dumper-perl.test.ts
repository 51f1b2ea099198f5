import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { fifteenDigits } from '../../src/perl/dumper-literals.ts';
import { dumperCodec } from '../../src/perl/dumper.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { dumperFixtures } from './fixtures.ts';
import { askPerl, shapeOf, thawInPerl } from './real-perl.ts';

/** The same sessions on every run. */
const dice = { seed: 20261123 };

/** Every token that our writer may emit (perl.md 1.5); written down a second time, independently of the parser. */
const token =
  /\$D = |undef|-?(?:0|[1-9]\d{0,9})(?!\d)|'(?:[^'\\]|\\[\\'])*'|"(?:[^"\\$@\x80-\xff]|\\x\{[0-9a-f]+\}|\\["\\$@])*"|[[\]{},]| => |;;\$D$/y;

/** Lexes a text with nothing but those tokens; returns what is left over. */
function leftover(text: string): string {
  token.lastIndex = 0;
  let at = 0;
  while (token.test(text)) at = token.lastIndex;
  return text.slice(at);
}

const dangerous = [
  `'};system("id");{'`,
  `"};system('id');{"`,
  '@{[system("id")]}',
  '${\\system("id")}',
  '$x @y %z &f *g',
  '\\',
  "\\'",
  "'\\",
  '\\\\',
  '\\x{263a}',
  "\\\\'",
  '\0',
  'a\0b',
  '\n=pod\n',
  '\n__END__\n',
  '\r\n',
  'EOF\n;$D = 1;',
  '\u263a"; system("id"); "',
  '\u263a@{[system("id")]}',
  '\u263a$D',
  '\u263a\\',
  '\u263a\\"',
  '\u263a\\x{41}\\N{U+41}\\u\\Q',
  '\u263a\0\n\r\x7f\x80\xff',
  '\u2028\ufeff\uffff\u{10ffff}',
  '__proto__',
  '',
  ' ',
  '-1',
  '007',
  '1e5',
  'undef',
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'\'"\\$@{}[]=>,;x0 \n\0\xe9\u263a'), maxLength: 12 }),
  fc.constantFrom(...dangerous),
);

/** Whole numbers, which come back from Perl as numbers if they are short and as their digits if they are long. */
const anyInteger = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 }));

const { session: anySession } = fc.letrec<{ session: SessionData; value: SessionValue }>((tie) => ({
  session: fc.dictionary(anyText, tie('value'), { maxKeys: 6, noNullPrototype: false }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    anyText,
    anyInteger,
    fc.array(tie('value'), { maxLength: 5 }),
    tie('session') as fc.Arbitrary<SessionValue>,
  ),
}));

/** What is expected back: Perl, like us, reads a long whole number as the string of its digits. */
function asRead(value: SessionValue): SessionValue {
  if (typeof value === 'number') return String(value).length > 10 ? String(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(asRead);
  const hash: SessionData = Object.create(null);
  for (const [key, inner] of Object.entries(value as SessionData)) hash[key] = asRead(inner);
  return hash;
}

/** Compares two long lists; shows only the first that differ. */
function differences(t: Test, found: readonly unknown[], wanted: readonly unknown[], name: string): void {
  t.equal(found.length, wanted.length, `${name}: as many`);
  const differ = found.findIndex((one, index) => !isDeepStrictEqual(one, wanted[index]));
  t.same(found[differ], wanted[differ], differ < 0 ? name : `${name}: nr ${differ}`);
}

t.test('the dangerous texts come out as nothing but literals', async (t) => {
  dangerous.forEach((text, index) => {
    const written = dumperCodec.encode({ [text]: [text] }, null).toString('latin1');
    t.equal(leftover(written), '', `text ${index}`);
  });
});

t.test('Perl reads the dangerous texts as what they are', async (t) => {
  const sessions = dangerous.map((text) => ({ k: text, [`${text}!`]: text }));
  const perls = thawInPerl(sessions.map((session) => dumperCodec.encode(session, null)));
  sessions.forEach((session, index) => t.same(perls[index], shapeOf(session), `text ${index}`));
});

t.test('our text is byte for byte the text of the XS writer', async (t) => {
  const texts = [...dangerous, ...fc.sample(anyText, { ...dice, numRuns: 2000 })];
  const perls = askPerl(
    'freeze',
    texts.map((text) => [text]),
  ) as string[];
  const ours = texts.map((text) => dumperCodec.encode({ k: text }, null).toString('hex'));
  t.same(
    ours.filter((hex, index) => hex !== perls[index]),
    [],
  );
});

t.test('our whole numbers are byte for byte those of the XS writer', async (t) => {
  const numbers = [
    0,
    1,
    -1,
    999999999,
    9999999999,
    -999999999,
    -1000000000,
    ...fc.sample(anyInteger, { ...dice, numRuns: 500 }),
  ];
  const perls = askPerl(
    'freeze',
    numbers.map((number) => [String(number), 1]),
  ) as string[];
  const ours = numbers.map((number) => dumperCodec.encode({ k: number }, null).toString('hex'));
  t.same(
    ours.filter((hex, index) => hex !== perls[index]),
    [],
  );
});

t.test('other numbers are printed as Perl prints them', async (t) => {
  const halves = fc.integer({ min: 1e12, max: 2e12 }).map((whole) => whole + 0.125);
  const any = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    halves,
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  const special = [
    0.1, 0.3, 1e15, 1e16, 123456789012345.6, 1e-4, 9.9999999999999995e-5, 1e-5, 999999999999999.9, 5e-324,
    1.7976931348623157e308,
  ];
  const numbers = [...special, ...fc.sample(any, { ...dice, numRuns: 5000 })].filter(
    (number) => !Object.is(number, -0),
  );
  const hex = numbers.map((number) => {
    const double = Buffer.alloc(8);
    double.writeDoubleBE(number);
    return double.toString('hex');
  });
  const perls = askPerl('print', hex) as string[];
  t.same(
    numbers.filter((number, index) => fifteenDigits(number) !== perls[index]),
    [],
  );
});

t.test('any session is read by Perl, and by us, as it was written', async (t) => {
  const sessions = fc.sample(anySession, { ...dice, numRuns: 1500 });
  const written = sessions.map((session) => dumperCodec.encode(session, null));
  const expected = sessions.map((session) => shapeOf(asRead(session)));
  differences(t, thawInPerl(written), expected, 'Perl reads it');
  differences(
    t,
    written.map((text) => shapeOf(dumperCodec.decode(text))),
    expected,
    'we read it',
  );
  const again = written.map((text) => dumperCodec.encode(dumperCodec.decode(text), text));
  differences(t, again, written, 'we write the same bytes again');
  t.same(
    written.map((text) => leftover(text.toString('latin1'))).filter((rest) => rest !== ''),
    [],
    'only tokens',
  );
});

/** A recorded session with one key changed, one added and one removed, and what Perl must read of each key then. */
const changes = dumperFixtures()
  .filter(({ session }) => session !== 'top_array' && session !== 'empty')
  .flatMap(({ name, bytes }) => {
    const data = dumperCodec.decode(bytes);
    const plain = Object.keys(data).filter(
      (key) => (data[key] as { opaque?: unknown } | null)?.opaque !== true,
    );
    const [changed, removed] = plain;
    if (changed !== undefined) data[changed] = { now: ['changed', 1, null] };
    if (removed !== undefined) delete data[removed];
    data['added \u263a'] = "it's new";
    return { name, before: bytes, after: dumperCodec.encode(data, bytes), changed, removed };
  });

t.test('after a change Perl reads the change, and everything else as before', async (t) => {
  const before = thawInPerl(changes.map((change) => change.before));
  const after = thawInPerl(changes.map((change) => change.after));
  changes.forEach(({ name, changed, removed }, index) => {
    const expected = new Map(
      (before[index] as ['hash', ...[string, unknown][]]).slice(1) as [string, unknown][],
    );
    if (changed !== undefined) expected.set(changed, shapeOf({ now: ['changed', 1, null] }));
    if (removed !== undefined) expected.delete(removed);
    expected.set('added \u263a', "it's new");
    const read = new Map((after[index] as ['hash', ...[string, unknown][]]).slice(1) as [string, unknown][]);
    t.same([...read.keys()].sort(), [...expected.keys()].sort(), `${name}: keys`);
    for (const [key, value] of expected) t.same(read.get(key), value, `${name}: ${JSON.stringify(key)}`);
  });
});

t.test('any change of any session is what Perl reads', async (t) => {
  const pairs = fc.sample(fc.tuple(anySession, anySession), { ...dice, numRuns: 500 });
  const merged = pairs.map(([first, second]) => ({ ...first, ...second }));
  const written = pairs.map(([first], index) =>
    dumperCodec.encode(merged[index] ?? {}, dumperCodec.encode(first, null)),
  );
  const perls = thawInPerl(written);
  differences(
    t,
    perls,
    merged.map((session) => shapeOf(asRead(session))),
    'Perl reads it',
  );
});

t.test('as deep as we may write, Perl can read and write again', async (t) => {
  let value: SessionValue = 'bottom';
  for (let level = 1; level < 1000; level += 1) value = [value];
  const hex = dumperCodec.encode({ d: value }, null).toString('hex');
  t.same(askPerl('again', [hex]), [hex]);
});
